package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/judge/modelfile"
	"github.com/flb-anomaly/flb-anomaly/internal/scan"
)

const modelUsage = "a model that 'flb-anomaly train' or a filter has saved: lines are judged by it from the first one on. Seed, Trees, Sample_Size and Window are the model's where they are not given"

// readModel reads the model that --model names, nil for none. Options on which it
// depends and that were not given become its own.
func readModel(name string, flags *detectorFlags) ([]byte, error) {
	if name == "" {
		return nil, nil
	}
	var model []byte
	var c *detector.Contents
	err := modelfile.Read(name, func(r io.Reader) (err error) {
		if model, err = io.ReadAll(r); err == nil {
			c, err = detector.Inspect(bytes.NewReader(model))
		}
		return err
	})
	if _, named := errors.AsType[*fs.PathError](err); named {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("--model: %s: %w", display(name), err)
	}
	for _, s := range c.Settings {
		v := flags.values[s.Name]
		switch {
		case v == nil || !modelOptions[s.Name]:
		case v.given == nil:
			v.given = []string{s.Value}
		case v.given[0] != s.Value:
			return nil, usageError{fmt.Errorf("--%s has the value %s, and the model %s was made with %s: without the flag, the model's counts", v.option.Flag(), v.given[0], display(name), s.Value)}
		}
	}
	return model, nil
}

// modelOptions are the options on which a model depends, whatever its log was.
var modelOptions = map[string]bool{"Seed": true, "Trees": true, "Sample_Size": true, "Window": true}

// fits says to people what a model can be used for, of whose settings they have
// been told.
func fits(settings []detector.Setting) string {
	for _, s := range settings {
		if !modelOptions[s.Name] {
			return "fits a filter of the same options, and 'scan --model'"
		}
	}
	return "fits a filter of the same options, whatever field has its messages, and 'scan --model'"
}

// settingsOf are those of a model that is made with some options.
func settingsOf(o *detector.Options) (list []detector.Setting) {
	for _, s := range []struct {
		name  string
		value uint64
	}{{"Seed", o.Seed}, {"Trees", uint64(o.Trees)}, {"Sample_Size", uint64(o.SampleSize)}, {"Window", uint64(o.Window)}} {
		list = append(list, detector.Setting{Name: s.name, Value: strconv.FormatUint(s.value, 10)})
	}
	return list
}

func (f *scanFlags) checkModel() error {
	switch {
	case f.model == "":
		return nil
	case f.baseline != "":
		return errors.New("--model and --baseline both say what lines are judged by: one is right; --baseline learns nothing from the log")
	case f.mode != string(scan.Stream):
		return errors.New("--model says what lines are judged by: --mode batch says something else")
	}
	return nil
}
