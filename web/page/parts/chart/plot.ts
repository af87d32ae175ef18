// The chart along the log: anomalies above, lines below, both stacked by level.
// Dragging over it narrows the table; the library is uPlot.

import uPlot from "uplot";
import type { Chart } from "../../api.ts";
import { put } from "../../lib/dom.ts";
import { clock, count, date, type Dates, datesOf, day, plural, span, wallClock } from "../../lib/format.ts";
import { groups } from "../../store/levels.ts";

export interface Window {
  from: number;
  to: number; // excluded
}

export interface Plotted {
  data: Chart;
  selected: Window | null;
}

const ANOMALIES = 0.36; // of the height, the rest is for lines
const CAPTION = 17; // px above the bars of each part, where its name stands

export class Plot {
  private plot: uPlot | null = null;
  private shown: Plotted | null = null;
  private quiet = false; // a selection that the page sets is none of the user's

  constructor(
    private readonly box: HTMLElement,
    private readonly text: HTMLElement,
    private readonly readout: HTMLElement,
    private readonly onSelect: (w: Window | null) => void,
    private readonly onZoom: (w: Window | null) => void,
  ) {
    new ResizeObserver(() => this.resize()).observe(box);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
    // Two fingers on a touchpad, or the wheel with Ctrl; the wheel alone scrolls the page.
    box.addEventListener(
      "wheel",
      (e) => {
        if (!e.ctrlKey || !this.plot || !this.shown) return;
        e.preventDefault();
        const rect = this.plot.over.getBoundingClientRect();
        const at = this.plot.posToVal(e.clientX - rect.left, "x");
        this.zoom(e.deltaY > 0 ? 1.5 : 1 / 1.5, at);
      },
      { passive: false },
    );
  }

  /** sight is what is in sight, null while there is nothing to see. */
  sight(): Window | null {
    return this.shown && this.window();
  }

  private window(): Window {
    const d = this.shown!.data;
    return { from: d.from, to: d.from + d.width * d.lines[0]!.length };
  }

  /** zoom changes how much is in sight by a factor, around a place. */
  zoom(factor: number, around?: number): void {
    if (!this.shown) return;
    const w = this.shown.selected && factor < 1 && around === undefined ? this.shown.selected : this.window();
    if (w === this.shown.selected) return this.move(w.from, w.to);
    const middle = around ?? (w.from + w.to) / 2;
    this.move(middle - (middle - w.from) * factor, middle + (w.to - middle) * factor);
  }

  /** pan moves what is in sight by a part of it. */
  pan(part: number): void {
    if (!this.shown) return;
    const w = this.window();
    const d = this.shown.data;
    const by = Math.max(d.first - w.from, Math.min(d.last + 1 - w.to, (w.to - w.from) * part));
    if (by * part > 0) this.move(w.from + by, w.to + by);
  }

  private move(from: number, to: number): void {
    const { first, last } = this.shown!.data;
    const w = { from: Math.max(first, Math.floor(from)), to: Math.min(last + 1, Math.ceil(to)) };
    const least = this.shown!.data.axis === "time" ? 20 : 10;
    if (w.to - w.from < least) return;
    this.onZoom(w.from <= first && w.to >= last + 1 ? null : w);
  }

  show(p: Plotted): void {
    const before = this.shown;
    this.shown = p;
    const sameShape = before && this.plot && before.data.axis === p.data.axis && dates(before.data) === dates(p.data);
    if (!sameShape) this.build();
    else this.plot!.setData(this.columns());
    this.mark();
    this.describe();
  }

  /** redraw follows a change of the colors. */
  redraw(): void {
    if (this.shown) {
      this.build();
      this.mark();
    }
  }

  private resize(): void {
    this.plot?.setSize({ width: this.box.clientWidth, height: this.box.clientHeight });
    this.mark();
  }

  /** columns stack each group on those below it: the whole is drawn first, the lowest last. */
  private columns(): uPlot.AlignedData {
    const d = this.shown!.data;
    const x = d.lines[0]!.map((_, i) => d.from + i * d.width);
    const stack = (counts: number[][]): (number | null)[][] => {
      const sum = x.map(() => 0);
      // Nothing is drawn for none: a bar's edge would shine through the next.
      return counts.map((group) => group.map((n, i) => ((sum[i]! += n), n ? sum[i]! : null))).reverse();
    };
    return [x, ...stack(d.lines), ...stack(d.flagged)] as uPlot.AlignedData;
  }

  private build(): void {
    this.plot?.destroy();
    const d = this.shown!.data;
    const color = (name: string): string => resolved(this.box, `--${name}`);
    const ink = color("soft");
    const grid = { stroke: color("line"), width: 1 };
    const bars = uPlot.paths.bars!({ size: [1, 64], align: 1, gap: 1 });
    const series = (scale: string): uPlot.Series[] =>
      [...groups].reverse().map((g) => ({ scale, paths: bars, fill: color(`c-${g}`), stroke: "transparent", width: 0, points: { show: false } }));
    const font = "12px system-ui, sans-serif";
    const top = (u: uPlot, scale: string, part: number): number => u.scales[scale]!.max! * part;
    this.plot = new uPlot(
      {
        width: this.box.clientWidth,
        height: this.box.clientHeight,
        ms: 1,
        tzDate: (t) => uPlot.tzDate(new Date(wallClock(t)), "UTC"),
        padding: [6, dates(d) === "year" ? 38 : 26, 0, 0], // half of the last label lies beyond the end
        legend: { show: false },
        cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false, dist: 4 } },
        scales: {
          x: { time: d.axis === "time", range: () => [this.window().from, this.window().to] },
          // Both fill their own part of the height: the anomalies' zero lies
          // where the lines' room ends.
          // Above the bars of each there is room for its name.
          lines: { range: (u, _min, max) => [0, Math.max(max ?? 1, 1) / (1 - ANOMALIES - caption(u))] },
          anomalies: {
            range: (u, _min, max) => {
              const whole = Math.max(max ?? 1, 1) / (ANOMALIES - caption(u)); // of the height
              return [-whole * (1 - ANOMALIES), whole * ANOMALIES];
            },
          },
        },
        axes: [
          {
            stroke: ink, font, grid: { show: false }, ticks: grid, size: dates(d) ? 44 : 30, space: 76,
            values: (_u, all, _axis, _space, step) => (d.axis === "time" ? times(all, step, dates(d)) : all.map((v) => (Number.isInteger(v) ? count(v) : ""))),
          },
          {
            scale: "lines", stroke: ink, font, grid, ticks: { show: false }, size: 52, gap: 4, space: 30,
            splits: (u) => steps(top(u, "lines", 1 - ANOMALIES - caption(u)), 3),
            values: (_u, all) => all.map(short),
          },
          {
            scale: "anomalies", stroke: color("red"), font, side: 3, grid, ticks: { show: false }, size: 0, gap: 4, space: 20,
            splits: () => [0],
            values: () => [],
          },
        ],
        series: [{}, ...series("lines"), ...series("anomalies")],
        hooks: {
          draw: [(u) => this.captions(u, color("red"), ink)],
          setSelect: [(u) => this.selected(u)],
          setCursor: [(u) => this.point(u.cursor.idx)],
          ready: [
            (u) => {
              u.over.addEventListener("dblclick", () => {
                this.onSelect(null);
                this.onZoom(null);
              });
              this.touch(u);
            },
          ],
        },
      },
      this.columns(),
      this.box,
    );
  }

  /** captions name the two parts, and the anomalies' highest count. */
  private captions(u: uPlot, red: string, ink: string): void {
    const c = u.ctx;
    const ratio = devicePixelRatio;
    c.save();
    c.font = `600 ${11.5 * ratio}px system-ui, sans-serif`;
    c.textBaseline = "top";
    c.textAlign = "right";
    const x = u.bbox.left - 6 * ratio;
    c.fillStyle = red;
    const d = this.shown!.data;
    const most = Math.max(0, ...d.flagged[0]!.map((_, i) => d.flagged.reduce((n, g) => n + g[i]!, 0)));
    c.fillText(short(most), x, u.bbox.top + (CAPTION - 5) * ratio);
    c.textAlign = "left";
    const pad = 6 * ratio;
    c.fillText("Anomalies", u.bbox.left + pad, u.bbox.top);
    c.fillStyle = ink;
    c.fillText("Lines", u.bbox.left + pad, u.bbox.top + u.bbox.height * ANOMALIES + 3 * ratio);
    c.restore();
  }

  /** touch lets a finger select as the mouse does: uPlot itself listens to the mouse alone. */
  private touch(u: uPlot): void {
    let from: number | null = null;
    const place = (e: PointerEvent): number => Math.max(0, Math.min(u.over.clientWidth, e.clientX - u.over.getBoundingClientRect().left));
    u.over.addEventListener("pointerdown", (e) => {
      from = e.pointerType === "touch" && e.isPrimary ? place(e) : null;
    });
    u.over.addEventListener("pointermove", (e) => {
      if (from === null || !e.isPrimary || Math.abs(place(e) - from) < 8) return;
      u.over.setPointerCapture(e.pointerId);
      u.setSelect({ left: Math.min(from, place(e)), top: 0, width: Math.abs(place(e) - from), height: u.over.clientHeight }, false);
    });
    u.over.addEventListener("pointerup", (e) => {
      if (from !== null && e.isPrimary && Math.abs(place(e) - from) >= 8) this.selected(u);
      from = null;
    });
    // The browser takes the finger over to scroll the page.
    u.over.addEventListener("pointercancel", () => {
      from = null;
      this.mark();
    });
  }

  private selected(u: uPlot): void {
    if (this.quiet) return;
    if (u.select.width < 2) return this.onSelect(null);
    const { from, to } = this.window();
    const step = this.shown!.data.width;
    const a = u.posToVal(u.select.left, "x");
    const b = u.posToVal(u.select.left + u.select.width, "x");
    // Whole bars: what is seen is what is chosen.
    const snap = (v: number): number => from + Math.round((v - from) / step) * step;
    const start = Math.max(from, Math.min(snap(a), to - step));
    this.onSelect({ from: start, to: Math.max(start + step, snap(b)) });
  }

  /** mark shows the selection in force. */
  private mark(): void {
    const u = this.plot;
    if (!u || !this.shown) return;
    this.quiet = true;
    const s = this.shown.selected;
    const w = this.window();
    if (!s || s.to <= w.from || s.from >= w.to) u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    else {
      const left = u.valToPos(Math.max(s.from, w.from), "x");
      u.setSelect({ left, top: 0, width: u.valToPos(Math.min(s.to, w.to), "x") - left, height: u.over.clientHeight }, false);
    }
    this.quiet = false;
  }

  private point(i: number | null | undefined): void {
    const d = this.shown?.data;
    if (!d || i == null || d.lines[0]![i] === undefined) {
      put(this.readout, this.hint());
      return;
    }
    const at = d.from + i * d.width;
    const of = (counts: number[][]): string =>
      [...groups.keys()].reverse().filter((g) => counts[g]![i]! > 0).map((g) => `${count(counts[g]![i]!)} ${groups[g] === "none" ? "without a level" : groups[g]}`).join(", ");
    const sum = (counts: number[][]): number => counts.reduce((n, g) => n + g[i]!, 0);
    const flagged = sum(d.flagged);
    const where = d.axis === "time" ? clock(at, dates(d)).replace(/\.000$/, "") : d.width === 1 ? `line ${count(at)}` : `lines ${count(at)} to ${count(at + d.width - 1)}`;
    put(this.readout, `${where} · ${plural(sum(d.lines), "line")}${of(d.lines) ? ` (${of(d.lines)})` : ""} · ${flagged === 1 ? "1 anomaly" : `${count(flagged)} anomalies`}`);
  }

  private hint(): string {
    const d = this.shown?.data;
    if (!d) return "";
    const bar = d.axis === "time" ? span(d.width) : plural(d.width, "line");
    return `One bar is ${bar}${d.axis === "line" ? "" : dates(d) ? ", UTC" : `, ${date(d.first)} UTC`}`;
  }

  /** describe says in words what the chart shows. */
  private describe(): void {
    const d = this.shown!.data;
    put(this.readout, this.hint());
    const perBin = d.flagged[0]!.map((_, i) => d.flagged.reduce((n, g) => n + g[i]!, 0));
    const most = Math.max(0, ...perBin);
    const place = (v: number): string => (d.axis === "time" ? `${date(v)} ${clock(v, "")}` : `line ${count(v)}`);
    const at = d.from + perBin.indexOf(most) * d.width;
    const w = this.window();
    this.text.textContent =
      `From ${place(Math.max(w.from, d.first))} to ${place(Math.min(w.to - 1, d.last))}: ` +
      `${plural(d.lines.flat().reduce((a, b) => a + b, 0), "line")}, ${count(perBin.reduce((a, b) => a + b, 0))} anomalies. ` +
      (most ? `Most anomalies at ${place(at)}: ${count(most)}.` : "");
  }
}

const dates = (d: Chart): Dates => (d.axis === "time" ? datesOf(d.first, d.last) : "");

/** caption is the room for a name, as a part of the height. */
const caption = (u: uPlot): number => Math.min(0.2, CAPTION / Math.max(1, u.over.clientHeight || u.height - 40));

/** times are the axis's in 24 hours, with the date below the first of each day. */
function times(all: number[], step: number, dates: Dates): string[] {
  let before = "";
  return all.map((t) => {
    const today = day(t, dates);
    const turned = dates !== "" && today !== before;
    before = today;
    if (step >= 86_400_000) return today;
    const time = clock(t, "").slice(0, step < 1000 ? 12 : step < 60_000 ? 8 : 5);
    return turned ? `${time}\n${today}` : time;
  });
}

/** steps are round numbers from 0 up to a value. */
function steps(max: number, want: number): number[] {
  const raw = max / want;
  const ten = 10 ** Math.floor(Math.log10(Math.max(raw, 1)));
  const step = Math.max(1, [1, 2, 5, 10].map((m) => m * ten).find((s) => s >= raw) ?? 10 * ten);
  const all = [0];
  while (all.at(-1)! + step <= max) all.push(all.at(-1)! + step);
  return all;
}

const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const short = (n: number): string => (n >= 10_000 ? compact.format(n) : count(n));

/** resolved is a color of the style sheet as a canvas takes it, light or dark. */
function resolved(near: HTMLElement, name: string): string {
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`;
  near.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
}

