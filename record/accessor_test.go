package record

import (
	"reflect"
	"strings"
	"testing"
)

func key(s string) step   { return step{key: s} }
func index(i uint32) step { return step{index: i, isIndex: true} }

func TestParseAccessor(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []step
	}{
		{"log", []step{key("log")}},
		{"$log", []step{key("log")}},
		{"log.level", []step{key("log.level")}},
		{" a key['x'] with $ ", []step{key(" a key['x'] with $ ")}},
		{"ключ", []step{key("ключ")}},
		{"$ключ", []step{key("ключ")}},
		{"$@timestamp", []step{key("@timestamp")}},
		{"$container-id", []step{key("container-id")}},
		{"$kubernetes['namespace_name']", []step{key("kubernetes"), key("namespace_name")}},
		{"$kubernetes['labels']['app.kubernetes.io/name']", []step{key("kubernetes"), key("labels"), key("app.kubernetes.io/name")}},
		{"$a['b'][0]", []step{key("a"), key("b"), index(0)}},
		{"$a[12]['b']", []step{key("a"), index(12), key("b")}},
		{"$a['it''s']", []step{key("a"), key("it's")}},
		{"$a['']", []step{key("a"), key("")}},
		{"$a['][']", []step{key("a"), key("][")}},
		{"$['$odd.key']", []step{key("$odd.key")}},
		{"$['a']['b']", []step{key("a"), key("b")}},
		{"$['']", []step{key("")}},
		{"$TAGS", []step{key("TAGS")}},
	} {
		a, err := ParseAccessor(c.in)
		if err != nil {
			t.Errorf("%q: %v", c.in, err)
			continue
		}
		if !reflect.DeepEqual(a.path, c.want) {
			t.Errorf("%q is %v, want %v", c.in, a.path, c.want)
		}
		again, err := ParseAccessor(a.String())
		if err != nil || !reflect.DeepEqual(again, a) {
			t.Errorf("%q writes itself as %q, which is %v (%v)", c.in, a, again.path, err)
		}
	}
}

func TestParseAccessorErrors(t *testing.T) {
	for _, c := range []struct{ in, where, right string }{
		{"", "empty", "such as log"},
		{"$", "character 2", "want a name after $"},
		{"$.event.level", "character 2", "want a name after $"},
		{"$['a", "character 3", "not closed"},
		{"$[0]", "character 3", "a record is a map"},
		{"$[", "character 3", "want a key in single quotes"},
		{"$log.level", "character 5", "$['log.level']"},
		{"$log level", "character 5", "want [ before a further key"},
		{"$log['a'].b", "character 10", "$log['level']"},
		{"$log['a']b", "character 10", `found 'b'`},
		{"$log[level]", "character 6", "want a key in single quotes"},
		{`$log["level"]`, "character 6", "want a key in single quotes"},
		{"$log['level'", "character 13", "want ]"},
		{"$log['level", "character 6", "not closed"},
		{"$log[", "character 6", "want a key"},
		{"$log[-1]", "character 6", "or an index"},
		{"$log[1", "character 7", "want ]"},
		{"$log[1x]", "character 7", "want ]"},
		{"$log[4294967295]", "character 6", "at most 4294967295 elements"},
		{"$log[99999999999999999999]", "character 6", "at most 4294967295 elements"},
		{"$log['a']$b", "character 10", "want ["},
		{"$TAG", "character 2", "not a field of the record"},
		{"$tag[1]", "character 2", "$['tag']"},
	} {
		_, err := ParseAccessor(c.in)
		if err == nil {
			t.Errorf("%q: no error", c.in)
			continue
		}
		for _, want := range []string{c.where, c.right, c.in} {
			if got := strings.ReplaceAll(err.Error(), `\"`, `"`); !strings.Contains(got, want) {
				t.Errorf("%q: error %q does not say %q", c.in, got, want)
			}
		}
	}
}

func TestAccessorString(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"log", "log"},
		{"$log", "log"},
		{"$['log.level']", "log.level"},
		{"$['$x']", "$['$x']"},
		{"$a['b'][3]", "$a['b'][3]"},
		{"$a-b['it''s']", "$['a-b']['it''s']"},
		{"$['TAG'][0]", "$['TAG'][0]"},
	} {
		if a, err := ParseAccessor(c.in); err != nil || a.String() != c.want {
			t.Errorf("%q writes itself as %q, want %q (%v)", c.in, a, c.want, err)
		}
	}
	if s := (Accessor{}).String(); s != "" {
		t.Errorf("the zero Accessor writes itself as %q", s)
	}
}
