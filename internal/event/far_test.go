package event

import (
	"encoding/json"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// TestElementsFarBehind: an option that names an element behind those that are looked at
// finds it, whatever stands in the ones before, and what follows the array is read as ever.
func TestElementsFarBehind(t *testing.T) {
	for _, before := range []any{7, "text", nil, true, 1.5, []any{1, []any{2}}, object{"app": "another", "b": object{"c": []any{3}}}} {
		list := make([]any, 12)
		for i := range list {
			list[i] = before
		}
		list = append(list, object{"app": "shop"}, before, before)
		body := object{"a_list": list, "level": "error", "msg": "declined", "z": 5}
		line, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		for _, index := range []struct{ option, group string }{{"$a_list[12]['app']", "shop"}, {"$a_list[99]['app']", ""}} {
			r := reader(t, options.Settings{GroupBy: index.option})
			for way := range 2 {
				var ev detector.Event
				if way == 0 {
					readRecord(t, r, chunk(t, body, nil), &ev)
				} else {
					r.Line(line, &ev)
				}
				last := detector.Field{}
				if len(ev.Fields) > 0 {
					last = ev.Fields[len(ev.Fields)-1]
				}
				if string(ev.Group) != index.group || string(ev.Message) != "declined" || ev.Level.String() != "ERROR" || string(last.Name) != "z" || last.Number != 5 {
					t.Errorf("%v before it, %s, way %d: %s", before, index.option, way, show(&ev))
				}
			}
		}
	}
}
