package options

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestParseOutput(t *testing.T) {
	s, err := ParseOutput(given{}.values)
	if err != nil {
		t.Fatal(err)
	}
	f := s.Forward
	if f.Addr() != "127.0.0.1:24224" || f.SharedKey != "" || f.SelfHostname == "" || f.TLS || !f.TLSVerify || f.Timeout != 10*time.Second ||
		f.AckTimeout != 30*time.Second || f.TagPrefix != "judged." || s.OnlyAnomalies || s.Detector.Warmup != 256 {
		t.Errorf("defaults: %+v", s)
	}
	s, err = ParseOutput(given{
		"Forward_Host": {"[::1]"}, "Forward_Port": {"1"}, "Shared_Key": {"k"}, "Self_Hostname": {"me"}, "Forward_TLS": {"On"}, "Forward_TLS_Verify": {"no"},
		"Forward_TLS_CA_File": {"ca.pem"}, "Forward_TLS_Server_Name": {"n"}, "Forward_Timeout": {"2"}, "Forward_Ack_Timeout": {"1m"},
		"Tag_Prefix": {"x."}, "Only_Anomalies": {"true"}, "Warmup": {"64"},
	}.values)
	want := Forward{Host: "::1", Port: 1, SharedKey: "k", SelfHostname: "me", TLS: true, TLSCAFile: "ca.pem", TLSServerName: "n",
		Timeout: 2 * time.Second, AckTimeout: time.Minute, TagPrefix: "x."}
	if err != nil || s.Forward != want || !s.OnlyAnomalies || s.Forward.Addr() != "[::1]:1" || s.Detector.Warmup != 64 {
		t.Errorf("%+v, %v", s, err)
	}
	if s, err := ParseOutput(given{"Tag_Prefix": {"None"}, "Forward_Host": {"logs.example.com"}}.values); err != nil || s.Forward.TagPrefix != "" {
		t.Errorf("an empty prefix to another host: %+v, %v", s.Forward, err)
	}
}

func TestParseOutputRefuses(t *testing.T) {
	for _, c := range []struct {
		given  given
		option string
		want   string
	}{
		{given{"Warmup": {"1"}}, "Warmup", `has the value "1": out of range`},
		{given{"Forward_Host": {"http://x"}}, "Forward_Host", "no scheme, path or blank"},
		{given{"Forward_Host": {"x:24224"}}, "Forward_Host", "the port goes into Forward_Port"},
		{given{"Forward_Host": {""}}, "Forward_Host", "empty"},
		{given{"Forward_Port": {"0"}}, "Forward_Port", "allowed: 1 to 65535"},
		{given{"Forward_TLS": {"maybe"}}, "Forward_TLS", `has the value "maybe": neither on nor off`},
		{given{"Forward_Timeout": {"soon"}}, "Forward_Timeout", "not a time such as"},
		{given{"Forward_Timeout": {"NaN"}}, "Forward_Timeout", "out of range"},
		{given{"Forward_Timeout": {"1e300d"}}, "Forward_Timeout", "out of range"},
		{given{"Forward_Ack_Timeout": {"11m"}}, "Forward_Ack_Timeout", "out of range"},
		{given{"Tag_Prefix": {strings.Repeat("x", 129)}}, "Tag_Prefix", "129 bytes long"},
		{given{"Tag_Prefix": {""}}, "Tag_Prefix", "0 bytes long"},
		{given{"Tag_Prefix": {"none"}}, "Tag_Prefix", "would come back"},
		{given{"Tag_Prefix": {"None"}, "Forward_Host": {"LocalHost"}}, "Tag_Prefix", "would come back"},
		{given{"Tag_Prefix": {"None"}, "Forward_Host": {"::ffff:127.0.0.2"}}, "Tag_Prefix", "would come back"},
		{given{"Forward_TLS_CA_File": {"x"}}, "Forward_TLS", "need it on"},
		{given{"Only_Anomalies": {"on"}, "Keep": {"anomalies"}, "Keep_Share": {"0.5"}}, "Only_Anomalies", "Keep_Share is 0.5"},
		{given{"Shared_Key": {"a", "b"}}, "Shared_Key", "is given 2 times"},
	} {
		_, err := ParseOutput(c.given.values)
		var e *Error
		if !errors.As(err, &e) || e.Option.Name != c.option || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v; want option %s and %q", c.given, err, c.option, c.want)
		}
	}
}

// Names that Fluent Bit keeps for itself in every output never reach us.
func TestOutputTableAvoidsFluentBitsNames(t *testing.T) {
	own := map[string]bool{}
	for _, name := range []string{"match", "match_regex", "alias", "log_level", "log_suppress_interval", "host", "port", "ipv6", "retry_limit",
		"tls", "storage.total_limit_size", "workers"} {
		own[name] = true
	}
	for _, o := range append(append([]Option(nil), Table...), OutputTable...) {
		name := strings.ToLower(o.Name)
		if own[name] || strings.HasPrefix(name, "tls.") || strings.HasPrefix(name, "net.") {
			t.Errorf("option %s is Fluent Bit's own", o.Name)
		}
		own[name] = true
	}
}

// The name to greet by is one that a receiver with defaults does not have.
func TestGreetingName(t *testing.T) {
	for host, want := range map[string]string{"": "flb-anomaly", "localhost": "flb-anomaly", "node-1": "node-1"} {
		if got := greetingName(host); got != want {
			t.Errorf("%q: %q; want %q", host, got, want)
		}
	}
}
