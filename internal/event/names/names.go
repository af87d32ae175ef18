// Package names is the one table of the names that fields go by: which is the
// message, the level, the time, and what is left out. To know a further name,
// add a row; the documentation's tables are made of these.
package names

import (
	"fmt"
	"strings"
)

// A Row is a field's name. Names are compared without regard to case and may
// have dots, which stand for a nested field or for dots in its key. Of several
// fields that a record has, the first row whose value says something wins.
type Row struct {
	Name string
	From string // who writes it, for the documentation
}

// Messages are the names of the message.
var Messages = []Row{
	{"log", "Fluent Bit's tail, Docker, Kubernetes"},
	{"message", "most loggers, Fluent Bit's parsers"},
	{"msg", "pino, bunyan, Go's slog, zap, logrus, MongoDB"},
	{"MESSAGE", "journald"},
	{"body", "OpenTelemetry"},
	{"short_message", "GELF"},
	{"@m", "Serilog, compact"},
	{"@message", "HashiCorp's hclog"},
	{"RenderedMessage", "Serilog"},
	{"textPayload", "Google Cloud"},
	{"log_message", ""},
	{"logMessage", ""},
	{"formatted_message", ""},
	{"_msg", "VictoriaLogs"},
	{"@mt", "Serilog, compact, when it is not rendered"},
	{"MessageTemplate", "Serilog, when it is not rendered"},
	{"full_message", "GELF"},
	{"text", "Loguru"},
	{"event", "structlog"},
}

// Templates are messages without their values. They are left out where the
// message itself is there.
var Templates = []string{"@mt", "MessageTemplate", "State.{OriginalFormat}", "State.Message", "full_message"}

// A LevelRow is the name of a level's field.
type LevelRow struct {
	Name  string
	Scale Scale // of its numbers
	Exact bool  // only when written like that
	From  string
}

// Levels are the names of the level.
var Levels = []LevelRow{
	{Name: "log.level", From: "ECS"},
	{Name: "Level", Exact: true, Scale: Windows, From: "Windows events; Serilog"},
	{Name: "level_name", From: "Monolog"},
	{Name: "levelname", From: "Python"},
	{Name: "level", From: "most loggers"},
	{Name: "severity_text", From: "OpenTelemetry"},
	{Name: "SeverityText", From: "OpenTelemetry"},
	{Name: "severity", Scale: Google, From: "Google Cloud"},
	{Name: "lvl", From: "log15, Grafana"},
	{Name: "loglevel", From: ".NET"},
	{Name: "log_level", From: ""},
	{Name: "levelno", Scale: Python, From: "Python"},
	{Name: "level_number", Scale: Python, From: "structlog"},
	{Name: "level_value", From: "Logback"},
	{Name: "@l", From: "Serilog, compact"},
	{Name: "@level", From: "HashiCorp's hclog"},
	{Name: "severity_number", Scale: OpenTelemetry, From: "OpenTelemetry"},
	{Name: "SeverityNumber", Scale: OpenTelemetry, From: "OpenTelemetry"},
	{Name: "error_severity", From: "PostgreSQL"},
	{Name: "level.name", From: "Loguru"},
	{Name: "log.syslog.severity.name", From: "ECS"},
	{Name: "log.syslog.severity.code", Scale: Syslog, From: "ECS"},
	{Name: "syslog_severity", Scale: Syslog, From: "Logstash"},
	{Name: "syslog_severity_code", Scale: Syslog, From: "Logstash"},
	{Name: "syslogseverity-text", From: "rsyslog"},
	{Name: "syslogseverity", Scale: Syslog, From: "rsyslog"},
	{Name: "syslog.severity_label", From: "Filebeat"},
	{Name: "sev", Scale: Syslog, From: ""},
	{Name: "EventLevel", Scale: Windows, From: "Windows events"},
	{Name: "LevelDisplayName", From: "Windows events"},
	{Name: "EventType", From: "Windows events"},
	{Name: "PRIORITY", Exact: true, Scale: Transport, From: "journald"},
	{Name: "priority", Scale: Syslog, From: "syslog, Falco"},
	{Name: "pri", Scale: Priority, From: "Fluent Bit's syslog parsers"},
	{Name: "s", Scale: Letter, From: "MongoDB"},
}

// Times are the names of the time. A field of such a name is one when its value
// looks like a time, too.
var Times = []Row{
	{"@timestamp", "ECS, Logstash"},
	{"time", "Docker, Go's slog, pino"},
	{"timestamp", "most loggers"},
	{"ts", "zap, Zeek"},
	{"@t", "Serilog, compact"},
	{"t", "log15, Grafana"},
	{"t.$date", "MongoDB"},
	{"date", ""},
	{"datetime", "Monolog"},
	{"asctime", "Python"},
	{"eventTime", "CloudTrail"},
	{"requestReceivedTimestamp", "Kubernetes audit"},
	{"stageTimestamp", "Kubernetes audit"},
	{"start_time", "Envoy"},
	{"timeMillis", "Log4j"},
	{"TimeCreated", "Windows events"},
	{"SystemTime", "Windows events"},
	{"TimeGenerated", "Windows events"},
	{"observed_timestamp", "OpenTelemetry"},
	{"ObservedTimestamp", "OpenTelemetry"},
	{"time_unix_nano", "OpenTelemetry"},
	{"receiveTimestamp", "Google Cloud"},
	{"syslog_timestamp", "journald"},
	{"_SOURCE_REALTIME_TIMESTAMP", "journald"},
	{"__REALTIME_TIMESTAMP", "journald"},
	{"datetime.date", "Monolog"},
	{"record.time.timestamp", "Loguru"},
	{"request_creation_time", "AWS load balancers"},
	{"time_local", "nginx"},
	{"time_iso8601", "nginx"},
	{"requestTime", "Amazon API Gateway"},
	{"EventReceivedTime", "NXLog"},
	{"UtcTime", "Sysmon"},
	{"CreationTime", "Microsoft 365"},
	{"EdgeStartTimestamp", "Cloudflare"},
	{"published", "Okta"},
	{"event.created", "ECS"},
	{"_time", "Splunk, VictoriaLogs"},
	{"event_time", ""},
	{"log_time", ""},
	{"logtime", ""},
	{"created_at", ""},
	{"createdAt", ""},
	{"created", ""},
}

// Containers are objects in which message, level and time are looked for, too,
// after the record's own fields.
var Containers = []string{"log", "fields", "event", "attributes", "message", "msg", "body", "jsonPayload", "record", "otlp"}

// LeftOut are fields that are no part of the event, as globs that regard case:
// what Fluent Bit and its surroundings add. A name stands for all that is below
// it, too.
var LeftOut = []Row{
	{"kubernetes", "the filter kubernetes: pod, labels, ids"},
	{"docker", "Docker's metadata"},
	{"container_id", "Docker's Fluentd driver"},
	{"container_name", "Docker's Fluentd driver"},
	{"stream", "Docker, containerd"},
	{"_p", "the parser cri"},
	{"logtag", "the parser cri"},
	{"__*", "journald's addresses"},
	{"_[A-Z]*", "journald's trusted fields, but for _SYSTEMD_UNIT"},
	{"SYSLOG_PID", "journald"},
	{"SYSLOG_RAW", "journald"},
	{"agent.*", "Beats"},
	{"ecs.*", "ECS"},
	{"log.offset", "Filebeat"},
	{"resource.*", "OpenTelemetry, Google Cloud"},
	{"scope.*", "OpenTelemetry"},
	{"insertId", "Google Cloud"},
}

// Kept are fields that a glob of LeftOut would leave out.
var Kept = []string{"_SYSTEMD_UNIT"}

// MessageNames are the names of Messages.
func MessageNames() []string {
	var list []string
	for _, row := range Messages {
		list = append(list, row.Name)
	}
	return list
}

// LevelNames are the names of Levels.
func LevelNames() []string {
	var list []string
	for _, row := range Levels {
		list = append(list, row.Name)
	}
	return list
}

// Says reports whether a field of this name may be the message or the level.
func Says(name string) bool {
	for _, n := range append(MessageNames(), LevelNames()...) {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// Begin puts the first of some names into words.
func Begin(list []string) string {
	return fmt.Sprintf("%s and %d other usual names", strings.Join(list[:3], ", "), len(list)-3)
}
