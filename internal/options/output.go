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
	OnlyAnomalies bool
}

// OutputTable lists the options that the output has beside those of Table.
//
// None may have a name that Fluent Bit's own options of every output have
// (host, port, tls, tls.verify, workers, …): those never reach a plugin in Go.
var OutputTable = []Option{
	{Name: "Forward_Host", Type: String, Default: "127.0.0.1", Range: "a host name or an address",
		Help: "Where the receiver listens: an input forward of this or another Fluent Bit, or a Fluentd.",
		set:  setHost},
	{Name: "Forward_Port", Type: Int, Default: "24224", Range: "1 to 65535",
		Help: "The receiver's port.",
		set:  intInto(1, 65535, func(s *Settings) *int { return &s.Forward.Port })},
	{Name: "Shared_Key", Type: String, Default: "", Range: "any text",
		Help: "Key that the receiver asks for (its Shared_Key). Empty: no handshake.",
		set:  textInto(func(s *Settings) *string { return &s.Forward.SharedKey })},
	{Name: "Self_Hostname", Type: String, Default: "", Range: "a host name",
		Help: "Name by which to greet the receiver when there is a Shared_Key. Default: this host's.",
		set:  setSelfHostname},
	{Name: "Forward_TLS", Type: Bool, Default: "off", Range: "on or off",
		Help: "Encrypt the connection.",
		set:  boolInto(func(s *Settings) *bool { return &s.Forward.TLS })},
	{Name: "Forward_TLS_Verify", Type: Bool, Default: "on", Range: "on or off",
		Help: "Check the receiver's certificate and its name.",
		set:  boolInto(func(s *Settings) *bool { return &s.Forward.TLSVerify })},
	{Name: "Forward_TLS_CA_File", Type: String, Default: "", Range: "a file with certificates in PEM",
		Help: "Authorities that the receiver's certificate may come from. Default: the system's.",
		set:  textInto(func(s *Settings) *string { return &s.Forward.TLSCAFile })},
	{Name: "Forward_TLS_Server_Name", Type: String, Default: "", Range: "a host name",
		Help: "Name that the receiver's certificate must be for. Default: Forward_Host.",
		set:  textInto(func(s *Settings) *string { return &s.Forward.TLSServerName })},
	{Name: "Forward_Timeout", Type: Time, Default: "10s", Range: "1s to 5m",
		Help: "Longest time to connect to the receiver, and for its greeting.",
		set:  timeInto(time.Second, 5*time.Minute, func(s *Settings) *time.Duration { return &s.Forward.Timeout })},
	{Name: "Forward_Ack_Timeout", Type: Time, Default: "30s", Range: "1s to 10m",
		Help: "Longest time to send a message of at most 1 MiB and to wait for its acknowledgement.",
		set:  timeInto(time.Second, 10*time.Minute, func(s *Settings) *time.Duration { return &s.Forward.AckTimeout })},
	{Name: "Tag_Prefix", Type: String, Default: "judged.", Range: "1 to 128 bytes; none, for a receiver on another host",
		Help: "Put before the tag of what is sent. Records whose tag begins with it are never sent again, so that none goes round in circles.",
		set:  setTagPrefix},
	{Name: "Only_Anomalies", Type: Bool, Default: "off", Range: "on or off",
		Help: "Send on the flagged records alone: neither normal ones nor those not judged.",
		set:  boolInto(func(s *Settings) *bool { return &s.Forward.OnlyAnomalies })},
}

// ParseOutput is Parse for the output, which has the rows of both tables.
func ParseOutput(values func(name string) []string) (Settings, error) {
	s, err := Parse(values)
	if err != nil {
		return s, err
	}
	if err := s.parse(OutputTable, values); err != nil {
		return s, err
	}
	f := &s.Forward
	if f.TagPrefix == "" && loopback(f.Host) {
		return s, wrong("Tag_Prefix", "has the value \"none\", and Forward_Host (%s) is this host: records would come back to the output that sent them; allowed: a prefix such as judged.", f.Host)
	}
	if !f.TLS && (f.TLSCAFile != "" || f.TLSServerName != "") {
		return s, wrong("Forward_TLS", "is off: Forward_TLS_CA_File and Forward_TLS_Server_Name need it on")
	}
	if f.OnlyAnomalies && s.KeepShare > 0 {
		return s, wrong("Only_Anomalies", "is on: no share of the normal records is sent, and Keep_Share is %g", s.KeepShare)
	}
	return s, nil
}

// loopback reports whether a host is this one for sure.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") || strings.HasSuffix(strings.ToLower(host), ".localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && (a.Unmap().IsLoopback() || a.IsUnspecified())
}

func setHost(s *Settings, v string) error {
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
	s.Forward.Host = v
	return nil
}

func setSelfHostname(s *Settings, v string) error {
	if v == "" {
		// A host without a name greets by one all the same: the receiver
		// needs it for the checksum only.
		if v, _ = os.Hostname(); v == "" {
			v = "flb-anomaly"
		}
	}
	s.Forward.SelfHostname = v
	return nil
}

// setTagPrefix has a word for an empty prefix, since Fluent Bit does not tell a
// plugin in Go an empty value from none.
func setTagPrefix(s *Settings, v string) error {
	if len(v) == 0 || len(v) > 128 {
		return fmt.Errorf("%d bytes long", len(v))
	}
	if strings.EqualFold(v, "none") {
		v = ""
	}
	s.Forward.TagPrefix = v
	return nil
}

func textInto(field func(*Settings) *string) func(*Settings, string) error {
	return func(s *Settings, v string) error {
		*field(s) = v
		return nil
	}
}

// boolInto takes the words that Fluent Bit takes.
func boolInto(field func(*Settings) *bool) func(*Settings, string) error {
	return func(s *Settings, v string) error {
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

func timeInto(least, most time.Duration, field func(*Settings) *time.Duration) func(*Settings, string) error {
	return func(s *Settings, v string) error {
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
