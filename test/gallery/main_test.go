package main

import (
	"os"
	"testing"
)

// docs/gallery.md is what the pictures and the captions give.
func TestGallery(t *testing.T) {
	t.Chdir("../..")
	want, err := write()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("docs/gallery.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/gallery.md is not of these pictures; make screenshots writes it, or go run ./test/gallery alone")
	}
}
