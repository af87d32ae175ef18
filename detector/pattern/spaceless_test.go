package pattern

import (
	"slices"
	"testing"
	"unicode"
)

func TestSpacelessWords(t *testing.T) {
	s := NewScanner(1)
	var l Workspace
	for _, c := range []struct {
		line string
		want []string
	}{
		{"用户王伟登录成功，来自10.1.2.3", []string{"用", "户", "王", "伟", "登", "录", "成", "功", "来", "自", "10.1.2.3"}},
		{"查询耗时48211毫秒", []string{"查", "询", "耗", "时", "48211", "毫", "秒"}},
		{"ユーザー84の注文を処理しました（47ms）", []string{"ユーザー", "84", "の", "注", "文", "を", "処", "理", "し", "ま", "し", "た", "47ms"}},
		{"INFO用户admin登录", []string{"INFO", "用", "户", "admin", "登", "录"}},
		{"로그인 실패 admin", []string{"로그인", "실패", "admin"}},
		{"“größer” als ✓ müller", []string{"“größer”", "als", "✓", "müller"}},
		{"\xe6\x96 broken \xe7", []string{"\xe6\x96", "broken", "\xe7"}},
	} {
		s.Scan([]byte(c.line), &l)
		var got []string
		for _, k := range l.Tokens {
			got = append(got, c.line[k.Start:k.End])
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", c.line, got)
		}
		if n := testing.AllocsPerRun(10, func() { s.Scan([]byte(c.line), &l) }); n > 1 { // that of the test's own copy
			t.Errorf("%s: %v allocations", c.line, n)
		}
	}
	// A word is the same one whatever number or word stands beside it.
	word := func(line string, i int) (hash, word uint32) {
		s.Scan([]byte(line), &l)
		return l.Tokens[i].Hash, l.Tokens[i].Word([]byte(line))
	}
	h1, w1 := word("用户12登录", 1)
	for _, line := range []string{"用户7登录", "用户王登录", "用户admin登录"} {
		if h, w := word(line, 1); h != h1 || w != w1 {
			t.Errorf("户 is another word in %s", line)
		}
	}
	// In a line with such words, the others are the words they are elsewhere.
	h1, w1 = word("disk failed: x", 1)
	if h, w := word("disk failed: 满", 1); h != h1 || w != w1 {
		t.Error("failed is another word beside 满")
	}
}

// TestScripts goes through all characters of the scripts that have no spaces between
// words, and of some that have, by what Unicode says of each.
func TestScripts(t *testing.T) {
	for r := rune(0x80); r <= 0xffff; r++ {
		want := spaced
		switch {
		case unicode.IsMark(r):
			continue
		case r >= 0x3400 && unicode.Is(unicode.Han, r), r >= 0x3040 && r <= 0x309f && unicode.Is(unicode.Hiragana, r):
			want = single
		case r >= 0x3040 && r <= 0x30ff && unicode.Is(unicode.Katakana, r):
			want = katakana
		case r >= 0x3000 && r <= 0x303f && unicode.IsPunct(r), r >= 0xff00 && r <= 0xff65 && unicode.IsPunct(r):
			want = punctuation
		case r < 0x2e00, unicode.In(r, unicode.Hangul, unicode.Yi, unicode.Latin, unicode.Arabic), r >= 0xff10 && r <= 0xff19:
		default:
			continue // signs, of which nothing is promised, and what is not assigned
		}
		if got := scriptOf([]byte(string(r))); got != want {
			t.Errorf("%U %q: script %d, want %d", r, r, got, want)
		}
	}
}
