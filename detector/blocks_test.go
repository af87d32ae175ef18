package detector_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// parts cuts a snapshot into its beginning and its blocks.
func parts(t *testing.T, file []byte) (list [][]byte) {
	t.Helper()
	const head = len("flb-anomaly model\n") + 2
	list = append(list, file[:head])
	for rest := file[head:]; len(rest) > 0; {
		n := 5 + int(binary.LittleEndian.Uint32(rest[1:])) + 4
		list, rest = append(list, rest[:n]), rest[n:]
	}
	return list
}

// block is a block with a checksum that is right.
func block(kind byte, content []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte{kind}, uint32(len(content)))
	b = append(b, content...)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
}

// TestRestoreRefusesMadeUpFiles: each part is sound by its checksum, and the whole
// is not. Whoever can write the file could have made it.
func TestRestoreRefusesMadeUpFiles(t *testing.T) {
	small := func(o *detector.Options) { o.Window, o.Trees, o.SampleSize, o.Warmup, o.MaxGroups = 64, 3, 32, 32, 8 }
	d := newDetector(t, small)
	observe(d, shopEvents(600, 5)) // of which three come up
	d.SetNotes([]byte("notes"))
	p := parts(t, snapshot(t, d))
	if len(p) != 7 { // beginning, header, notes, three groups, end
		t.Fatalf("%d parts", len(p))
	}
	begin, header, notes, one, two, three, end := p[0], p[1], p[2], p[3], p[4], p[5], p[6]
	count := func(n uint32) []byte { return block('E', binary.LittleEndian.AppendUint32(nil, n)) }
	longer := func(b []byte) []byte { return block(b[0], append(bytes.Clone(b[5:len(b)-4]), 0)) }
	shorter := func(b []byte) []byte { return block(b[0], b[5:len(b)-5]) }
	for _, c := range []struct {
		name string
		want string
		list [][]byte
	}{
		{"a group is missing", "the model is damaged: 2 groups are there, 3 were written", [][]byte{begin, header, notes, one, two, end}},
		{"a group is too many", "the model is damaged: 3 groups are there, 2 were written", [][]byte{begin, header, notes, one, two, three, count(2)}},
		{"a group twice", "the model is damaged: a group stands there twice", [][]byte{begin, header, notes, one, two, one, end}},
		{"no header", "the model is damaged: its parts are out of order", [][]byte{begin, notes, one, two, three, end}},
		{"two headers", "the model is damaged: its parts are out of order", [][]byte{begin, header, header, one, two, three, end}},
		{"two notes", "the model is damaged: its parts are out of order", [][]byte{begin, header, notes, notes, one, two, three, end}},
		{"notes behind a group", "the model is damaged: its parts are out of order", [][]byte{begin, header, one, notes, two, three, end}},
		{"an unknown part", "the model is damaged: a part of the unknown kind 'X'", [][]byte{begin, header, block('X', nil), one, two, three, end}},
		{"a part that is too long", "the model is damaged: 1 bytes too many", [][]byte{begin, header, notes, longer(one), two, three, end}},
		{"a header that is too long", "the model is damaged: 1 bytes too many", [][]byte{begin, longer(header), notes, one, two, three, end}},
		{"notes that are too long", "the model is damaged: 1 bytes too many", [][]byte{begin, header, longer(notes), one, two, three, end}},
		{"an end that is too long", "the model is damaged: 1 bytes too many", [][]byte{begin, header, notes, one, two, three, longer(end)}},
		{"a part that is too short", "the model is damaged: ", [][]byte{begin, header, notes, shorter(one), two, three, end}},
		{"no end", "the model is damaged: it is cut off", [][]byte{begin, header, notes, one, two, three}},
		{"two ends", "the model is damaged: it goes on behind its end", [][]byte{begin, header, notes, one, two, three, end, end}},
		{"a length that no part has", "the model is damaged: a part of 4294967295 bytes", [][]byte{begin, header, {'G', 0xff, 0xff, 0xff, 0xff}}},
	} {
		fresh := newDetector(t, small)
		_, err := fresh.Restore(bytes.NewReader(slices.Concat(c.list...)))
		var damaged *detector.DamagedError
		if !errors.As(err, &damaged) || len(err.Error()) < len(c.want) || err.Error()[:len(c.want)] != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
		if n := fresh.Stats().Groups; n != 0 || fresh.Notes() != nil {
			t.Errorf("%s: %d groups and the notes %q are taken", c.name, n, fresh.Notes())
		}
	}
	fresh := newDetector(t, small)
	if _, err := fresh.Restore(bytes.NewReader(slices.Concat(p...))); err != nil || fresh.Stats().Groups != 3 || string(fresh.Notes()) != "notes" {
		t.Errorf("the file as it was: %v, %d groups, notes %q", err, fresh.Stats().Groups, fresh.Notes())
	}
}
