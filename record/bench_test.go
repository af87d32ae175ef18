package record

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
)

// Records as the usual inputs write them, made by ourselves. Each is given a
// number, so that the records of a chunk differ where real ones would.
var shapes = []struct {
	name   string
	record func(i int) []byte
}{
	{"tail", func(i int) []byte { return log(obj{"log", line(i)}) }},
	{"legacy", func(i int) []byte { return enc([]any{at(uint32(1700000000+i), 5), obj{"log", line(i)}}) }},
	{"cri", func(i int) []byte {
		return log(obj{"time", fmt.Sprintf("2026-11-23T16:46:%02d.123456789Z", i%60), "stream", "stderr", "logtag", "F", "log", line(i)})
	}},
	{"json", func(i int) []byte {
		return log(obj{
			"timestamp", fmt.Sprintf("2026-11-23T16:46:%02d.123Z", i%60), "level", "info", "logger", "com.example.orders.CheckoutService",
			"thread", fmt.Sprintf("http-nio-8080-exec-%d", i%20), "message", line(i), "trace_id", fmt.Sprintf("%032x", i*7919),
			"span_id", fmt.Sprintf("%016x", i*104729), "duration_ms", i % 900, "status", 200, "ok", true,
		})
	}},
	{"journald", func(i int) []byte {
		return log(obj{
			"_TRANSPORT", "syslog", "PRIORITY", "6", "_UID", "0", "_GID", "0", "_CAP_EFFECTIVE", "1ffffffffff", "_SELINUX_CONTEXT", "unconfined\n",
			"_BOOT_ID", "0f4f1e4c3a604bb38a1f6a4c2c0f4d5e", "_MACHINE_ID", "a2c1a1fa1b3d4a5f8e7d6c5b4a39281f", "_HOSTNAME", "node-7",
			"SYSLOG_FACILITY", "3", "SYSLOG_IDENTIFIER", "backupd", "_COMM", "backupd", "_EXE", "/usr/sbin/backupd",
			"_CMDLINE", "/usr/sbin/backupd --daemon", "_SYSTEMD_CGROUP", "/system.slice/backupd.service", "_SYSTEMD_UNIT", "backupd.service",
			"_PID", fmt.Sprint(1000 + i), "SYSLOG_PID", fmt.Sprint(1000 + i), "MESSAGE", line(i), "_SOURCE_REALTIME_TIMESTAMP", fmt.Sprint(1700000000000000 + i),
		})
	}},
	// One pod's log, which is what a chunk of a tail of container logs holds.
	{"kubernetes", func(i int) []byte { return kubernetes(i, 0) }},
	// Pods in turn, as after a rewrite of tags: no two neighbours are alike.
	{"kubernetes_mixed", func(i int) []byte { return kubernetes(i, i) }},
}

func line(i int) string {
	return fmt.Sprintf("2026-11-23 16:46:%02d,%03d INFO [exec-%d] c.e.orders.Checkout - order %d placed by customer %d in %d ms, total 42.50 EUR, cart kept for 30 days",
		i%60, i%1000, i%16, 100000+i, 7*i%5000, i%300)
}

func kubernetes(i, pod int) []byte {
	return log(obj{
		"time", fmt.Sprintf("2026-11-23T16:46:%02d.123456789Z", i%60), "stream", "stdout", "logtag", "F", "log", line(i),
		"cluster", "prod-eu-1", "region", "eu-central-1", "zone", "b", "team", "orders", "env", "production", "version", "2.14.1",
		"build", 4711, "level", "info", "logger", "c.e.orders.Checkout", "duration_ms", i % 300, "status", 200, "sampled", false,
		"trace_id", fmt.Sprintf("%032x", i*7919), "span_id", fmt.Sprintf("%016x", i*104729), "ratio", 0.25,
		"kubernetes", obj{
			"pod_name", fmt.Sprintf("orders-%08x-abcde", pod*2654435761), "namespace_name", "shop", "pod_id", fmt.Sprintf("0c8b9d6e-6a0f-4a43-9f0e-%012x", pod),
			"labels", obj{
				"app.kubernetes.io/name", "orders", "app.kubernetes.io/instance", "orders-prod", "app.kubernetes.io/version", "2.14.1",
				"pod-template-hash", "7c9f8d6b5", "tier", "backend", "track", "stable",
			},
			"annotations", obj{
				"prometheus.io/scrape", "true", "prometheus.io/port", "9102", "prometheus.io/path", "/metrics",
				"checksum/config", "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069",
			},
			"host", fmt.Sprintf("node-%d", pod%9), "pod_ip", fmt.Sprintf("10.42.%d.%d", pod%8, pod%250), "container_name", "orders",
			"docker_id", fmt.Sprintf("%064x", pod*31337), "container_hash", "registry.example/orders@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
			"container_image", "registry.example/orders:2.14.1", "owner", obj{"kind", "ReplicaSet", "name", "orders-7c9f8d6b5"},
		},
	})
}

// chunkOf is a chunk of 1,000 records, which is of the size that a real one has.
func chunkOf(record func(int) []byte) []byte {
	var b []byte
	for i := range 1000 {
		b = append(b, record(i)...)
	}
	return b
}

// benchFinder looks for what the filter looks for by default, and a nested group.
func benchFinder() *Finder {
	return NewFinder([]string{"anomaly", "anomaly_score", "anomaly_reason"},
		mustParse("log", "message", "msg", "MESSAGE", "body"),
		mustParse("level", "severity", "lvl", "levelname", "PRIORITY"),
		mustParse("$kubernetes['namespace_name']"))
}

// perRecord reports the time of one of the 1,000 records of a chunk.
func perRecord(b *testing.B, chunk []byte) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/record")
	b.ReportMetric(float64(len(chunk))/1000, "B/record")
	b.ReportMetric(0, "ns/op")
}

func BenchmarkWalk(b *testing.B) {
	for _, s := range shapes {
		b.Run(s.name, func(b *testing.B) {
			chunk := chunkOf(s.record)
			w, ev := NewWalker(benchFinder()), new(Event)
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				w.Reset(chunk)
				for w.Next(ev) {
					n += len(ev.Value(0).Bytes)
				}
			}
			perRecord(b, chunk)
			if n == 0 || w.Broken != 0 {
				b.Fatal("nothing found")
			}
		})
	}
}

func BenchmarkAnnotate(b *testing.B) {
	for _, s := range shapes {
		b.Run(s.name, func(b *testing.B) {
			chunk := chunkOf(s.record)
			w, ev := NewWalker(benchFinder()), new(Event)
			var fields Fields
			var out []byte
			b.ReportAllocs()
			for b.Loop() {
				w.Reset(chunk)
				out = out[:0]
				for w.Next(ev) {
					fields.Reset()
					fields.String("anomaly", "false")
					fields.Float64("anomaly_score", 0.4375)
					out = ev.Annotate(out, &fields)
				}
				out = append(out, w.Rest()...)
			}
			perRecord(b, chunk)
		})
	}
}

// BenchmarkSkip compares skip with the library's Skip, both over whole events.
func BenchmarkSkip(b *testing.B) {
	for _, s := range shapes {
		chunk := chunkOf(s.record)
		b.Run("record/"+s.name, func(b *testing.B) {
			for b.Loop() {
				for p := 0; p < len(chunk); {
					p = skip(chunk, p)
				}
			}
			perRecord(b, chunk)
		})
		b.Run("library/"+s.name, func(b *testing.B) {
			r := bytes.NewReader(nil)
			d := msgpack.NewDecoder(r)
			for b.Loop() {
				r.Reset(chunk)
				d.Reset(r)
				for r.Len() > 0 {
					if err := d.Skip(); err != nil {
						b.Fatal(err)
					}
				}
			}
			perRecord(b, chunk)
		})
	}
}

// BenchmarkCopy is the floor under BenchmarkAnnotate: the bytes of each event
// and nothing else.
func BenchmarkCopy(b *testing.B) {
	for _, s := range shapes {
		b.Run(s.name, func(b *testing.B) {
			chunk := chunkOf(s.record)
			size := len(chunk) / 1000
			var out []byte
			for b.Loop() {
				out = out[:0]
				for p := 0; p+size <= len(chunk); p += size {
					out = append(out, chunk[p:p+size]...)
				}
			}
			perRecord(b, chunk)
		})
	}
}
