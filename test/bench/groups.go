package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
)

// manyGroups is how many models there are at the most by default, as Max_Groups
// has it.
const manyGroups = 64

// groups measures the memory of many models, in the order of what feeds them:
// lines of the example service, and lines of which every word is new, which fill
// every table.
func (b *bench) groups() error {
	bin := fluentBit()
	if bin == "" {
		b.row(fmt.Sprintf("memory added, %d groups", manyGroups), "not measured", noFluentBit)
		return nil
	}
	path, err := filepath.Abs(plugin)
	if err != nil {
		return err
	}
	for _, c := range []struct {
		what   string
		random bool
	}{{"at work", false}, {"every word of every line new", true}} {
		log := filepath.Join(b.dir, "groups.log")
		if err := writeGroups(log, b.lines, c.random); err != nil {
			return err
		}
		parsers := filepath.Join(b.dir, "groups-parsers.conf")
		if err := os.WriteFile(parsers, []byte("[PARSER]\n    Name json\n    Format json\n"), 0o600); err != nil {
			return err
		}
		took := map[string]usage{}
		for name, filter := range map[string]string{
			"none":    "",
			"anomaly": "[FILTER]\n    Name anomaly\n    Match *\n    Group_By $app\n",
		} {
			conf := filepath.Join(b.dir, "groups.conf")
			text := "[SERVICE]\n    flush 1\n    log_level error\n    parsers_file " + parsers + "\n" +
				"[INPUT]\n    Name tail\n    Path " + log + "\n    Tag app\n    Read_from_Head on\n    Exit_On_Eof on\n    Mem_Buf_Limit 5M\n    Buffer_Chunk_Size 512k\n    Buffer_Max_Size 1M\n    Parser json\n" +
				filter + "[OUTPUT]\n    Name null\n    Match *\n"
			if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
				return err
			}
			args := []string{"-c", conf}
			if filter != "" {
				args = append([]string{"-e", path}, args...)
			}
			if took[name], err = measure(exec.Command(bin, args...)); err != nil {
				return err
			}
		}
		b.row(fmt.Sprintf("memory added, %d groups, %s", manyGroups, c.what), fmt.Sprintf("%.0f MB", took["anomaly"].megabytes-took["none"].megabytes),
			fmt.Sprintf("Fluent Bit alone %.0f MB", took["none"].megabytes))
	}
	return nil
}

// writeGroups writes JSON lines of as many applications as there may be models.
func writeGroups(path string, lines int, random bool) error {
	plain := path + ".txt"
	if err := writeLog(plain, lines, random); err != nil {
		return err
	}
	in, err := os.Open(plain)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(out, 1<<20)
	rng := rand.New(rand.NewPCG(7, 8))
	for from := bufio.NewScanner(in); from.Scan(); {
		fmt.Fprintf(w, "{\"app\": \"app-%02d\", \"log\": %q}\n", rng.IntN(manyGroups), from.Text())
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return out.Close()
}
