package e2e

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/test/harness/servers"
)

// What Kibana's dashboard in docker/compose.yml computes from the records, the
// service, is computed by a script that runs in the server. Here it runs in a real
// one, on what records may hold.
func TestKibanaRuntimeFields(t *testing.T) {
	url := servers.OpenSearch(t)
	putIndexTemplate(t, url)

	objects, err := os.ReadFile("../../docker/compose/kibana/anomalies.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(objects), "\n")
	var view struct {
		Attributes struct{ RuntimeFieldMap string }
	}
	if err := json.Unmarshal([]byte(first), &view); err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(view.Attributes.RuntimeFieldMap), &fields); err != nil {
		t.Fatal(err)
	}

	for _, tt := range []struct {
		record map[string]any
		want   map[string]string
	}{
		{record: map[string]any{"service": "database"}, want: map[string]string{"service_name": "database"}},
		{record: map[string]any{"service": 7}, want: map[string]string{}},
		{record: map[string]any{"service": []string{"a", "b"}}, want: map[string]string{}},
		{record: map[string]any{"log": "no service"}, want: map[string]string{}},
	} {
		record, err := json.Marshal(tt.record)
		if err != nil {
			t.Fatal(err)
		}
		request(t, "PUT", url+"/logs-anomaly-runtime/_doc/1?refresh=true", string(record), nil)

		// OpenSearch calls derived what Elasticsearch calls runtime.
		derived, aggregations := map[string]any{}, map[string]any{}
		for name, field := range fields {
			f := field.(map[string]any)
			derived[name] = map[string]any{"type": f["type"], "script": f["script"]}
			aggregations[name] = map[string]any{"terms": map[string]any{"field": name}}
		}
		query, err := json.Marshal(map[string]any{"size": 0, "derived": derived, "aggs": aggregations})
		if err != nil {
			t.Fatal(err)
		}
		var answer struct {
			Aggregations map[string]struct{ Buckets []struct{ Key string } }
		}
		request(t, "POST", url+"/logs-anomaly-runtime/_search", string(query), &answer)
		for name := range fields {
			got := ""
			for _, b := range answer.Aggregations[name].Buckets {
				got += b.Key
			}
			if got != tt.want[name] {
				t.Errorf("%s of %.80s: %.400q, want %.400q", name, record, got, tt.want[name])
			}
		}
	}
}
