package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// newMan is the command that packages are made with: it is no part of daily
// use, and so of no help text.
func newMan() *cobra.Command {
	return &cobra.Command{
		Use:    "man DIRECTORY",
		Short:  "Write the manual pages of all commands into a directory",
		Hidden: true,
		Args:   usageArgs(cobra.ExactArgs(1)),
		RunE: func(command *cobra.Command, args []string) error {
			return writeMan(command.Root(), args[0])
		},
	}
}

// writeMan writes the pages of a command and of those below it. Their date is
// SOURCE_DATE_EPOCH where that is set, so that one commit makes the same bytes.
func writeMan(command *cobra.Command, dir string) error {
	// The foot would carry the day on which it was generated.
	command.DisableAutoGenTag = true
	for _, sub := range command.Commands() {
		if sub.IsAvailableCommand() {
			if err := writeMan(sub, dir); err != nil {
				return err
			}
		}
	}
	header := &doc.GenManHeader{Section: "1", Source: "flb-anomaly", Manual: "flb-anomaly"}
	if os.Getenv("SOURCE_DATE_EPOCH") == "" {
		now := time.Now()
		header.Date = &now
	}
	var page bytes.Buffer
	if err := doc.GenMan(command, header, &page); err != nil {
		return err
	}
	name := strings.ReplaceAll(command.CommandPath(), " ", "-") + ".1"
	return os.WriteFile(filepath.Join(dir, name), page.Bytes(), 0o644)
}
