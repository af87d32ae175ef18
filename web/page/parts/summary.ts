// The log at a glance: its counts.

import { $, h } from "../lib/dom.ts";
import { clock, count, day, share, span } from "../lib/format.ts";
import { dates, shownLog } from "../store/derived.ts";
import { inGroup } from "../store/levels.ts";
import { state, subscribe } from "../store/store.ts";

export function startSummary(): void {
  subscribe(() => [shownLog(), state.chart, state.filters, state.zone], draw);
}

function draw(): void {
  const v = shownLog();
  if (!v) return;
  const { chart, filters } = state;
  const narrowed = filters.levels.length > 0 || filters.text !== "" || filters.pattern !== "" || filters.incident !== "" || filters.normal.length > 0;
  // While a log is scanned, the chart may know of more lines than the state.
  const t = chart && (narrowed || chart.total.lines > v.lines) ? chart.total : v;
  const flagged = t.flagged[filters.stop] ?? 0;
  const tile = (name: string, value: string, note = "", kind = ""): HTMLElement => h("div", { class: kind }, h("dt", {}, name), h("dd", {}, value, note ? h("small", {}, note) : null));
  const tiles = [
    tile("Lines", count(t.lines), narrowed ? `of ${count(v.lines)}` : v.lines > v.judged ? `${count(v.judged)} judged` : ""),
    tile("Anomalies", count(flagged), share(flagged, t.judged), flagged ? "red" : ""),
    tile("Errors", count(inGroup("error", t.levels))),
    tile("Warnings", count(inGroup("warn", t.levels))),
    tile("Patterns", count(v.patterns)),
  ];
  if (v.first) {
    const at = (t: number): string => (dates() ? day(t, dates()) : clock(t, "").slice(0, 5));
    tiles.push(tile("Time", `${at(v.first)} to ${at(v.last)}`, span(v.last - v.first)));
  }
  $("glance").replaceChildren(...tiles);
}
