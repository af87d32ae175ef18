// Two parts of a log, or two logs, side by side: which patterns and fields are new, gone,
// or come far more or less often.

import * as api from "../api.ts";
import { filter } from "../actions/filter.ts";
import { complain } from "../actions/tell.ts";
import { $, h, keepFocus, on, put } from "../lib/dom.ts";
import { clock, count, plural, share } from "../lib/format.ts";
import { patternText } from "../lib/logtext.ts";
import { latest, steadily } from "../lib/pending.ts";
import { dates, shownLog } from "../store/derived.ts";
import { query, type Range } from "../store/filters.ts";
import { state, subscribe, subscribeNow } from "../store/store.ts";

/** Side is what is compared. */
interface Side {
  log: string; // its id, empty for the one that is shown
  range: Range | null; // null: all of it, or what the other side leaves of the same log
}

let before: Side = { log: "", range: null };
let after: Range | null = null;

export function startCompare(): void {
  on("before-take", "click", () => take("before"));
  on("after-take", "click", () => take("after"));
  on("before-all", "click", () => {
    before = { ...before, range: null };
    void refresh();
  });
  on("after-all", "click", () => {
    after = null;
    void refresh();
  });
  on("before-log", "change", () => {
    const id = $<HTMLSelectElement>("before-log").value;
    before = { log: id === state.logID ? "" : id, range: null };
    void refresh();
  });
  subscribe(() => [state.logID], () => {
    // The log that was shown before is what a second one is compared with.
    after = null;
    before = { log: state.logs.filter((l) => l.id !== state.logID).at(-1)?.id ?? "", range: null };
  });
  subscribeNow(() => [state.filters.range, state.logID], drawChoice);
  subscribe(() => [state.logID, state.logs.map((l) => l.id).join(), state.filters.tab, state.filters.levels, state.filters.text, state.filters.regex, state.filters.exclude, state.filters.normal, state.filters.stop, state.zone], () => void refresh());
  const growing = steadily(refresh);
  subscribe(() => [state.logID, shownLog()?.lines, shownLog()?.phase], ([id], [was]) => {
    if (id === was) growing();
  });
}

function take(side: "before" | "after"): void {
  const { range } = state.filters;
  if (!range) return;
  if (side === "after") after = range;
  else before = { log: "", range };
  void refresh();
}

function drawChoice(): void {
  for (const id of ["before-take", "after-take"]) $<HTMLButtonElement>(id).disabled = state.filters.range === null;
}

const next = latest();

async function refresh(): Promise<void> {
  const { logID } = state;
  if (!logID || state.filters.tab !== "compare") return;
  const signal = next();
  drawSides();
  const q = asked();
  if (!q) return drawNothing();
  try {
    const answer = await api.compare(logID, q, signal);
    if (signal.aborted) return;
    draw(answer);
    $("compared-out").hidden = false;
    for (const format of ["html", "markdown"] as const) {
      const of = new URLSearchParams(q);
      of.set("format", format);
      $<HTMLAnchorElement>(`compared-${format}`).href = api.reportURL(logID, of);
    }
  } catch (e) {
    if (!signal.aborted) complain(e);
  }
}

/** asked is what the server is asked to compare, null when there is nothing to. */
function asked(): URLSearchParams | null {
  const was = sideBefore();
  if (!was) return null;
  const filters = { ...state.filters, only: false, pattern: "", incident: "", sort: "" } as const;
  const q = query({ ...filters, range: after });
  if (before.log) q.set("before.view", before.log);
  for (const [name, value] of query({ ...filters, normal: [], range: was === "all" ? null : was })) {
    if (name !== "stop") q.set(`before.${name}`, value);
  }
  return q;
}

/** sideBefore is what is compared with: of the same log, what lies before the other side. It is null when there is nothing to compare. */
function sideBefore(): Range | "all" | null {
  if (before.range) return before.range;
  if (before.log) return "all";
  return after && { axis: after.axis, from: after.axis === "line" ? 1 : Number.MIN_SAFE_INTEGER, to: after.from };
}

function drawSides(): void {
  const log = $<HTMLSelectElement>("before-log");
  log.replaceChildren(...state.logs.map((l) => h("option", { value: l.id, selected: l.id === (before.log || state.logID) }, l.name)));
  put($("after-log"), shownLog()?.name ?? "");
  put($("before-range"), before.range ? rangeText(before.range) : before.log ? "all of it" : after ? "all that comes before" : "nothing chosen");
  put($("after-range"), after ? rangeText(after) : "all of it");
}

function rangeText(r: Range): string {
  if (r.axis === "line") return `lines ${count(r.from)} to ${count(r.to - 1)}`;
  return `${clock(r.from, dates())} to ${clock(r.to, dates())}`.replace(/\.000/g, "");
}

function drawNothing(): void {
  put($("compared-text"), "Drag over the chart and take the selection for one side; the other is then what comes before it, or another selection. With two logs open, one is compared with the other.");
  $("compared").replaceChildren();
  $("compared-out").hidden = true;
}

function draw(a: api.Comparison): void {
  const differ = a.new.length + a.gone.length + a.changed.length + a.more;
  const f = a.fields;
  const fields = f.new.length + f.gone.length + f.changed.length + f.more;
  const differs = (n: number, what: string, same: number): string => `${plural(n, what)} ${n === 1 ? "differs" : "differ"}, ${count(same)} ${same === 1 ? "is" : "are"} as before.`;
  const anyField = fields + f.same > 0;
  put($("compared-text"), `${count(a.before)} lines before, ${count(a.after)} after. ${differs(differ, "pattern", a.same)}${anyField ? ` ${differs(fields, "field", f.same)}` : ""}`);
  const list = <T>(name: string, title: string, rows: T[], row: (r: T) => HTMLElement): HTMLElement =>
    h(
      "section",
      { class: "side", "aria-label": title, "data-side": name },
      h("h3", {}, `${title}: ${count(rows.length)}`),
      rows.length ? h("ul", { class: "compared" }, ...rows.map(row)) : h("p", { class: "small" }, "none"),
    );
  const patterns = (name: string, title: string, rows: api.Compared[]): HTMLElement => list(name, title, rows, (r) => one(name, r, a));
  keepFocus($("compared"), $("tab-compare"), () => {
    $("compared").replaceChildren(patterns("new", "New", a.new), patterns("gone", "Gone", a.gone), patterns("changed", "Far more or less often", a.changed));
    if (a.more) $("compared").append(h("p", { class: "small rest" }, `${count(a.more)} more are not listed.`));
    if (!anyField) return;
    $("compared").append(
      list("new-fields", "New fields", f.new, (r) => oneField(r, `in ${plural(r.after, "line")}`)),
      list("gone-fields", "Gone fields", f.gone, (r) => oneField(r, `was in ${plural(r.before, "line")}`)),
      list("changed-fields", "Fields far more or less often", f.changed, (r) => oneField(r, `before in ${plural(r.before, "line")} · after in ${count(r.after)} · ${often(r.times)}`)),
    );
    if (f.more) $("compared").append(h("p", { class: "small rest" }, `${count(f.more)} more fields are not listed.`));
  });
}

const oneField = (r: api.ComparedField, says: string): HTMLElement => h("li", {}, h("code", { class: "shape" }, r.name), h("span", { class: "small" }, says));

function one(name: string, r: api.Compared, a: api.Comparison): HTMLElement {
  const here = name !== "gone" || !before.log;
  const show = (): void => filter({ tab: "lines", only: false, sort: "", pattern: r.id, patternText: r.text, incident: "", range: null });
  const level = state.start.levels[r.level];
  const counts: string[] = [];
  if (name !== "new") counts.push(`before ${count(r.before)} (${share(r.before, a.before)})`);
  if (name !== "gone") counts.push(`after ${count(r.after)} (${share(r.after, a.after)})`);
  if (name === "changed") counts.push(often(r.times));
  if (r.flagged) counts.push(`${plural(r.flagged, "line")} flagged`);
  const text = patternText(r.text);
  return h(
    "li",
    {},
    here ? h("button", { type: "button", class: "shape", "data-key": `${name}-${r.id}`, onclick: show }, ...text) : h("code", { class: "shape" }, ...text),
    h("span", { class: "small" }, r.level && level ? h("span", { class: `l-${level}` }, `${level} `) : "", counts.join(" · ")),
  );
}

const often = (n: number): string => (n >= 1 ? `${times(n)} times as often` : `${times(1 / n)} times as seldom`);

const times = (n: number): string => (n >= 10 ? n.toFixed(0) : n.toFixed(1));
