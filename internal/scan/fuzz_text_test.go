package scan

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/iotest"
	"time"
)

// FuzzText opens inputs of any content, compressed and in any encoding: the text ends, is
// the same however the input is cut, and what is no log is refused.
func FuzzText(f *testing.F) {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	io.WriteString(w, "2026-03-02T08:00:01Z request 1 served\n")
	w.Close()
	f.Add(zipped.Bytes())
	f.Add(zipped.Bytes()[:len(zipped.Bytes())-3])
	f.Add([]byte("\xff\xfea\x00\n\x00"))
	f.Add([]byte("\xfe\xff\x00a\x00\n"))
	f.Add([]byte("\xef\xbb\xbfone\ntwo"))
	f.Add([]byte("\x28\xb5\x2f\xfd\x04\x00\x09\x00\x00abc"))
	f.Add([]byte("BZh91AY&SY"))
	f.Add([]byte("\xfd7zXZ\x00"))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, content []byte) {
		const most = 8 << 20 // what is small may be much when it is unpacked
		read := func(in io.Reader) ([]byte, error) {
			text, err := Text(in, false)
			if err != nil {
				return nil, err
			}
			return io.ReadAll(io.LimitReader(text, most))
		}
		// What does not end is a finding, with what it is of.
		late := time.AfterFunc(20*time.Second, func() { panic(fmt.Sprintf("%d bytes take 20 seconds: %q", len(content), content)) })
		defer late.Stop()
		want, err := read(bytes.NewReader(content))
		got, errCut := read(iotest.OneByteReader(bytes.NewReader(content)))
		if !bytes.Equal(got, want) || (err == nil) != (errCut == nil) {
			t.Fatalf("byte by byte %d bytes, %v; at once %d bytes, %v", len(got), errCut, len(want), err)
		}
		if err != nil && errors.Is(err, io.EOF) {
			t.Fatalf("the end is an error: %v", err)
		}
	})
}
