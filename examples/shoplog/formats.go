package shoplog

import (
	"fmt"
	"strings"
	"time"
)

// Each source of the shop writes one format, as services of different age and
// language do.

// api writes logfmt.
func (g *Generator) api(at time.Time, level, pod, format string, args ...any) {
	g.say(at, "shop-api", level, fmt.Sprintf("ts=%s level=%s app=shop-api pod=%s version=%d.%d.%d ",
		at.Format("2006-01-02T15:04:05.000Z"), strings.ToLower(level), pod, g.version[0], g.version[1], g.version[2])+
		fmt.Sprintf(format, args...))
}

// payment writes JSON. The message must not need escapes.
func (g *Generator) payment(at time.Time, level, order, format string, args ...any) {
	g.say(at, "payments", level, fmt.Sprintf(`{"time":"%s","level":"%s","logger":"payments","order":"%s","msg":"%s"}`,
		at.Format("2006-01-02T15:04:05.000000Z"), strings.ToLower(level), order, fmt.Sprintf(format, args...)))
}

// warehouse writes the default pattern of a Java framework.
func (g *Generator) warehouse(at time.Time, level, logger, format string, args ...any) {
	g.say(at, "warehouse", level, fmt.Sprintf("%s %5s 7 --- [stock-%d] %-32s : ", at.Format("2006-01-02 15:04:05.000"), level, 1+g.rng.IntN(8), logger)+
		fmt.Sprintf(format, args...))
}

// worker writes what Python's logging is often set to.
func (g *Generator) worker(at time.Time, level, name, format string, args ...any) {
	if level == "WARN" {
		level = "WARNING"
	}
	line := fmt.Sprintf("%s,%03d %s [worker-%d] %s: ", at.Format("2006-01-02 15:04:05"), at.Nanosecond()/1e6, level, 1+g.rng.IntN(4), name) +
		fmt.Sprintf(format, args...)
	g.say(at, "worker", strings.TrimSuffix(level, "ING"), line)
}

// database writes like a relational database's server.
func (g *Generator) database(at time.Time, level, format string, args ...any) {
	word := level
	if level == "INFO" {
		word = "LOG"
	}
	g.say(at, "database", level, fmt.Sprintf("%s UTC [%d] %s:  ", at.Format("2006-01-02 15:04:05.000"), 2200+g.skewed(60), word)+
		fmt.Sprintf(format, args...))
}

// scheduler writes klog lines.
func (g *Generator) scheduler(at time.Time, level, place, format string, args ...any) {
	g.say(at, "scheduler", level, fmt.Sprintf("%c%s %7d %s] ", level[0], at.Format("0102 15:04:05.000000"), 1, place)+
		fmt.Sprintf(format, args...))
}

// collector writes a virtual machine's garbage collection log.
func (g *Generator) collector(at time.Time, format string, args ...any) {
	g.say(at, "shop-jvm", "INFO", fmt.Sprintf("[%s][info][gc] ", at.Format("2006-01-02T15:04:05.000-0700"))+
		fmt.Sprintf(format, args...))
}

// edge writes the combined access log with the time taken behind it.
func (g *Generator) edge(at time.Time, client, user, request string, status, bytes int, agent string, seconds float64) {
	g.say(at, "edge", "", fmt.Sprintf(`%s - %s [%s] "%s HTTP/1.1" %d %d "-" "%s" %.3f`,
		client, user, at.Format("02/Jan/2006:15:04:05 -0700"), request, status, bytes, agent, seconds))
}
