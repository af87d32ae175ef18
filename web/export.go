package web

import (
	"bufio"
	"context"
	"io"
	"time"

	"github.com/flb-anomaly/flb-anomaly/internal/scan"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// export writes all lines that a filter means, with the columns of the
// command's.
func (v *view) export(ctx context.Context, w io.Writer, f *filter, format text.Format) error {
	snap, c, err := v.choose(ctx, f)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	rows := text.NewWriter(format, text.Columns{All: true})
	buf := rows.AppendHead(nil)
	var r text.Row
	incidents := v.incidentsOf(&snap, f)
	records := records{snap: &snap}
	for j := range c.n {
		if j%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		i := c.at(j)
		l := snap.line(i)
		r = text.Row{
			Text: r.Text[:0],
			Line: int64(i) + 1, Judged: l.flags&judgedBit != 0 && l.flags&restBit == 0, Anomaly: l.sweep>>f.stop&1 == 1, Score: l.score.float(),
			Level: scan.LevelNames[l.flags&levelMask], Pattern: v.patterns.hash(l.pattern),
		}
		if r.Text, _, err = v.lineText(r.Text, &snap, i, scan.MaxLine); err != nil {
			return err
		}
		if first := records.firstOf(i); first != i {
			r.Record = int64(first) + 1
		}
		if r.Anomaly {
			reason, _ := v.reason(l.reason)
			r.Kind, r.Reason = kindName(l.kind), []byte(reason)
			r.Incident, r.Nth = incidents.of(i)
		}
		if l.flags&timedBit != 0 {
			r.Time = time.Duration(l.time) * time.Millisecond
		}
		buf = rows.Append(buf, &r)
		if _, err := out.Write(buf); err != nil {
			return err
		}
		buf = buf[:0]
	}
	if _, err := out.Write(buf); err != nil { // the head, when there is no row
		return err
	}
	return out.Flush()
}
