package record

import (
	"math"
	"strings"
	"testing"
)

func TestValue(t *testing.T) {
	for _, c := range []struct {
		in   any
		want string
		text string
	}{
		{"", `str ""`, ""},
		{"short", `str "short"`, "short"},
		{strings.Repeat("x", 32), `str "` + strings.Repeat("x", 32) + `"`, strings.Repeat("x", 32)},
		{strings.Repeat("x", 300), `str "` + strings.Repeat("x", 300) + `"`, strings.Repeat("x", 300)},
		{strings.Repeat("x", 70000), `str "` + strings.Repeat("x", 70000) + `"`, strings.Repeat("x", 70000)},
		{"\xff\xfe no UTF-8 \x00", `str "\xff\xfe no UTF-8 \x00"`, "\xff\xfe no UTF-8 \x00"},
		{[]byte("bin"), `bin "bin"`, "bin"},
		{repeat(300, 'b'), `bin "` + strings.Repeat("b", 300) + `"`, strings.Repeat("b", 300)},
		{repeat(70000, 'b'), `bin "` + strings.Repeat("b", 70000) + `"`, strings.Repeat("b", 70000)},
		{raw{0x00}, "int 0", "0"},
		{raw{0x7f}, "int 127", "127"},
		{raw{0xe0}, "int -32", "-32"},
		{raw{0xff}, "int -1", "-1"},
		{raw{0xcc, 200}, "int 200", "200"},
		{raw{0xcd, 0xff, 0xff}, "int 65535", "65535"},
		{raw{0xce, 0xff, 0xff, 0xff, 0xff}, "int 4294967295", "4294967295"},
		{raw{0xcf, 0, 0, 0, 0, 0, 0, 0, 1}, "int 1", "1"},
		{uint64(math.MaxInt64), "int 9223372036854775807", "9223372036854775807"},
		{uint64(math.MaxUint64), "uint 18446744073709551615", "18446744073709551615"},
		{raw{0xd0, 0x80}, "int -128", "-128"},
		{raw{0xd1, 0x80, 0}, "int -32768", "-32768"},
		{raw{0xd2, 0x80, 0, 0, 0}, "int -2147483648", "-2147483648"},
		{int64(math.MinInt64), "int -9223372036854775808", "-9223372036854775808"},
		{30.0, "float 30", "30"},
		{1234567.0, "float 1234567", "1234567"},
		{0.5, "float 0.5", "0.5"},
		{-1e300, "float -1e+300", "-1e+300"},
		{1e-9, "float 1e-09", "1e-09"},
		{float32(0.1), "float 0.1", "0.1"},
		{math.Inf(1), "float +Inf", "+Inf"},
		{math.NaN(), "float NaN", "NaN"},
		{true, "bool true", "true"},
		{false, "bool false", "false"},
		{[]any{1, 2}, "array 920102", ""},
		{raw{0xdc, 0, 0}, "array dc0000", ""},
		{raw{0xdd, 0, 0, 0, 0}, "array dd00000000", ""},
		{obj{"a", 1}, "map 81a16101", ""},
		{raw{0xde, 0, 0}, "map de0000", ""},
		{raw{0xdf, 0, 0, 0, 0}, "map df00000000", ""},
		{nil, "nil c0", ""},
		{raw{0xd4, 5, 1}, "ext d40501", ""},
		{raw{0xd8, 5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, "ext d8050102030405060708090a0b0c0d0e0f10", ""},
		{raw{0xc7, 0, 5}, "ext c70005", ""},
		{raw{0xc9, 0, 0, 0, 1, 5, 1}, "ext c9000000010501", ""},
		{at(1, 2), "ext d7000000000100000002", ""},
	} {
		_, ev := one(t, NewFinder(nil, mustParse("field")), log(obj{"before", 1, "field", c.in, "after", "x"}))
		v := ev.Value(0)
		if got := show(v); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
		if got := string(v.AppendText([]byte("text: "))); got != "text: "+c.text {
			t.Errorf("%s as text is %q, want %q", c.want, got, c.text)
		}
	}
}

func TestValueNumbers(t *testing.T) {
	find := func(in any) Value {
		_, ev := one(t, NewFinder(nil, mustParse("n")), log(obj{"n", in}))
		return ev.Value(0)
	}
	if v := find(-5); v.Int() != -5 || v.Uint() != 0 || v.Float() != 0 || v.Bool() {
		t.Errorf("-5 is %d, %d, %g, %t", v.Int(), v.Uint(), v.Float(), v.Bool())
	}
	if v := find(uint64(1) << 63); v.Int() != 0 || v.Uint() != 1<<63 {
		t.Errorf("1<<63 is %d, %d", v.Int(), v.Uint())
	}
	if v := find(float32(2.5)); v.Float() != 2.5 {
		t.Errorf("2.5 is %g", v.Float())
	}
	if !find(true).Bool() || find(false).Bool() || find(1).Bool() || (Value{}).Bool() {
		t.Error("true alone is true")
	}
}
