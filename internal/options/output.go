package options

import (
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"
)

// Forward says where the output sends its records and how.
type Forward struct {
	Host          string
	Port          int
	SharedKey     string // empty = no handshake
	SelfHostname  string // as which the output greets, with a SharedKey
	TLS           bool
	TLSVerify     bool
	TLSCAFile     string // PEM; empty = the system's
	TLSServerName string // that the certificate must be for; empty = Host
	Timeout       time.Duration
	AckTimeout    time.Duration
	TagPrefix     string // empty = the tag stays as it is
}

// Output are the options of one output, checked.
type Output struct {
	Settings
	Forward Forward
}

// OutputTable lists the options that the output has beside those of Table.
//
// None may have a name that Fluent Bit's own options of every output have
// (host, port, tls, tls.verify, workers, …): those never reach a plugin in Go.
var OutputTable = listed(outputRows)

var outputRows = []row[Output]{
	{Option{Name: "Forward_Host", Type: String, Default: "127.0.0.1", Range: "a host name or an address",
		Help: "Where the receiver listens: an input forward of this or another Fluent Bit, or a Fluentd."},
		setHost},
	{Option{Name: "Forward_Port", Type: Int, Default: "24224", Range: "1 to 65535",
		Help: "The receiver's port."},
		intInto(1, 65535, func(o *Output) *int { return &o.Forward.Port })},
	{Option{Name: "Shared_Key", Type: String, Default: "", Range: "any text",
		Help: "Key that the receiver asks for (its Shared_Key). Empty: no handshake."},
		textInto(func(o *Output) *string { return &o.Forward.SharedKey })},
	{Option{Name: "Self_Hostname", Type: String, Default: "", Range: "a host name",
		Help: "Name by which to greet the receiver when there is a Shared_Key; not the receiver's own. Default: this host's."},
		setSelfHostname},
	{Option{Name: "Forward_TLS", Type: Bool, Default: "off", Range: "on or off",
		Help: "Encrypt the connection."},
		boolInto(func(o *Output) *bool { return &o.Forward.TLS })},
	{Option{Name: "Forward_TLS_Verify", Type: Bool, Default: "on", Range: "on or off",
		Help: "Check the receiver's certificate and its name."},
		boolInto(func(o *Output) *bool { return &o.Forward.TLSVerify })},
	{Option{Name: "Forward_TLS_CA_File", Type: String, Default: "", Range: "a file with certificates in PEM",
		Help: "Authorities that the receiver's certificate may come from. Default: the system's."},
		textInto(func(o *Output) *string { return &o.Forward.TLSCAFile })},
	{Option{Name: "Forward_TLS_Server_Name", Type: String, Default: "", Range: "a host name",
		Help: "Name that the receiver's certificate must be for. Default: Forward_Host."},
		textInto(func(o *Output) *string { return &o.Forward.TLSServerName })},
	{Option{Name: "Forward_Timeout", Type: Time, Default: "10s", Range: "1s to 5m",
		Help: "Longest time to connect to the receiver, and for its greeting."},
		timeInto(time.Second, 5*time.Minute, func(o *Output) *time.Duration { return &o.Forward.Timeout })},
	{Option{Name: "Forward_Ack_Timeout", Type: Time, Default: "30s", Range: "1s to 10m",
		Help: "Longest time to send a message of at most 1 MiB and to wait for its acknowledgement."},
		timeInto(time.Second, 10*time.Minute, func(o *Output) *time.Duration { return &o.Forward.AckTimeout })},
	{Option{Name: "Tag_Prefix", Type: String, Default: "judged.", Range: "1 to 128 bytes; none, for a receiver on another host",
		Help: "Put before the tag of what is sent. Records whose tag begins with it are never sent again, so that none goes round in circles."},
		setTagPrefix},
	{Option{Name: "Only_Anomalies", Type: Bool, Default: "off", Range: "on or off",
		Help: "Send on the flagged records alone: neither normal ones nor those not judged."},
		boolInto(func(o *Output) *bool { return &o.OnlyAnomalies })},
}

// ParseOutput is Parse for the output, which has the rows of both tables.
func ParseOutput(values func(name string) []string) (Output, error) {
	s, err := Parse(values)
	o := Output{Settings: s}
	if err != nil {
		return o, err
	}
	if err := parse(&o, outputRows, values); err != nil {
		return o, err
	}
	f := &o.Forward
	if f.TagPrefix == "" && loopback(f.Host) {
		return o, wrong("Tag_Prefix", "has the value \"none\", and Forward_Host (%s) is this host: records would come back to the output that sent them; allowed: a prefix such as judged.", f.Host)
	}
	if !f.TLS && (f.TLSCAFile != "" || f.TLSServerName != "") {
		return o, wrong("Forward_TLS", "is off: Forward_TLS_CA_File and Forward_TLS_Server_Name need it on")
	}
	if o.OnlyAnomalies && o.KeepShare > 0 {
		return o, wrong("Only_Anomalies", "is on: no share of the normal records is sent, and Keep_Share is %g", o.KeepShare)
	}
	return o, nil
}

// loopback reports whether a host is this one for sure.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") || strings.HasSuffix(strings.ToLower(host), ".localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && (a.Unmap().IsLoopback() || a.IsUnspecified())
}

func setHost(o *Output, v string) error {
	v = strings.TrimSuffix(strings.TrimPrefix(v, "["), "]") // an IPv6 address as in a URL
	if v == "" {
		return fmt.Errorf("empty")
	}
	if strings.ContainsAny(v, " \t/") {
		return fmt.Errorf("not a host name: no scheme, path or blank belongs there")
	}
	if _, err := netip.ParseAddr(v); err != nil && strings.Contains(v, ":") {
		return fmt.Errorf("neither a host name nor an address: the port goes into Forward_Port")
	}
	o.Forward.Host = v
	return nil
}

func setSelfHostname(o *Output, v string) error {
	if v == "" {
		name, _ := os.Hostname()
		v = greetingName(name)
	}
	o.Forward.SelfHostname = v
	return nil
}

// greetingName is the name to greet by on a host of the given name. It must not be
// the receiver's, and localhost is that of Fluent Bit's input where it is not set.
// A host without a name greets by one all the same: the receiver needs it for the
// checksum only.
func greetingName(host string) string {
	if host == "" || host == "localhost" {
		return "flb-anomaly"
	}
	return host
}

// setTagPrefix has a word for an empty prefix, since Fluent Bit does not tell a
// plugin in Go an empty value from none.
func setTagPrefix(o *Output, v string) error {
	if len(v) == 0 || len(v) > 128 {
		return fmt.Errorf("%d bytes long", len(v))
	}
	if strings.EqualFold(v, "none") {
		v = ""
	}
	o.Forward.TagPrefix = v
	return nil
}

func textInto[S any](field func(*S) *string) func(*S, string) error {
	return func(s *S, v string) error {
		*field(s) = v
		return nil
	}
}

// boolInto takes the words that Fluent Bit takes.
func boolInto[S any](field func(*S) *bool) func(*S, string) error {
	return func(s *S, v string) error {
		switch strings.ToLower(v) {
		case "on", "true", "yes":
			*field(s) = true
		case "off", "false", "no":
			*field(s) = false
		default:
			return fmt.Errorf("neither on nor off")
		}
		return nil
	}
}

func timeInto[S any](least, most time.Duration, field func(*S) *time.Duration) func(*S, string) error {
	return func(s *S, v string) error {
		d, err := duration(v)
		if err != nil {
			return err
		}
		if d < least || d > most {
			return fmt.Errorf("out of range")
		}
		*field(s) = d
		return nil
	}
}

// Addr is the receiver's address, host and port.
func (f *Forward) Addr() string {
	host := f.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + strconv.Itoa(f.Port)
}
