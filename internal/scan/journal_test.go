package scan

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// exported is a record as journalctl -o export writes it; what is not text goes
// with its length.
func exported(fields ...string) string {
	var b []byte
	for i := 0; i < len(fields); i += 2 {
		name, value := fields[i], fields[i+1]
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' }) {
			b = append(append(b, name...), '\n')
			b = binary.LittleEndian.AppendUint64(b, uint64(len(value)))
		} else {
			b = append(append(b, name...), '=')
		}
		b = append(append(b, value...), '\n')
	}
	return string(append(b, '\n'))
}

func TestJournalExport(t *testing.T) {
	first := exported("__CURSOR", "s=1;i=2", "__REALTIME_TIMESTAMP", "1772438401000000", "PRIORITY", "6", "MESSAGE", "ready = 1")
	for _, c := range []struct{ name, input, want string }{
		{"text", first, `{"__CURSOR":"s=1;i=2","__REALTIME_TIMESTAMP":"1772438401000000","PRIORITY":"6","MESSAGE":"ready = 1"}` + "\n"},
		{"several records", exported("__CURSOR", "a", "MESSAGE", "") + "\n" + exported("__CURSOR", "b"), `{"__CURSOR":"a","MESSAGE":""}` + "\n" + `{"__CURSOR":"b"}` + "\n"},
		{"what is not text", exported("__CURSOR", "a", "MESSAGE", "one\n\ntwo=2\x1b\xff"), `{"__CURSOR":"a","MESSAGE":"one\n\ntwo=2\u001b\ufffd"}` + "\n"},
		{"without the last blank line", strings.TrimSuffix(first, "\n"), `{"__CURSOR":"s=1;i=2","__REALTIME_TIMESTAMP":"1772438401000000","PRIORITY":"6","MESSAGE":"ready = 1"}` + "\n"},
		{"a field that is too long", exported("__CURSOR", "a", "COREDUMP", strings.Repeat("\x00x\n", MaxLine), "MESSAGE", "b"), `{"__CURSOR":"a","MESSAGE":"b"}` + "\n"},
		{"text that is too long", exported("__CURSOR", "a", "ARGV", strings.Repeat("x", 3*MaxLine), "MESSAGE", "b"), `{"__CURSOR":"a","MESSAGE":"b"}` + "\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, live := range []bool{false, true} {
				text, err := Text(iotest.HalfReader(strings.NewReader(c.input)), live)
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(text)
				if err != nil || strings.ReplaceAll(string(got), "\ufffd", `\ufffd`) != c.want {
					t.Errorf("live %v: %.300q, %v; want %q", live, got, err, c.want)
				}
			}
		})
	}
}

func TestJournalExportDamaged(t *testing.T) {
	whole := exported("__CURSOR", "a") + exported("__CURSOR", "b", "MESSAGE", "one\ntwo")
	longer := strings.Replace(whole, "\x07\x00\x00\x00\x00\x00\x00\x00", "\x06\x00\x00\x00\x00\x00\x00\x00", 1)
	endless := strings.Replace(whole, "\x07\x00\x00\x00\x00\x00\x00\x00", "\xff\xff\xff\xff\xff\xff\xff\xff", 1)
	for name, input := range map[string]string{"cut": whole[:len(whole)-5], "cut in a length": whole[:len(whole)-12], "another length": longer, "an endless field": endless} {
		text, err := Text(strings.NewReader(input), true)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(text)
		if string(got) != `{"__CURSOR":"a"}`+"\n" || !errors.Is(err, errJournal) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// Any bytes: no panic, and whatever comes is lines of JSON.
func FuzzJournalExport(f *testing.F) {
	f.Add([]byte(exported("__CURSOR", "a", "MESSAGE", "one\ntwo") + exported("__CURSOR", "b")))
	f.Fuzz(func(t *testing.T, input []byte) {
		got, _ := io.ReadAll(newJournalExport(bytes.NewReader(input)))
		for line := range bytes.Lines(got) {
			var fields map[string]string
			if err := json.Unmarshal(line, &fields); err != nil || len(fields) == 0 && !bytes.Contains(line, []byte(`"":`)) {
				t.Fatalf("%q became %q: %v, %q", input, line, err, slices.Collect(maps.Keys(fields)))
			}
		}
	})
}
