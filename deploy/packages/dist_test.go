package packages

import (
	"bytes"
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"debug/elf"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// dist is the directory that `make dist` has filled; without one there is
// nothing to look at.
func dist(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("DIST")
	if dir == "" {
		t.Skip("SKIPPED, NOT TESTED: DIST is not set; make dist dist-test builds and tests the packages")
	}
	return dir
}

// files are those that match, at least one.
func files(t *testing.T, pattern string) []string {
	t.Helper()
	list, err := filepath.Glob(pattern)
	if err != nil || len(list) == 0 {
		t.Fatalf("no %s (%v)", pattern, err)
	}
	return list
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("SKIPPED, NOT TESTED: no %s here", name)
	}
	return path
}

func TestSums(t *testing.T) {
	dir := dist(t)
	sums, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(sums)) {
		want, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := sha256.Sum256(b); hex.EncodeToString(got[:]) != want {
			t.Errorf("%s: another sum", name)
		}
		n++
	}
	if all := len(files(t, filepath.Join(dir, "*"))); n != all-1 {
		t.Errorf("%d sums for %d files", n, all-1)
	}
}

// Each shared object is for its architecture, has the symbol that Fluent Bit
// looks for, and holds no path or build id of where it was made. The filter is
// small: nothing that only the output needs is linked into it.
func TestSharedObjects(t *testing.T) {
	tool(t, "dpkg-deb")
	for _, deb := range files(t, filepath.Join(dist(t), "*.deb")) {
		t.Run(filepath.Base(deb), func(t *testing.T) {
			root := t.TempDir()
			run(t, "dpkg-deb", "-x", deb, root)
			machine := elf.EM_X86_64
			if strings.HasSuffix(deb, "_arm64.deb") {
				machine = elf.EM_AARCH64
			}
			lib := filepath.Join(root, "usr/lib/flb-anomaly")
			glibc := 0 // the newest minor version
			for _, so := range []struct{ name, symbol string }{{"flb-filter_anomaly.so", "filter_anomaly_plugin"}, {"out_anomaly.so", "FLBPluginFlushCtx"}} {
				path := filepath.Join(lib, so.name)
				sharedObject(t, path, machine, so.symbol)
				_, needs, _ := strings.Cut(strings.TrimSpace(run(t, "./glibc.sh", path)), "2.")
				minor, err := strconv.Atoi(needs)
				if err != nil {
					t.Fatal(err)
				}
				glibc = max(glibc, minor)
			}
			if control := strings.TrimSpace(run(t, "dpkg-deb", "-f", deb, "Depends")); control != fmt.Sprintf("libc6 (>= 2.%d)", glibc) {
				t.Errorf("the package depends on %s, the shared objects on glibc 2.%d", control, glibc)
			}
			if s, err := os.Stat(filepath.Join(lib, "flb-filter_anomaly.so")); err != nil {
				t.Error(err)
			} else if s.Size() > 5_000_000 {
				t.Errorf("the filter has %d bytes, more than 5 MB", s.Size())
			}
		})
	}
}

func sharedObject(t *testing.T, path string, machine elf.Machine, symbol string) {
	t.Helper()
	name := filepath.Base(path)
	so, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer so.Close()
	if so.Machine != machine {
		t.Errorf("%s is for %v, want %v", name, so.Machine, machine)
	}
	symbols, err := so.DynamicSymbols()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(symbols, func(s elf.Symbol) bool { return s.Name == symbol && s.Section != elf.SHN_UNDEF }) {
		t.Errorf("%s has no symbol %s", name, symbol)
	}
	if so.Section(".note.gnu.build-id") != nil {
		t.Errorf("%s has a build id", name)
	}
	if so.Section(".debug_info") != nil {
		t.Errorf("%s is not stripped", name)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	here, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte(here)) {
		t.Errorf("%s holds the path %s", name, here)
	}
}

// What the package says of itself, and what a Debian developer would say.
func TestDebian(t *testing.T) {
	dir := dist(t)
	for _, deb := range files(t, filepath.Join(dir, "*.deb")) {
		info := run(t, tool(t, "dpkg-deb"), "--info", deb)
		for _, want := range []string{" Package: flb-anomaly\n", " Homepage: ", "unsupervised anomaly detection"} {
			if !strings.Contains(info, want) {
				t.Errorf("%s: no %q\n%s", deb, want, info)
			}
		}
		conffiles := run(t, "dpkg-deb", "-I", deb, "conffiles")
		for _, want := range []string{"fluent-bit.conf", "fluent-bit.yaml", "plugins.conf"} {
			if !strings.Contains(conffiles, "/etc/flb-anomaly/"+want+"\n") {
				t.Errorf("%s: %s is no conffile\n%s", deb, want, conffiles)
			}
		}
	}
	lintian := tool(t, "lintian")
	for _, deb := range files(t, filepath.Join(dir, "*.deb")) {
		run(t, lintian, "--fail-on", "error,warning", deb)
	}
}

// TestThirdParty: the licenses of all that is linked in come with it.
func TestThirdParty(t *testing.T) {
	root := t.TempDir()
	run(t, tool(t, "dpkg-deb"), "-x", native(t, "*_%s.deb"), root)
	text, err := os.ReadFile(filepath.Join(root, "usr/share/doc/flb-anomaly/THIRD-PARTY.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for path, others := range map[string]bool{
		"usr/bin/flb-anomaly": true, "usr/lib/flb-anomaly/out_anomaly.so": true,
		"usr/lib/flb-anomaly/flb-filter_anomaly.so": runtime.GOARCH == "amd64", // where it asks what the processor has
	} {
		info, err := buildinfo.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if others != (len(info.Deps) > 0) {
			t.Errorf("%s is linked with %d modules of others", path, len(info.Deps))
		}
		for _, m := range info.Deps {
			if want := fmt.Sprintf("\n======== %s %s\n\n", m.Path, m.Version); !bytes.Contains(text, []byte(want)) {
				t.Errorf("%s of %s has no license there", m.Path, path)
			}
		}
	}
	for _, want := range []string{"The Go Authors", "Leon Sorokin"} { // of the runtime, and of the chart in the page
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("%q is not there", want)
		}
	}
}

// Each binary has a list of what is linked into it beside it.
func TestPartsAreListed(t *testing.T) {
	root := t.TempDir()
	run(t, "tar", "-xzf", native(t, "*-linux-%s.tar.gz"), "-C", root, "--strip-components=1")
	for _, path := range files(t, filepath.Join(root, "bin/*")) {
		if i, err := os.Lstat(path); err != nil || !i.Mode().IsRegular() {
			continue // the second name of a file
		}
		info, err := buildinfo.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(native(t, "*-linux-%s."+filepath.Base(path)+".cdx.json"))
		if err != nil {
			t.Fatal(err)
		}
		var bom struct {
			Format     string `json:"bomFormat"`
			Metadata   struct{ Component struct{ Version string } }
			Components []struct{ Name, Version string }
		}
		if err := json.Unmarshal(text, &bom); err != nil {
			t.Fatal(err)
		}
		listed := map[string]string{}
		for _, c := range bom.Components {
			listed[c.Name] = c.Version
		}
		for _, m := range info.Deps {
			if listed[m.Path] != m.Version {
				t.Errorf("%s has %s %s, the list %q", path, m.Path, m.Version, listed[m.Path])
			}
		}
		if bom.Format != "CycloneDX" || bom.Metadata.Component.Version == "" || listed["std"] == "" {
			t.Errorf("%s: format %q, version %q, standard library %q", path, bom.Format, bom.Metadata.Component.Version, listed["std"])
		}
	}
}

// A release is signed, and a file that was changed after that is found.
func TestSignature(t *testing.T) {
	minisign, dir := tool(t, "minisign"), t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	keys := t.TempDir()
	secret, public := filepath.Join(keys, "secret"), filepath.Join(keys, "public")
	run(t, minisign, "-G", "-W", "-s", secret, "-p", public)
	key, err := os.ReadFile(secret)
	if err != nil {
		t.Fatal(err)
	}
	write("a.deb", "package")
	write("SHA256SUMS", fmt.Sprintf("%x  a.deb\n", sha256.Sum256([]byte("package"))))
	sign := func() error {
		cmd := exec.Command("./sign.sh")
		cmd.Env = append(os.Environ(), "DIST="+dir, "VERSION=v1.2.3", "MINISIGN_SECRET_KEY="+string(key), "MINISIGN_PASSWORD=")
		out, err := cmd.CombinedOutput()
		t.Logf("%s", out)
		return err
	}
	if err := sign(); err != nil {
		t.Fatal(err)
	}
	sums := filepath.Join(dir, "SHA256SUMS")
	if out := run(t, minisign, "-V", "-p", public, "-m", sums); !strings.Contains(out, "flb-anomaly v1.2.3") {
		t.Errorf("the signature does not name the version: %s", out)
	}
	write("a.deb", "another")
	if sign() == nil {
		t.Error("a file that its sum does not fit was signed")
	}
	write("SHA256SUMS", fmt.Sprintf("%x  a.deb\n", sha256.Sum256([]byte("another"))))
	if exec.Command(minisign, "-V", "-p", public, "-m", sums).Run() == nil {
		t.Error("another file has the signature")
	}
}

// native is the file of this machine's architecture.
func native(t *testing.T, pattern string) string {
	t.Helper()
	return files(t, filepath.Join(dist(t), fmt.Sprintf(pattern, runtime.GOARCH)))[0]
}

// The package unpacked somewhere: the command runs, the manual is in order,
// and Fluent Bit runs with the packaged configuration.
func TestInstalled(t *testing.T) {
	deb := native(t, "*_%s.deb")
	root := t.TempDir()
	run(t, tool(t, "dpkg-deb"), "-x", deb, root)

	version := run(t, filepath.Join(root, "usr/bin/flb-anomaly"), "--version")
	if !strings.HasPrefix(version, "flb-anomaly version ") || strings.Contains(version, "devel") {
		t.Errorf("--version says %q", version)
	}
	for _, path := range []string{
		"usr/share/bash-completion/completions/flb-anomaly", "usr/share/zsh/vendor-completions/_flb-anomaly",
		"usr/share/fish/vendor_completions.d/flb-anomaly.fish", "usr/share/man/man1/flb-anomaly.1.gz",
		"usr/share/man/man1/flb-anomaly-scan.1.gz", "usr/share/man/man7/flb-filter_anomaly.7.gz", "usr/share/doc/flb-anomaly/copyright", "usr/share/doc/flb-anomaly/docs/deploy.md",
		"usr/share/doc/flb-anomaly/docker/elasticsearch/index-template.json", "usr/share/doc/flb-anomaly/deploy/kubernetes/values.yaml",
		"usr/share/doc/flb-anomaly/examples/recipes/own-index/fluent-bit.conf", "usr/share/doc/flb-anomaly/examples/shop.log",
	} {
		if s, err := os.Stat(filepath.Join(root, path)); err != nil || s.Size() == 0 {
			t.Errorf("%s: %v", path, err)
		}
	}
	leadSomewhere(t, filepath.Join(root, "usr/share/doc/flb-anomaly"))
	if bash, err := exec.LookPath("bash"); err == nil {
		run(t, bash, "-n", filepath.Join(root, "usr/share/bash-completion/completions/flb-anomaly"))
	}
	for _, name := range []string{"fluent-bit.conf", "fluent-bit.yaml"} {
		t.Run(name, func(t *testing.T) {
			starts(t, root, filepath.Join(root, "etc/flb-anomaly", name), "")
		})
	}
}

// The tarball's configurations run from where it was unpacked.
func TestTarball(t *testing.T) {
	tarball := native(t, "*-linux-%s.tar.gz")
	dir := t.TempDir()
	run(t, "tar", "-C", dir, "-xzf", tarball)
	root := files(t, filepath.Join(dir, "flb-anomaly-*"))[0]
	leadSomewhere(t, root)
	if out := run(t, filepath.Join(root, "bin/flb-anomaly"), "scan", filepath.Join(root, "examples/shop.log")); !strings.Contains(out, "No space left on device") {
		t.Errorf("the command finds nothing\n%s", out)
	}
	for _, name := range []string{"fluent-bit.conf", "fluent-bit.yaml"} {
		t.Run(name, func(t *testing.T) {
			starts(t, "", filepath.Join(root, name), root)
		})
	}
}

// leadSomewhere checks the links of the pages below a directory: to a file that
// is there, or to the repository.
func leadSomewhere(t *testing.T, root string) {
	t.Helper()
	pages := 0
	err := filepath.WalkDir(root, func(page string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(page) != ".md" {
			return err
		}
		pages++
		text, err := os.ReadFile(page)
		for _, m := range regexp.MustCompile(`\]\(([^)#\s]+)`).FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil && !strings.HasPrefix(m[1], "https://") {
				t.Errorf("%s: %s: no such file", page, m[1])
			}
		}
		return err
	})
	if err != nil || pages < 10 {
		t.Errorf("%d pages, %v", pages, err)
	}
}

// starts runs Fluent Bit with a configuration until it prints an anomaly. The
// paths of an installed one begin at root.
func starts(t *testing.T, root, config, dir string) {
	t.Helper()
	bin := os.Getenv("FLUENT_BIT")
	if bin == "" {
		bin = tool(t, "fluent-bit")
	}
	if root != "" {
		for _, f := range files(t, filepath.Join(filepath.Dir(config), "*")) {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			moved := strings.NewReplacer(" /usr/", " "+root+"/usr/", " /etc/", " "+root+"/etc/").Replace(string(text))
			moved = strings.ReplaceAll(moved, root+root, root) // the second of two configurations
			if err := os.WriteFile(f, []byte(moved), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, bin, "-c", config)
	cmd.Dir = dir
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 15 * time.Second
	seen := &watch{want: `"anomaly":"true"`, found: cancel}
	cmd.Stdout, cmd.Stderr = seen, seen
	cmd.Run()
	if !bytes.Contains(seen.text, []byte(seen.want)) {
		t.Errorf("Fluent Bit printed no anomaly\n%s", seen.text)
	}
}

// watch keeps what is written and tells when a text is among it.
type watch struct {
	want  string
	found func()
	text  []byte
}

func (w *watch) Write(p []byte) (int, error) {
	w.text = append(w.text, p...)
	if bytes.Contains(w.text, []byte(w.want)) {
		w.found()
	}
	return len(p), nil
}
