// The chart along the log: what it is asked for, and what it changes.

import * as api from "../../api.ts";
import { filter } from "../../actions/filter.ts";
import { complain } from "../../actions/tell.ts";
import { $, h, keepFocus, on, onChoice, showChoice } from "../../lib/dom.ts";
import { moment, plural } from "../../lib/format.ts";
import { later, latest, steadily } from "../../lib/pending.ts";
import { axisInUse, hasTime, shownLog } from "../../store/derived.ts";
import { chartQuery } from "../../store/filters.ts";
import { state, subscribe, subscribeNow, update } from "../../store/store.ts";
import { Plot, type Window } from "./plot.ts";

const BAR = 8; // px: a bar that can be hit

export function startChart(): void {
  const plot = new Plot($("plot"), $("chart-text"), $("readout"), chooseRange, zoomTo);
  listen(plot);
  const growing = steadily(refresh);
  subscribeNow(() => [axisInUse(), shownLog()?.lines], drawAxes);
  subscribeNow(() => [state.filters.zoom], () => ($<HTMLButtonElement>("zoom-only").disabled = state.filters.zoom === null));
  subscribe(() => [state.chart, selected()], () => {
    if (state.chart) plot.show({ data: state.chart, selected: selected() });
  });
  subscribe(() => [state.theme, state.zone, shownLog()?.zone], () => plot.redraw());
  subscribe(() => [state.chart?.outside, state.zone], drawOutside);
  // What else is asked makes an answer that is on its way useless; what has grown does not.
  subscribe(() => [state.logID, state.filters.levels, state.filters.text, state.filters.regex, state.filters.exclude, state.filters.pattern, state.filters.incident, state.filters.normal, state.filters.zoom, axisInUse()], () => void refresh());
  subscribe(() => [state.logID, shownLog()?.lines, shownLog()?.phase], ([id], [before]) => {
    if (id === before) growing();
  });
  subscribe(() => [state.filters.stop], later(60, () => {
    if (asked !== state.filters.stop) void refresh();
  }));
}

function listen(plot: Plot): void {
  onChoice("axis", (value) => filter({ axis: value as api.Axis, zoom: null }));
  on("zoom-in", "click", () => plot.zoom(1 / 2));
  on("zoom-out", "click", () => plot.zoom(2));
  on("pan-left", "click", () => plot.pan(-0.5));
  on("pan-right", "click", () => plot.pan(0.5));
  on("zoom-only", "click", () => chooseRange(plot.sight()));
  on("zoom-reset", "click", () => filter({ range: null, zoom: null }));
}

/** selected is the range that the table is narrowed to, if it is one of the axis. */
function selected(): Window | null {
  const { range } = state.filters;
  return range?.axis === axisInUse() ? range : null;
}

/** chooseRange narrows the table. */
const chooseRange = (w: Window | null): void => filter({ range: w && { axis: axisInUse(), ...w } });

const zoomTo = (w: Window | null): void => filter({ zoom: w && { axis: axisInUse(), ...w } });

/** drawOutside says which lines the chart leaves out: those of times so far off that the others would be a point beside them. */
function drawOutside(): void {
  const o = state.chart?.outside;
  const box = $("outside");
  box.hidden = !o;
  if (!o) return box.replaceChildren();
  const { first, last } = state.chart!;
  const part = (key: string, n: number, at: number, range: Window): Node[] =>
    n === 0
      ? []
      : [
          h("span", {}, `${plural(n, "line")} ${n === 1 ? "lies" : "lie"} far ${key}, ${key === "earlier" ? "from" : "up to"} ${moment(at).slice(0, 16)}. `),
          h("button", { type: "button", class: "quiet", "data-key": key, onclick: () => filter({ range: { axis: "time", ...range }, zoom: null, only: false, tab: "lines" }) }, n === 1 ? "Show it" : "Show them"),
        ];
  const all = [...part("earlier", o.before, o.least, { from: o.least, to: first }), ...part("later", o.after, o.most, { from: last + 1, to: o.most + 1 })];
  keepFocus(box, $("grid"), () => box.replaceChildren(...all));
}

function drawAxes(): void {
  const log = shownLog();
  showChoice("axis", axisInUse(), log && log.lines > 0 && !hasTime(log) ? ["time"] : []);
}

const next = latest();
let asked = -1; // the slider's stop of the last question

async function refresh(): Promise<void> {
  const { logID, filters } = state;
  if (!logID) return;
  const signal = next();
  const axis = axisInUse();
  asked = filters.stop;
  const bins = Math.max(20, Math.min(240, Math.floor($("plot").clientWidth / BAR)));
  const f = filters.zoom?.axis === axis ? filters : { ...filters, zoom: null };
  try {
    const chart = await api.chart(logID, chartQuery(f, { x: axis, bins }), signal);
    if (!signal.aborted && state.logID === logID) update({ chart });
  } catch (e) {
    if (!signal.aborted) complain(e);
  }
}
