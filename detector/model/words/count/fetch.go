package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// fetch brings the sources onto this machine, each with its language's
// client, and notes where they are.
func fetch(sources []*source, cache string) error {
	byLanguage := map[string][]*source{}
	for _, s := range sources {
		byLanguage[s.language] = append(byLanguage[s.language], s)
	}
	if err := fetchModules(byLanguage["go"]); err != nil {
		return err
	}
	for _, s := range byLanguage["python"] {
		if err := s.fetchWheel(filepath.Join(cache, "python")); err != nil {
			return err
		}
	}
	return fetchJars(byLanguage["java"], filepath.Join(cache, "java"))
}

// fetchModules lets one run of go download all modules.
func fetchModules(sources []*source) error {
	if len(sources) == 0 {
		return nil
	}
	args := []string{"mod", "download", "-json"}
	byModule := map[string]*source{}
	for _, s := range sources {
		args = append(args, s.name+"@"+s.version)
		byModule[s.name] = s
	}
	log.Print("go fetches modules")
	cmd := exec.Command("go", args...)
	cmd.Dir = os.TempDir() // not in this module
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var m struct{ Path, Version, Dir, Error string }
		if d.Decode(&m) != nil {
			break
		}
		if m.Error != "" {
			return fmt.Errorf("module %s %s: %s", m.Path, m.Version, m.Error)
		}
		if s := byModule[m.Path]; s != nil {
			s.root = m.Dir
		}
	}
	if err != nil {
		return fmt.Errorf("go mod download: %w", err)
	}
	for _, s := range sources {
		if s.root == "" {
			return fmt.Errorf("module %s %s: go mod download does not say where it is", s.name, s.version)
		}
	}
	return nil
}

// fetchWheel downloads a wheel, for no other reason than that it can be
// opened without running anything of the package.
func (s *source) fetchWheel(folder string) error {
	found := func() bool {
		files, _ := os.ReadDir(folder)
		for _, f := range files {
			name, rest, _ := strings.Cut(f.Name(), "-")
			version, _, _ := strings.Cut(rest, "-")
			if path.Ext(f.Name()) == ".whl" && normal(name) == normal(s.name) && version == s.version {
				s.root = filepath.Join(folder, f.Name())
				return true
			}
		}
		return false
	}
	if found() {
		return nil
	}
	cmd := exec.Command("pip", "download", "-q", "--no-deps", "--only-binary=:all:", "--python-version", "3.13", "-d", folder, s.name+"=="+s.version)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("package %s %s: %v: %s", s.name, s.version, err, bytes.TrimSpace(out))
	}
	if !found() {
		return fmt.Errorf("package %s %s: pip left no wheel of this name and version in %s", s.name, s.version, folder)
	}
	return nil
}

// normal returns a Python package's name as the index compares it.
func normal(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "-", ".", "-").Replace(name))
}

// fetchJars lets one run of mvn copy all jars of sources that are not there.
func fetchJars(sources []*source, folder string) error {
	var items strings.Builder
	for _, s := range sources {
		group, artifact, _ := strings.Cut(s.name, ":")
		s.root = filepath.Join(folder, artifact+"-"+s.version+"-sources.jar")
		if _, err := os.Stat(s.root); err == nil {
			continue
		}
		fmt.Fprintf(&items, "<artifactItem><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version><classifier>sources</classifier></artifactItem>\n", group, artifact, s.version)
	}
	if items.Len() == 0 {
		return nil
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	pom := filepath.Join(folder, "pom.xml")
	text := fmt.Sprintf(`<project>
<modelVersion>4.0.0</modelVersion><groupId>words</groupId><artifactId>words</artifactId><version>1</version>
<build><plugins><plugin><groupId>org.apache.maven.plugins</groupId><artifactId>maven-dependency-plugin</artifactId>
<configuration><outputDirectory>%s</outputDirectory><artifactItems>
%s</artifactItems></configuration></plugin></plugins></build>
</project>
`, folder, items.String())
	if err := os.WriteFile(pom, []byte(text), 0o644); err != nil {
		return err
	}
	log.Print("mvn fetches sources")
	if out, err := exec.Command("mvn", "-q", "-B", "-f", pom, "dependency:copy").CombinedOutput(); err != nil {
		return fmt.Errorf("mvn dependency:copy: %v: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

// walk calls do for each source file in root, a folder or an archive, that
// has one of the suffixes and is the project's own.
func walk(root string, suffixes []string, do func(file string, text []byte)) error {
	info, err := os.Stat(root)
	if err != nil {
		return err
	}
	var tree fs.FS = os.DirFS(root)
	if !info.IsDir() {
		z, err := zip.OpenReader(root)
		if err != nil {
			return fmt.Errorf("%s: %w", root, err)
		}
		defer z.Close()
		tree = z
	}
	return fs.WalkDir(tree, ".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if foreign[strings.ToLower(d.Name())] {
				return fs.SkipDir
			}
			return nil
		case !wanted(file, suffixes):
			return nil
		}
		f, err := tree.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		text, err := io.ReadAll(f)
		if err != nil {
			return err
		}
		if !generated(text) {
			do(file, text)
		}
		return nil
	})
}

// foreign are the folders whose code is not the project's own, or does not
// run in production.
var foreign = map[string]bool{
	"vendor": true, "_vendor": true, "vendored": true, "third_party": true, "thirdparty": true, "third-party": true,
	"node_modules": true, "test": true, "tests": true, "testing": true, "testdata": true, "testutil": true, "testutils": true,
	"e2e": true, "example": true, "examples": true, "_examples": true, "demo": true, "mock": true, "mocks": true, "shaded": true,
	"benchmark": true, "benchmarks": true, "integration": true,
}

func wanted(file string, suffixes []string) bool {
	name := path.Base(file)
	for _, s := range suffixes {
		stem, ok := strings.CutSuffix(name, s)
		if !ok {
			continue
		}
		return !strings.HasSuffix(stem, "_test") && !strings.HasPrefix(stem, "test_") && !strings.HasSuffix(stem, "Test") && !strings.HasSuffix(stem, "Tests")
	}
	return false
}

// generated reports whether the beginning of a file says that a program
// wrote it.
func generated(text []byte) bool {
	head := text[:min(len(text), 2000)]
	for _, mark := range []string{"Code generated ", "DO NOT EDIT", "Generated by ", "generated by ", "@Generated", "auto-generated", "Autogenerated by"} {
		if bytes.Contains(head, []byte(mark)) {
			return true
		}
	}
	return false
}
