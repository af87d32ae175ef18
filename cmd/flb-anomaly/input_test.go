package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// TestOneWayIn gives each sample to scan, train and serve: all of them read it,
// or refuse it in the same words.
func TestOneWayIn(t *testing.T) {
	log := []byte(strings.Repeat("2026-03-02 08:00:01 INFO order 5696 stored in 54 ms\n", 100))
	random := make([]byte, 9000)
	rand.NewChaCha8([32]byte{}).Read(random)
	const binaryFile = "this is a binary file, not a log"
	for name, c := range map[string]struct {
		content []byte
		refused string // empty = it is read
		lines   int
	}{
		"text":                          {log, "", 100},
		"gzip":                          {zipped(log), "", 100},
		"zstd":                          {zstandard(t, log), "", 100},
		"xz":                            {xzipped(t, log), "", 100},
		"bzip2":                         {bzipped(t), "", 1000},
		"a byte order mark":             {append([]byte("\xef\xbb\xbf"), log...), "", 100},
		"UTF-16":                        {append([]byte("\xff\xfe"), wide(log, binary.LittleEndian)...), "", 100},
		"UTF-16, big end first":         {append([]byte("\xfe\xff"), wide(log, binary.BigEndian)...), "", 100},
		"UTF-16 without a mark":         {wide(log, binary.LittleEndian), "", 100},
		"the same, big end first":       {wide(log, binary.BigEndian), "", 100},
		"the same in gzip":              {zipped(wide(log, binary.LittleEndian)), "", 100},
		"Latin-1":                       {bytes.ReplaceAll(log, []byte("order"), []byte("Gr\xfc\xdfe")), "", 100},
		"NULs first":                    {append(make([]byte, 5000), log...), "", 100},
		"colors":                        {bytes.ReplaceAll(log, []byte("INFO"), []byte("\x1b[32mINFO\x1b[0m")), "", 100},
		"a journal's export":            {journal(), "", 50},
		"a JSON array":                  {[]byte("[\n{\"msg\":\"a\"}\n]\n"), "", 3},
		"a long line among others":      {slices.Concat(log, bytes.Repeat([]byte("x"), 2<<20), []byte("\n"), log), "", 201},
		"random bytes":                  {random, binaryFile, 0},
		"a few of them":                 {random[:300], binaryFile, 0},
		"random bytes in gzip":          {zipped(random), binaryFile, 0},
		"a program":                     {append([]byte("\x7fELF\x02\x01\x01\x00"), random...), "the input is a program, not a log", 0},
		"a picture in gzip":             {zipped([]byte("\x89PNG\r\n\x1a\n\x00\x00")), "the input is a picture, not a log", 0},
		"a journal":                     {append([]byte("LPKSHHRH"), make([]byte, 300)...), "the input is a journal of systemd, which is not read: give the output of 'journalctl -o export --file FILE'", 0},
		"lz4":                           {append([]byte("\x04\x22\x4d\x18"), random...), "the input is compressed with lz4", 0},
		"gzip twice":                    {zipped(zipped(log)), "the input is compressed twice, with gzip within gzip", 0},
		"gzip cut off":                  {zipped(log)[:60], "the gzip file is cut off", 0},
		"gzip with something behind it": {append(zipped(log), "more"...), "", 0},
		"one endless line":              {bytes.Repeat([]byte("x"), 2<<20), "it is one line, longer than 1048576 bytes, and no log", 0},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "sample")
			if err := os.WriteFile(file, c.content, 0o600); err != nil {
				t.Fatal(err)
			}
			status, out, byScan := call(t, "", "scan", "--format", "jsonl", file)
			trained, _, byTrain := call(t, "", "train", "-o", filepath.Join(dir, "model"), file)
			onPage := openedOnPage(t, file)
			if n := strings.Count(out, "\n"); c.lines > 0 && (n != c.lines || onPage.Lines != n) {
				t.Errorf("%d lines by scan, %d on the page, want %d", n, onPage.Lines, c.lines)
			}
			if read := c.refused == "" && c.lines > 0; read && (status != statusOK || trained != statusOK) {
				t.Errorf("scan: status %d, %s; train: status %d, %s", status, byScan, trained, byTrain)
			} else if !read && (status != statusError || trained != statusError || onPage.Phase != "failed") {
				t.Errorf("scan: status %d; train: status %d; the page: %s", status, trained, onPage.Phase)
			}
			// What is said stands behind the name; the page makes a sentence of it.
			said := strings.TrimPrefix(strings.TrimSpace(byScan), "flb-anomaly: "+file+": ")
			if !strings.HasPrefix(said, c.refused) {
				t.Errorf("scan says %q, want %q", said, c.refused)
			}
			if got := strings.TrimPrefix(strings.Split(strings.TrimSpace(byTrain), "\n")[0], "flb-anomaly: "+file+": "); said != "" && got != said {
				t.Errorf("train says %q, scan %q", got, said)
			}
			if got := strings.TrimSuffix(onPage.Error, "."); said != "" && !strings.EqualFold(got, said) || said == "" && got != "" {
				t.Errorf("the page says %q, scan %q", got, said)
			}
		})
	}
}

type pageView struct {
	Phase, Error  string
	Lines, Judged int
}

// openedOnPage is what serve makes of a file.
func openedOnPage(t *testing.T, args ...string) (v pageView) {
	t.Helper()
	address := served(t, args...)
	var start struct{ Views []string }
	if err := json.Unmarshal(get(t, address+"api/start"), &start); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); v.Phase != "done" && v.Phase != "failed"; time.Sleep(2 * time.Millisecond) {
		if err := json.Unmarshal(get(t, address+"api/views/"+start.Views[0]), &v); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatalf("the log stays as it is: %+v", v)
		}
	}
	return v
}

func zstandard(t *testing.T, text []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(text, nil)
}

func xzipped(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := xz.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(text)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bzipped is a thousand lines, by the command bzip2: the standard library only
// reads it.
func bzipped(t *testing.T) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString("QlpoOTFBWSZTWbWBT3kAC7fBgAAQAiGWACAAUIYECaqAMVINVIO1IN1IO1IOVIPVIPVIPi7kinChIWsCnvI=")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// wide is a text in UTF-16 without a byte order mark.
func wide(text []byte, order binary.AppendByteOrder) (b []byte) {
	for _, u := range utf16.Encode([]rune(string(text))) {
		b = order.AppendUint16(b, u)
	}
	return b
}

// journal is what journalctl -o export writes, with a field that is not text:
// its name alone, its length in eight bytes, and its bytes.
func journal() []byte {
	var b []byte
	for range 50 {
		b = append(b, "__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1772438401000000\nPRIORITY=6\nMESSAGE\n"...)
		message := "\x1b[32mready\x1b[0m"
		b = binary.LittleEndian.AppendUint64(b, uint64(len(message)))
		b = append(append(b, message...), "\n\n"...)
	}
	return b
}

// TestYearOfTheFile judges a log without years: they are those of its file.
func TestYearOfTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "syslog")
	if err := os.WriteFile(file, []byte("Dec 31 23:59:59 host app: ready\nJan  1 00:00:01 host app: ready\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	written := time.Date(2019, 1, 1, 0, 0, 2, 0, time.UTC)
	if err := os.Chtimes(file, written, written); err != nil {
		t.Fatal(err)
	}
	_, out, _ := call(t, "", "scan", file)
	if want := "2018-12-31 23:59:59 to 2019-01-01 00:00:01 (2s)"; !strings.Contains(out, want) {
		t.Errorf("no %q in\n%s", want, out)
	}
	_, out, _ = call(t, "", "scan", "--format", "jsonl", "--text", file)
	view, _ := firstView(t, served(t, file), 0)
	if got := string(get(t, view+"/export?format=jsonl")); got != out || !strings.Contains(out, `"time":"2018-12-31T23:59:59.000Z"`) {
		t.Errorf("the page says\n%s\nscan\n%s", got, out)
	}
}

// A file that is cut off has lines up to there, which are told before the error is.
func TestCutOffIsSummedUp(t *testing.T) {
	whole := zipped([]byte(read(t, shopLog)))
	file := filepath.Join(t.TempDir(), "cut.log.gz")
	if err := os.WriteFile(file, whole[:len(whole)*3/4], 0o600); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"table", "json"} {
		status, out, errs := call(t, "", "scan", "-o", format, file)
		if status != statusError || !strings.Contains(errs, "cut.log.gz: the gzip file is cut off") || !strings.Contains(out, "20260302T084901-") {
			t.Errorf("%s: status %d, %s\n%s", format, status, errs, out)
		}
	}
}
