package model

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
)

// services makes a record of one of three, which may hold something odd.
func services(rng *rand.Rand, odd bool) []Field {
	text := func(name, value string) Field { return Field{Name: []byte(name), Kind: Text, Value: []byte(value)} }
	pick := func(of ...string) string { return of[rng.IntN(len(of))] }
	number := func(name string, n float64) Field { return Field{Name: []byte(name), Kind: Number, Number: n} }
	var fields []Field
	switch rng.IntN(3) {
	case 0:
		fields = request(rng)
	case 1:
		fields = []Field{
			text("method", pick("GET", "POST")), text("route", pick("/cart", "/pay", "/")), text("user", fmt.Sprintf("a/u%d", rng.IntN(1e9))),
			number("status", float64(200+100*rng.IntN(2))), number("bytes", float64(rng.IntN(5000))), {Name: []byte("note"), Kind: Null},
		}
	case 2:
		fields = []Field{text("event", pick("start", "stop", "tick")), text("dir", pick("/a/x.log", "/b/y.log")), number("pid", float64(1000+rng.IntN(1000)))}
	}
	if rng.IntN(100) == 0 {
		fields[0].Value = []byte("RARE") // known well, but for a while behind each ageing
	}
	if odd {
		at := rng.IntN(len(fields))
		f := &fields[at]
		switch rng.IntN(7) {
		case 0:
			f.Kind, f.Value, f.Number = Text, fmt.Appendf(nil, "odd %d", rng.IntN(1000)), 0
		case 1:
			f.Kind, f.Value = Null, nil
		case 2:
			f.Kind, f.Value, f.Number = Number, nil, 1e9*rng.Float64()
		case 3:
			f.Kind, f.Value, f.Number = Text, []byte("/../../etc/passwd"), 0
		case 4:
			f.Name = fmt.Appendf(nil, "odd%d", rng.IntN(20))
		case 5:
			fields = append(fields[:at], fields[at+1:]...)
		case 6:
			f.Value = append([]byte("/"), f.Value...)
		}
	}
	return fields
}

// TestRoutineRecords: what is remembered of routine records changes nothing of what is
// judged and learned, also where counts are halved as there is no room for more.
func TestRoutineRecords(t *testing.T) {
	for _, limit := range []int{valueLimit, gramsAtFirst} {
		testRoutine(t, limit)
	}
}

func testRoutine(t *testing.T, limit int) {
	const records = ageEvery + 10_000
	with, without := New(), New()
	with.fields.values.limit, without.fields.values.limit = limit, limit
	var a, b Observation
	rng := rand.New(rand.NewPCG(3, 1))
	routine := 0
	for i := range records {
		odd := rng.IntN(50) == 0
		fields := services(rng, odd)
		without.fields.routines = nil
		a.Time = time.Duration(1_700_000_000+4*i) * time.Second // three days
		b.Time = a.Time
		observe(&with, &a, fields)
		observe(&without, &b, fields)
		if a.Row != b.Row || a.fields.shape != b.fields.shape {
			t.Fatalf("limit %d, record %d, of %d fields: the row is %v, and %v where nothing is remembered", limit, i, len(fields), a.Row, b.Row)
		}
		if a.fields.routine && i >= records/2 {
			routine++
		}
		if b.fields.routine {
			t.Fatal("it was remembered")
		}
	}
	if share := float64(routine) / (records / 2); limit == valueLimit && share < 0.5 {
		t.Errorf("%.2f of the records are known to be routine", share)
	}
	followed := 0
	for i := range with.fields.flows {
		if f := &with.fields.flows[i]; f.most > 0 {
			followed++
		}
	}
	if followed == 0 {
		t.Error("the flow of no value is followed")
	}
	write := func(m *Model) []byte {
		var c codec.Codec
		m.Carry(&c)
		return c.B
	}
	if !bytes.Equal(write(&with), write(&without)) {
		t.Errorf("limit %d: something else was learned", limit)
	}
}

// TestRoutineIsForgotten where counts are halved, and where a form's place is another's.
func TestRoutineIsForgotten(t *testing.T) {
	for what, change := range map[string]func(fs *fields){
		"counts are halved by age": (*fields).age,
		"there is no room for more values": func(fs *fields) {
			fs.values.limit = len(fs.values.slots)
			fs.values.makeRoom()
		},
		"their places are of others": func(fs *fields) {
			for i := range fs.routines.forms {
				fs.routines.forms[i].of++
			}
		},
	} {
		m, rng := New(), rand.New(rand.NewPCG(3, 1))
		var o Observation
		fields := services(rng, false)
		for m.records < 60_000 || !o.fields.routine { // all is still known well when it is halved
			observe(&m, &o, fields)
			fields = services(rng, false)
			o.SetFields(fields)
			m.Judge(&o)
		}
		change(&m.fields)
		if m.Judge(&o); o.fields.routine {
			t.Errorf("it is known to be routine though %s", what)
		}
	}
}
