package fluentbit

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
	"unsafe"
)

func testInstance(level int) *Instance {
	i := &Instance{plugin: &Plugin{Name: "hello"}, name: "hello.0", level: levelOf(level)}
	i.logger = slog.New(newHandler(i))
	return i
}

type rude struct{}

func (rude) String() string { panic("no") }

func TestLogLine(t *testing.T) {
	const prefix = "[filter:hello:hello.0] "
	tests := []struct {
		name    string
		message string
		attrs   []any
		want    string
	}{
		{"plain", "ready", nil, "ready"},
		{"attributes", "ready", []any{"n", 7, "took", 1500 * time.Millisecond}, "ready n=7 took=1.5s"},
		{"quotes", "ready", []any{"k", "two words", "e", "", "q", `a"b`, "eq", "a=b"}, `ready k="two words" e="" q="a\"b" eq="a=b"`},
		{"error", "failed", []any{"error", errors.New("no such file")}, `failed error="no such file"`},
		{"group", "x", []any{slog.Group("g", "a", 1, slog.Group("h", "b", 2))}, "x g.a=1 g.h.b=2"},
		{"inline group", "x", []any{slog.Group("", "a", 1)}, "x a=1"},
		{"percent", "100%s %n", nil, "100%s %n"},
		{"more than a line", "a\nb\rc", []any{"k", "d\ne"}, `a\nb\rc k="d\ne"`},
		{"NUL and terminal", "a\x00b\x1b[31m", []any{"k", "\x07"}, `a\x00b\x1b[31m k="\a"`},
		{"not UTF-8", "a\xff\xfeb", []any{"k", "\xff"}, `a\xff\xfeb k="\xff"`},
		{"other scripts", "größe 東京 🙂", nil, "größe 東京 🙂"},
		{"odd count", "x", []any{"k"}, "x !BADKEY=k"},
		{"rude value", "x", []any{"k", rude{}}, "x k=\"%!v(PANIC=String method: no)\""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := slog.NewRecord(time.Time{}, slog.LevelInfo, tt.message, 0)
			r.Add(tt.attrs...)
			got := string(newHandler(testInstance(3)).line(r))
			if got != prefix+tt.want {
				t.Errorf("got  %s\nwant %s", got, prefix+tt.want)
			}
		})
	}
}

func TestLogWith(t *testing.T) {
	h := newHandler(testInstance(3)).
		WithAttrs([]slog.Attr{slog.Int("a", 1)}).
		WithGroup("g").WithGroup("").
		WithAttrs([]slog.Attr{slog.Int("b", 2)}).
		WithGroup("h").(*handler)
	r := slog.NewRecord(time.Time{}, slog.LevelInfo, "x", 0)
	r.Add("c", 3)
	if got, want := string(h.line(r)), "[filter:hello:hello.0] x a=1 g.b=2 g.h.c=3"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestLogLineIsBounded(t *testing.T) {
	for _, pad := range []string{"", "a", "aa", "aaa"} {
		r := slog.NewRecord(time.Time{}, slog.LevelInfo, pad+strings.Repeat("東", 5000), 0)
		got := newHandler(testInstance(3)).line(r)
		if len(got) > longestLine || !utf8.Valid(got) || !strings.HasSuffix(string(got), "東...") {
			t.Errorf("a line of %d bytes ends in %q", len(got), got[len(got)-10:])
		}
	}
}

func TestLogLevels(t *testing.T) {
	levels := []slog.Level{slog.LevelError, slog.LevelWarn, slog.LevelInfo, slog.LevelDebug, levelTrace}
	for setting := 0; setting <= 5; setting++ {
		i := testInstance(setting)
		for n, level := range levels {
			if got, want := i.logger.Enabled(t.Context(), level), n < setting; got != want {
				t.Errorf("at Fluent Bit's level %d, %v is enabled: %v", setting, level, got)
			}
			if got := int(fluentBitLevel(level)); got != n+1 {
				t.Errorf("%v is logged at Fluent Bit's level %d, want %d", level, got, n+1)
			}
		}
	}
}

// TestHandlerOfAnOutput: without a function that says so, all is logged; lines come with
// Fluent Bit's level and a prefix.
func TestHandlerOfAnOutput(t *testing.T) {
	var lines []string
	write := func(level int, line []byte) { lines = append(lines, fmt.Sprint(level, " ", string(line))) }
	var asked []int
	some := func(level int) bool { asked = append(asked, level); return level <= 2 }
	for _, enabled := range []func(int) bool{nil, some} {
		log := slog.New(NewHandler("output", "hello", "hello.0", enabled, write))
		log.Error("one")
		log.Warn("two", "n", 7)
		log.Info("three")
		log.Debug("four")
	}
	want := []string{"1 [output:hello:hello.0] one", "2 [output:hello:hello.0] two n=7", "3 [output:hello:hello.0] three", "4 [output:hello:hello.0] four",
		"1 [output:hello:hello.0] one", "2 [output:hello:hello.0] two n=7"}
	if !slices.Equal(lines, want) || !slices.Equal(asked, []int{1, 2, 3, 4}) {
		t.Errorf("%q, asked for %v; want %q", lines, asked, want)
	}
}

func TestLogLevelThatIsNotSet(t *testing.T) {
	log := testInstance(-1).logger
	if !log.Enabled(t.Context(), slog.LevelInfo) || log.Enabled(t.Context(), slog.LevelDebug) {
		t.Error("it is not info")
	}
}

// Lines that are logged after the instance has ended go nowhere, and do no harm.
func TestLogAfterTheEnd(t *testing.T) {
	i := testInstance(3)
	i.Logger().Error("too late")
	// What Fluent Bit has let go of is touched no more: to log there would end the
	// process, for the memory has no place in it for lines.
	gone := make([]byte, 4096)
	*(*unsafe.Pointer)(unsafe.Pointer(&i.c)) = unsafe.Pointer(&gone[0])
	i.release()
	if i.c != nil {
		t.Fatal("the instance holds on to what Fluent Bit frees")
	}
	i.Logger().Error("too late")
}
