// The list of incidents: what happened, one row each. A row opens into its lines.

import * as api from "../../api.ts";
import { filter, setAside, settingAside } from "../../actions/filter.ts";
import { openLine, showAmongAll } from "../../actions/lines.ts";
import { complain } from "../../actions/tell.ts";
import { $, h, keepFocus, on, put } from "../../lib/dom.ts";
import { clock, count, plural } from "../../lib/format.ts";
import { logText } from "../../lib/logtext.ts";
import { later, latest, steadily } from "../../lib/pending.ts";
import { drawHeads } from "../../lib/sorting.ts";
import { axisInUse, dates, isBusy, isFlagged, shownLog } from "../../store/derived.ts";
import { narrowing, query, unfiltered } from "../../store/filters.ts";
import { state, subscribe } from "../../store/store.ts";
import { columns, marked } from "./columns.ts";

const STEP = 50; // listed at first, and more at each request
const ASKED = 400; // at most, of one answer
const LINES = 12; // of an incident, in the list

let wanted = STEP;
let quiet = false; // those that nobody is called for are listed, too
let sort = ""; // chosen; empty is what the server takes for the log
let shown: api.Incidents = { total: 0, sort: "", incidents: [] };
let open = ""; // id of the one that is open
let lines: api.Rows | null = null; // its own

export function startIncidents(): void {
  const growing = steadily(refresh);
  const anew = (): void => {
    wanted = STEP;
    void refresh();
  };
  subscribe(() => [state.logID], () => {
    sort = open = "";
    quiet = false;
    lines = null;
  });
  subscribe(() => [state.logID, ...narrowing(state.filters)], anew);
  subscribe(() => [state.filters.tab], () => void refresh());
  subscribe(() => [state.zone, dates()], draw);
  subscribe(() => [state.logID, shownLog()?.lines, shownLog()?.phase], ([id], [before]) => {
    if (id === before) growing();
  });
  subscribe(() => [state.filters.stop], later(60, () => void refresh()));
  on("incidents-sort", "change", () => sortBy($<HTMLSelectElement>("incidents-sort").value));
  on("incidents-quiet", "click", () => {
    quiet = !quiet;
    wanted = STEP;
    void refresh();
  });
  on("incidents-more", "click", () => {
    wanted += STEP;
    void refresh();
  });
}

function sortBy(value: string): void {
  sort = value;
  wanted = STEP;
  void refresh();
}

const next = latest();

async function refresh(): Promise<void> {
  const { logID, filters } = state;
  if (!logID || filters.tab !== "incidents") return;
  const signal = next();
  try {
    const all: api.Incident[] = [];
    let answer: api.Incidents;
    do {
      const q = query({ ...filters, only: false, incident: "", sort: "" }, { at: all.length, n: Math.min(ASKED, wanted - all.length), sort, x: axisInUse(), ...(quiet ? { quiet: 1 } : {}) });
      answer = await api.incidents(logID, q, signal);
      if (signal.aborted) return;
      all.push(...answer.incidents);
    } while (answer.incidents.length && all.length < Math.min(wanted, answer.total));
    shown = { ...answer, incidents: all };
    if (open && all.some((i) => i.id === open)) await loadLines(open, signal);
    if (!signal.aborted) draw();
  } catch (e) {
    if (!signal.aborted) complain(e);
  }
}

const ofIncident = (id: string): URLSearchParams => query({ ...state.filters, ...unfiltered, only: false, sort: "", incident: id }, { n: LINES });

async function loadLines(id: string, signal: AbortSignal): Promise<void> {
  const answer = await api.rows(state.logID, ofIncident(id), signal);
  if (!signal.aborted && open === id) lines = answer;
}

function toggle(id: string): void {
  open = open === id ? "" : id;
  lines = null;
  draw();
  if (!open) return;
  loadLines(id, next()).then(draw, complain);
}

function draw(): void {
  const log = shownLog();
  if (!log) return;
  const { total, left, incidents } = shown;
  $<HTMLSelectElement>("incidents-sort").value = shown.sort;
  drawHeads($("incidents-head"), $("tab-incidents"), columns, shown.sort, sortBy);
  put($("incidents-text"), `${plural(total, "incident")}${incidents.length < total ? `, ${count(incidents.length)} shown` : ""}${left ? `; ${count(left)} with lower scores are left out` : ""}`);
  const body = $("incidents");
  keepFocus(body, $("tab-incidents"), () => body.replaceChildren(...incidents.flatMap(rows)));
  drawQuiet();
  $("incidents-more").hidden = incidents.length >= total;
  $("incidents-none").hidden = total > 0;
  $("incidents-table").hidden = total === 0;
  if (total === 0) put($("incidents-none"), nothing(log));
}

function drawQuiet(): void {
  const n = shown.quiet ?? 0;
  $("incidents-hushed").hidden = n === 0;
  put($("incidents-quiet"), quiet ? "Hide the quiet ones" : `Show ${plural(n, "quiet incident")}`);
}

function nothing(log: api.View): string {
  if (isBusy(log)) return log.judged === 0 ? "The model is still learning." : "No incident so far.";
  if (log.judged === 0) return "No line was judged: the model learns from the first lines. Batch mode, or a smaller Warmup under Options, judges a short log.";
  if (shown.quiet) return "No incident that anybody would be called for.";
  return "No line is flagged here, so there is no incident. The lines and their scores are under Lines; the slider flags more.";
}

function rows(i: api.Incident): HTMLElement[] {
  const isOpen = i.id === open;
  const cells = columns.map((c) => h("td", { role: "cell", class: `${c.name}${c.number ? " num" : ""}` }, ...c.draw(i, isOpen, () => toggle(i.id))));
  const row = h("tr", { role: "row", class: `incident${isOpen ? " is-open" : ""}`, "data-incident": i.id }, ...cells);
  row.addEventListener("click", (e) => {
    if (!(e.target as Element).closest("button, a") && getSelection()?.isCollapsed !== false) toggle(i.id);
  });
  if (!isOpen) return [row];
  return [row, h("tr", { role: "row", class: "opened", id: `incident-${i.id}` }, h("td", { role: "cell", colspan: columns.length }, ...inside(i)))];
}

function inside(i: api.Incident): HTMLElement[] {
  const all = (): void => filter({ ...unfiltered, tab: "lines", only: false, sort: "", incident: i.id });
  const first = i.patterns[0]!;
  return [
    ...(i.patterns.length > 1 ? [h("h3", {}, "Patterns in it"), h("ul", { class: "involved" }, ...i.patterns.map(involved))] : []),
    h("h3", {}, "Its lines"),
    h("ul", { class: "near story", "aria-label": "Lines of the incident" }, ...(lines?.rows ?? []).map((r) => line(r))),
    h(
      "p",
      { class: "buttons" },
      h("button", { type: "button", class: "quiet", "data-key": "all", onclick: all }, i.lines === 1 ? "Open its line in the list" : `All ${count(i.lines)} lines`),
      h("button", { type: "button", class: "quiet", "data-key": "around", onclick: () => void showAmongAll(i.from) }, "What else happened then"),
      i.patterns.length > 1 ? "" : normal(first),
      h("span", { class: "small" }, i.id),
    ),
  ];
}

type Involved = api.Incident["patterns"][number];

function involved(p: Involved): HTMLElement {
  const said = h("span", { class: "small" }, `${plural(p.lines, "line")} from line ${count(p.row.n)}: `, ...logText(p.row.r ?? ""));
  return h("li", {}, h("div", {}, h("code", {}, ...marked(p.row)), said), normal(p));
}

/** normal has no button for lines of many patterns: no one id ignores them. */
function normal({ pattern: p }: Involved): HTMLElement | string {
  if (!p.record) return "";
  const words = `This is normal: ${plural(p.lines, "line")} of the log`;
  return h("button", { type: "button", class: "quiet", "data-key": `normal-${p.id}`, onclick: () => setAside(p), title: settingAside(p), "aria-label": `${words}, ${p.text}` }, words);
}

function line(r: api.Row): HTMLElement {
  const show = (): void => {
    filter({ ...unfiltered, tab: "lines", only: false, sort: "", incident: open });
    void openLine(r.n);
  };
  return h(
    "li",
    { class: isFlagged(r) ? "flagged" : "" },
    h("button", { type: "button", "data-key": `line-${r.n}`, onclick: show }, h("span", {}, r.t ? clock(r.t, dates()) : count(r.n)), h("span", {}, isFlagged(r) ? h("span", { class: "hidden" }, "anomaly: ") : null, ...marked(r))),
  );
}
