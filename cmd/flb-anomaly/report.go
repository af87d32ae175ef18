package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/event"
	"github.com/flb-anomaly/flb-anomaly/internal/incident"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/internal/report"
	"github.com/flb-anomaly/flb-anomaly/internal/scan"
	"github.com/flb-anomaly/flb-anomaly/internal/store"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

type reportFlags struct {
	since, until string
	top          int

	loki, elastic, index, query string
	timeField, prefix           string
	judge                       bool
	learn                       time.Duration
	user, passwordFile          string
	tokenFile, caFile           string
	headers                     []string
	timeout                     time.Duration

	detector *detectorFlags
}

func newReport() *cobra.Command {
	var f reportFlags
	command := &cobra.Command{
		Use:   "report [FILE...]",
		Short: "Write a digest of yesterday's incidents, from files, Loki or Elasticsearch",
		Long: `Write what happened in a stretch of time as Markdown: the incidents, the strangest
first, and the patterns that are new. It is made for a cron job, whose mail or
ticket it is; without incidents it says so in a sentence. Times and days are in
UTC; without --since and --until, it is about yesterday.

From files: they are judged as one log, in the order given, as by
'flb-anomaly scan'. Lines from before --since are learned from and not told, so
give the days before, too.

From Loki (--loki URL --query LOGQL) and from Elasticsearch or OpenSearch
(--elasticsearch URL --index NAMES, with --query in the language of Lucene): the
records that the filter has flagged, with the fields that it gave them; nothing
is judged again. Of an incident, the flagged records are counted, not the others.

With --judge, all records that the query gives are judged here instead, and it
may be a log that no filter has seen; those of the time --learn before --since
are learned from first.

A user's password and a token are read from files, so that no list of processes
shows them. A token file that holds more than one word is the whole of the
Authorization header, such as 'ApiKey a2V5'.

Exit status: 0 all went well, whatever was found; 1 an input could not be read;
2 a flag or an argument is wrong; 130 interrupted.`,
		Example: `  flb-anomaly report app.log.1 app.log
  flb-anomaly report --loki http://loki:3100 --query '{job="shop", anomaly="true"}'
  flb-anomaly report --elasticsearch https://es:9200 --index 'logs-anomaly-*' --user report --password-file /etc/flb-anomaly/password
  flb-anomaly report --loki http://loki:3100 --query '{job="shop"}' --judge --since 24h`,
		RunE: func(command *cobra.Command, args []string) error {
			return runReport(command, args, &f)
		},
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.since, "since", "", "a time such as 2026-03-02T08:00:00Z or 2026-03-02, or how long ago, such as 24h (default yesterday's midnight)")
	flags.StringVar(&f.until, "until", "", "up to when, as --since (default today's midnight; now where --since is later, or says how long ago)")
	flags.IntVar(&f.top, "top", 20, "tell so many incidents and new patterns (0 = all)")
	flags.StringVar(&f.loki, "loki", "", "URL of a Loki to read from, such as http://loki:3100")
	flags.StringVar(&f.elastic, "elasticsearch", "", "URL of an Elasticsearch or OpenSearch to read from, such as https://elasticsearch:9200")
	flags.StringVar(&f.query, "query", "", "with --loki: a query of lines in LogQL; with --elasticsearch: one in the language of Lucene")
	flags.StringVar(&f.index, "index", "", "with --elasticsearch: indices, as names with * and commas")
	flags.StringVar(&f.timeField, "time-field", "@timestamp", "with --elasticsearch: the field of the time")
	flags.StringVar(&f.prefix, "key-prefix", options.Defaults().KeyPrefix, "of the fields that the filter gave the records")
	flags.BoolVar(&f.judge, "judge", false, "judge all records of a store here")
	flags.DurationVar(&f.learn, "learn", 24*time.Hour, "with --judge: how long before --since records are read to learn from")
	flags.StringVar(&f.user, "user", "", "name for the store's basic authentication")
	flags.StringVar(&f.passwordFile, "password-file", "", "file with the password of --user")
	flags.StringVar(&f.tokenFile, "token-file", "", "file with a token for the store")
	flags.StringArrayVar(&f.headers, "header", nil, "header of each request to the store, such as 'X-Scope-OrgID: shop'; may be given again")
	flags.StringVar(&f.caFile, "ca-file", "", "file with the certificates (PEM) that the store's is checked by")
	flags.DurationVar(&f.timeout, "timeout", store.DefaultTimeout, "of a request to the store")
	for _, name := range []string{"since", "until", "top", "loki", "elasticsearch", "query", "index", "time-field", "key-prefix", "learn", "user", "header", "timeout"} {
		complete(command, name)
	}
	f.detector = addDetectorFlags(command)
	return command
}

func runReport(command *cobra.Command, files []string, f *reportFlags) error {
	settings, err := f.detector.settings()
	if err != nil {
		return err
	}
	from, to, err := f.window(time.Now())
	if err != nil {
		return usageError{err}
	}
	of, err := f.store()
	if err != nil {
		return err
	}
	switch {
	case of != nil && len(files) > 0:
		return usageError{fmt.Errorf("the file %q is named beside a store: one of both is right", files[0])}
	case of == nil && (f.judge || f.query != "" || f.index != ""):
		return usageError{errors.New("--judge, --query and --index are about a store: --loki or --elasticsearch is missing")}
	}
	d := newDigest(from, to, settings.IncidentGap)
	switch {
	case of == nil:
		if files, err = orStdin(command, files); err != nil {
			return err
		}
		if err := scan.OnceStdin(files); err != nil {
			return usageError{err}
		}
		err = d.files(command.Context(), command.InOrStdin(), files, settings)
	case f.judge:
		err = d.judged(command.Context(), of, f.learn, settings)
	default:
		err = d.tagged(command.Context(), of, f.prefix, settings)
	}
	if err != nil {
		return err
	}
	out := &output{to: command.OutOrStdout()}
	d.write(out, f.source(files), f.top)
	return out.flush()
}

// window is the stretch of time that is asked for.
func (f *reportFlags) window(now time.Time) (from, to time.Time, err error) {
	today := now.UTC().Truncate(24 * time.Hour)
	read := func(flag, value string, otherwise time.Time) (time.Time, error) {
		t, err := moment(flag, value, now)
		if t == 0 || err != nil {
			return otherwise, err
		}
		return time.Unix(0, int64(t)).UTC(), nil
	}
	if from, err = read("since", f.since, today.AddDate(0, 0, -1)); err != nil {
		return from, to, err
	}
	until := today
	if _, err := time.ParseDuration(f.since); err == nil || !from.Before(today) {
		until = now.UTC()
	}
	if to, err = read("until", f.until, until); err != nil {
		return from, to, err
	}
	switch {
	case !from.Before(to):
		return from, to, fmt.Errorf("--since is %s and --until %s: a later time is right for --until", from.Format(time.RFC3339), to.Format(time.RFC3339))
	case f.top < 0:
		return from, to, fmt.Errorf("--top has the value %d; allowed: 0 (all) or more", f.top)
	case f.learn < 0:
		return from, to, fmt.Errorf("--learn has the value %s; allowed: 0s or more", f.learn)
	case f.timeout <= 0:
		return from, to, fmt.Errorf("--timeout has the value %s; more than 0s is right", f.timeout)
	}
	return from, to, nil
}

// store returns the store that is named, or nil.
func (f *reportFlags) store() (store.Store, error) {
	c, err := f.client()
	switch {
	case err != nil:
		return nil, err
	case f.loki != "" && f.elastic != "":
		return nil, usageError{errors.New("--loki and --elasticsearch are given: one of both is right")}
	case f.loki != "":
		if f.query == "" {
			return nil, usageError{errors.New(`--query is missing: which lines of Loki, such as {job="shop", anomaly="true"}`)}
		}
		c.URL = f.loki
		return &store.Loki{Client: c, Query: f.query}, nil
	case f.elastic != "":
		if f.index == "" {
			return nil, usageError{errors.New("--index is missing: the indices to read, such as logs-anomaly-*")}
		}
		c.URL = f.elastic
		e := &store.Elasticsearch{Client: c, Index: f.index, Query: f.query, Time: f.timeField}
		if !f.judge {
			e.Tagged = f.prefix
		}
		return e, nil
	}
	return nil, nil
}

func (f *reportFlags) client() (store.Client, error) {
	c := store.Client{Header: http.Header{}, Timeout: f.timeout}
	for _, h := range f.headers {
		name, value, ok := strings.Cut(h, ":")
		if name = strings.TrimSpace(name); !ok || name == "" {
			return c, usageError{fmt.Errorf("--header has the value %q; a name and a value such as 'X-Scope-OrgID: shop' are right", h)}
		}
		c.Header.Add(name, strings.TrimSpace(value))
	}
	secret := func(flag, file string) (string, error) {
		b, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("--%s: %w", flag, err)
		}
		return strings.TrimSpace(string(b)), nil
	}
	switch {
	case f.user != "" && f.tokenFile != "":
		return c, usageError{errors.New("--user and --token-file are given: one of both is right")}
	case (f.user == "") != (f.passwordFile == ""):
		return c, usageError{errors.New("--user and --password-file go together")}
	case f.user != "":
		password, err := secret("password-file", f.passwordFile)
		if err != nil {
			return c, err
		}
		c.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(f.user+":"+password)))
	case f.tokenFile != "":
		token, err := secret("token-file", f.tokenFile)
		if err != nil {
			return c, err
		}
		if !strings.Contains(token, " ") {
			token = "Bearer " + token
		}
		c.Header.Set("Authorization", token)
	}
	if f.caFile != "" {
		pem, err := os.ReadFile(f.caFile)
		if err != nil {
			return c, fmt.Errorf("--ca-file: %w", err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return c, usageError{fmt.Errorf("--ca-file: %s has no certificate in PEM", f.caFile)}
		}
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
		c.HTTP = &http.Client{Transport: transport}
	}
	return c, nil
}

// source is what the report is about, for its title.
func (f *reportFlags) source(files []string) string {
	switch {
	case f.loki != "":
		return f.query
	case f.elastic != "":
		return strings.TrimSpace(f.index + " " + f.query)
	}
	names := make([]string, len(files))
	for i, name := range files {
		names[i] = display(name)
	}
	return strings.Join(names, ", ")
}

// digest is what is known of a stretch of time.
type digest struct {
	from, to time.Time
	teller   *incident.Teller
	known    map[uint64]bool // patterns of lines from before, at most scan.MaxPatterns
	fresh    map[uint64]*freshPattern
	lines    int64 // in the time
	before   int64 // and before it
	flagged  int64
	learning int64         // in the time, not judged
	first    time.Duration // of all lines, and last
	last     time.Duration
	now      time.Duration // of the line, or the one before
	judging  bool
}

// freshPattern is a pattern whose first line is of the time.
type freshPattern struct {
	id, text, sample string
	level            string
	at               time.Duration
	lines            int64
}

func newDigest(from, to time.Time, gap time.Duration) *digest {
	return &digest{from: from, to: to, teller: incident.NewTeller(gap), known: map[uint64]bool{}, fresh: map[uint64]*freshPattern{}}
}

// inside reports whether a line of the time, 0 for none of its own, is in the stretch.
func (d *digest) inside(t time.Duration) (early, late bool) {
	if t != 0 {
		d.now = t
		if d.first == 0 || t < d.first {
			d.first = t
		}
		d.last = max(d.last, t)
	}
	return d.now < time.Duration(d.from.UnixNano()), d.now >= time.Duration(d.to.UnixNano())
}

// files judges files as one log.
func (d *digest) files(ctx context.Context, stdin io.Reader, names []string, s options.Settings) error {
	var all []io.Reader
	for _, name := range names {
		in, err := scan.Open(ctx, stdin, name)
		if err != nil {
			return err
		}
		defer in.Close()
		text, err := scan.Text(in.ReadCloser, false)
		if err != nil {
			return fmt.Errorf("%s: %w", display(name), err)
		}
		all = append(all, &ended{r: text})
	}
	return d.judge(ctx, io.MultiReader(all...), s)
}

// ended is a text whose last line has an end.
type ended struct {
	r    io.Reader
	last byte
}

func (e *ended) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if n > 0 {
		e.last = p[n-1]
	}
	if err == io.EOF && n == 0 && e.last != 0 && e.last != '\n' && len(p) > 0 {
		p[0], e.last = '\n', '\n'
		return 1, nil
	}
	return n, err
}

func (d *digest) judge(ctx context.Context, in io.Reader, s options.Settings) error {
	d.judging = true
	_, err := scan.Run(ctx, in, scan.Options{Settings: s, Plain: true}, func(l *scan.Line) error {
		d.line(l)
		return nil
	})
	return err
}

func (d *digest) line(l *scan.Line) {
	v := &l.Verdict
	early, late := d.inside(l.Event.Time)
	switch {
	case early:
		d.before++
		if len(d.known) < scan.MaxPatterns {
			d.known[v.Pattern] = true
		}
		return
	case late:
		return
	}
	d.lines++
	if v.Anomaly {
		d.flagged++
	}
	if !v.Judged {
		d.learning++
	}
	d.pattern(v, l.Event.Time, l.Text, l.Template)
	d.teller.Line(&incident.Line{
		Number: l.Number, Time: l.Event.Time, Group: l.Event.Group, Text: l.Text, Verdict: v, Incident: l.Incident, Nth: l.Nth, Template: l.Template,
	})
}

// pattern takes in a line of the time.
func (d *digest) pattern(v *detector.Verdict, at time.Duration, line []byte, template func() string) {
	p := d.fresh[v.Pattern]
	if p == nil {
		if d.known[v.Pattern] || len(d.fresh) == scan.MaxPatterns {
			return
		}
		p = &freshPattern{id: text.ID(v.Pattern), text: template(), sample: text.Valid(text.Cut(line, 400)), level: v.Level.String(), at: at}
		d.fresh[v.Pattern] = p
	}
	p.lines++
}

// judged reads all records of a store and judges them.
func (d *digest) judged(ctx context.Context, of store.Store, learn time.Duration, s options.Settings) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r, w := io.Pipe()
	go func() {
		var line []byte
		w.CloseWithError(of.Each(ctx, d.from.Add(-learn), d.to, func(r *store.Record) error {
			line = appendLine(line[:0], r)
			_, err := w.Write(line)
			return err
		}))
	}()
	defer r.Close()
	return d.judge(ctx, r, s)
}

// appendLine makes a line of JSON of a record, as a file would have it: a document as it
// is, a text with its time.
func appendLine(dst []byte, r *store.Record) []byte {
	line := bytes.TrimSpace(r.Text)
	if len(line) > 1 && line[0] == '{' && json.Valid(line) {
		from := len(dst)
		dst = append(dst, line...)
		for i := from; i < len(dst); i++ { // in JSON, a line's end is no more than a blank
			if dst[i] == '\n' || dst[i] == '\r' {
				dst[i] = ' '
			}
		}
		return append(dst, '\n')
	}
	dst = append(dst, `{"time":"`...)
	dst = r.Time.UTC().AppendFormat(dst, time.RFC3339Nano)
	dst = append(dst, `","message":`...)
	dst = text.AppendJSON(dst, r.Text)
	return append(dst, "}\n"...)
}

// tagged reads the records that the filter has flagged.
func (d *digest) tagged(ctx context.Context, of store.Store, prefix string, s options.Settings) error {
	events, err := event.NewReader(&s)
	if err != nil {
		return err
	}
	var ev detector.Event
	number := int64(0)
	return of.Each(ctx, d.from, d.to, func(r *store.Record) error {
		number++
		at := time.Duration(0)
		if !r.Time.IsZero() {
			at = time.Duration(r.Time.UnixNano())
		}
		d.inside(at)
		d.lines++
		fields := taggedFields(r, prefix)
		if fields[""] != "true" || fields["incident"] == "" {
			return nil // it is not flagged
		}
		events.Line(r.Text, &ev)
		line := ev.Message
		if len(line) == 0 {
			line = r.Text
		}
		v := detector.Verdict{Judged: true, Anomaly: true, Kind: detector.AnomalyKind(fields["kind"]), Reason: []byte(fields["reason"]), Level: ev.Level}
		for _, name := range []string{"level", "severity", "detected_level"} { // labels of Loki
			if v.Level == pattern.LevelNone {
				v.Level = pattern.ParseLevel([]byte(r.Fields[name]))
			}
		}
		v.Score, _ = strconv.ParseFloat(fields["score"], 64)
		v.Pattern, _ = text.ParseID(fields["pattern"])
		nth, err := strconv.ParseUint(fields["nth"], 10, 64)
		if err != nil {
			nth = 1 // it is not written, and so nothing is known to be quiet
		}
		template := func() string {
			if t := fields["template"]; t != "" {
				return t
			}
			return text.Valid(text.Cut(line, 400))
		}
		d.flagged++
		if v.Kind == detector.NewPattern || d.fresh[v.Pattern] != nil {
			d.pattern(&v, at, line, template)
		}
		d.teller.Line(&incident.Line{Number: number, Time: at, Text: line, Verdict: &v, Incident: []byte(fields["incident"]), Nth: nth, Template: template})
		return nil
	})
}

// taggedFields are the filter's fields of a record, by the ends of their names: those
// beside the line, then those in it.
func taggedFields(r *store.Record, prefix string) map[string]string {
	fields := map[string]string{}
	take := func(name string, value any) {
		end, ok := strings.CutPrefix(name, prefix)
		if !ok || end != "" && end[0] != '_' {
			return
		}
		if end = strings.TrimPrefix(end, "_"); fields[end] == "" {
			fields[end] = fmt.Sprint(value)
		}
	}
	for name, value := range r.Fields {
		take(name, value)
	}
	var in map[string]any
	if len(r.Text) > 0 && r.Text[0] == '{' && json.Unmarshal(r.Text, &in) == nil {
		for name, value := range in {
			take(name, value)
		}
	}
	return fields
}

// write writes the digest as Markdown.
func (d *digest) write(out *output, source string, top int) {
	printf := func(format string, args ...any) {
		out.buf = fmt.Appendf(out.buf, format, args...)
		out.full()
	}
	stories, quiet := incident.Loud(d.teller.Stories())
	slices.SortStableFunc(stories, func(a, b *incident.Story) int { return cmp.Compare(b.Score, a.Score) })
	fresh := d.newPatterns()
	printf("# %s, %s to %s UTC\n\n", report.Escaped(source), d.from.Format("2006-01-02 15:04"), d.to.Format("2006-01-02 15:04"))
	switch {
	case d.lines == 0 && d.judging && d.last != 0:
		printf("No line in this time; the log has lines from %s to %s.\n", report.Clock(d.first), report.Clock(d.last))
		return
	case d.lines == 0 && !d.judging:
		printf("No flagged record in this time, and so no incident.\n")
		return
	case d.lines == 0:
		printf("No line in this time.\n")
		return
	case !d.judging && d.flagged == 0:
		printf("%s, and none that the filter has flagged: it has no field of the filter, or the query asks for others. "+
			"With `--judge`, records are judged here.\n", count(d.lines, "record"))
		return
	}
	said := fmt.Sprintf("%s, %s flagged, %s, %s.", count(d.lines, "line"), thousands(d.flagged), count(int64(len(stories)), "incident"), count(int64(len(fresh)), "new pattern"))
	switch {
	case !d.judging:
		said = fmt.Sprintf("%s, %s, %s.", count(d.flagged, "flagged record"), count(int64(len(stories)), "incident"), count(int64(len(fresh)), "new pattern"))
	case len(stories) == 0:
		said = fmt.Sprintf("%s, and no incident; %s.", count(d.lines, "line"), count(int64(len(fresh)), "new pattern"))
	}
	if d.learning > 0 {
		said += fmt.Sprintf(" The model was still learning for %s.", count(d.learning, "line"))
	}
	if len(quiet) > 0 {
		said += fmt.Sprintf(" Besides, %s.", report.Quiet(quiet))
	}
	if d.teller.Left > 0 {
		said += fmt.Sprintf(" %s with lower scores are left out.", count(d.teller.Left, "incident"))
	}
	printf("%s\n", said)
	limit := func(n int) int {
		if top == 0 {
			return n
		}
		return min(n, top)
	}
	if len(stories) > 0 {
		printf("\n## Incidents\n")
	}
	for _, s := range stories[:limit(len(stories))] {
		printf("\n### %s\n\n", report.Escaped(report.Heading(s)))
		for i := range s.Patterns {
			p := &s.Patterns[i]
			if i == shownPatterns {
				printf("- and %s\n\n", count(int64(len(s.Patterns)-i)+min(s.More, 1), "other pattern"))
				break
			}
			printf("- %s of `%s`: %s\n\n", count(p.Lines, "line"), p.ID, report.Escaped(p.Reason))
			printf("      %s\n\n", text.Printable([]byte(p.Sample), shownText))
		}
		printf("Incident `%s`, score %.4f\n", s.ID, s.Score)
	}
	if n := len(stories) - limit(len(stories)); n > 0 {
		printf("\nAnd %s with lower scores.\n", count(int64(n), "incident"))
	}
	if len(fresh) > 0 {
		printf("\n## New patterns\n\n| first seen | lines | level | pattern | text |\n| --- | ---: | --- | --- | --- |\n")
		for _, p := range fresh[:limit(len(fresh))] {
			seen := ""
			if p.at != 0 {
				seen = report.Clock(p.at)
			}
			printf("| %s | %s | %s | `%s` | %s |\n", seen, thousands(p.lines), p.level, p.id, report.Escaped(p.text))
		}
	}
	if n := len(fresh) - limit(len(fresh)); n > 0 {
		printf("\nAnd %s with fewer lines.\n", count(int64(n), "new pattern"))
	}
}

// newPatterns are the patterns first seen in the time, those of most lines first. Where
// the model had not learned from before, each is new, and none is told.
func (d *digest) newPatterns() []*freshPattern {
	if d.judging && (d.before == 0 || d.learning > 0) {
		return nil
	}
	var list []*freshPattern
	for _, p := range d.fresh {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b *freshPattern) int {
		return cmp.Or(cmp.Compare(b.lines, a.lines), cmp.Compare(a.at, b.at), cmp.Compare(a.id, b.id))
	})
	return list
}
