package pattern

import "testing"

// BenchmarkScan scans the golden lines by turns, as they would come from many
// systems at once. Its ns/op is for one line.
func BenchmarkScan(b *testing.B) {
	lines, size := make([][]byte, len(golden)), 0
	for i, g := range golden {
		lines[i] = []byte(g.line)
		size += len(g.line)
	}
	s, l := NewScanner(1), new(Workspace)
	b.SetBytes(int64(size / len(lines)))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.Scan(lines[i%len(lines)], l)
	}
}

// BenchmarkScanOne scans one line of each kind of work.
func BenchmarkScanOne(b *testing.B) {
	for _, one := range []struct{ name, line string }{
		{"words", "the quick brown fox jumps over the lazy dog and nobody was there to see it happen"},
		{"numbers", "1 22 333 4444 55555 666666 7777777 88888888 9"},
		{"logfmt", `ts=2024-03-09T11:04:05.123456Z level=info caller=server.go:88 msg="listening" addr=0.0.0.0:8080`},
		{"uuid", "b3f1c2d4-5e6f-4a7b-8c9d-0e1f2a3b4c5d"},
		{"path", "/srv/app/releases/2024/config/settings.yaml"},
	} {
		b.Run(one.name, func(b *testing.B) {
			s, l, line := NewScanner(1), new(Workspace), []byte(one.line)
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			for b.Loop() {
				s.Scan(line, l)
			}
		})
	}
}
