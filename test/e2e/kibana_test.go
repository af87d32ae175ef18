package e2e

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// What Kibana's dashboard in docker/compose.yml computes from the records (the
// service, the kind of a reason, the pattern of a message) is computed by
// scripts that run in the server. Here they run in a real one.
func TestKibanaRuntimeFields(t *testing.T) {
	url, _ := startOpenSearch(t)
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
		{
			record: map[string]any{"service": "database", "log": "2026-03-02 08:49:01.021 UTC [2200] LOG:  duration: 284307.918 ms", "anomaly_reason": "number 284s far above the usual 229ms to 458ms; unusual word \"SUM\""},
			want:   map[string]string{"service_name": "database", "message_pattern": "N N UTC [N] LOG:  duration: N ms", "anomaly_kind": "number N far above"},
		},
		{
			record: map[string]any{"service": "worker", "log": "carrier refused parcel 70,000 for ord_1f", "anomaly_reason": "unusual word \"refused\""},
			want:   map[string]string{"service_name": "worker", "message_pattern": "carrier refused parcel N,N for N", "anomaly_kind": "unusual word"},
		},
		{
			record: map[string]any{"log": "x" + strings.Repeat(" word", 20000), "anomaly_reason": "length of 100001 bytes is unusual for this log"},
			want:   map[string]string{"message_pattern": "x" + strings.Repeat(" word", 59) + " wor", "anomaly_kind": "length of N bytes is unusual for this log"},
		},
		{
			record: map[string]any{"service": 7, "log": []int{1}, "anomaly_reason": "number -1.5e+06 far below the usual 3"},
			want:   map[string]string{"anomaly_kind": "number N far below"},
		},
		{record: map[string]any{}, want: map[string]string{}},
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
