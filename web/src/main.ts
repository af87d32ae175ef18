// The page: what is shown, and what happens when somebody does something. The
// skeleton stands in index.html; each part below fills in its own.

import * as api from "./api.ts";
import { groups, LogChart, type Window } from "./chart.ts";
import { drawDetail, shape } from "./detail.ts";
import { $, h, later } from "./dom.ts";
import { Fields } from "./fields.ts";
import { chartQuery, type Filters, fresh, fromHash, type Link, query, type Range, type Tab, toHash } from "./filters.ts";
import { clock, contamination, count, date, plural, score, share, size, span } from "./format.ts";
import { Grid, isFlagged } from "./grid.ts";
import { type Format, section } from "./section.ts";

const POLL = 400; // ms between questions while a log is scanned
const ALIVE = 60_000; // and afterwards, so that the server keeps it
const AROUND = 8; // lines around a line
const PATTERNS = 100; // listed at once

let begin: api.Start;
let logs: api.View[] = []; // that are open on this page
let log: api.View | null = null; // the one that is shown
let filters: Filters;
let chart: api.Chart | null = null;
let pending: Link | null = null; // of a link whose log is gone: for the next one
let opened: api.LineAnswer | null = null; // the line in the side panel
let shownPatterns = PATTERNS;
const uploads = new Map<string, AbortController>();
const waiting: { name: string; body: Blob }[] = [];

const fields = new Fields($("fields"));
const grid = new Grid($("grid"), (row) => void openLine(row.n), () => {});
const logChart = new LogChart($("plot"), $("chart-text"), $("readout"), chooseRange, zoomTo);

// Going wrong

function complain(problem: unknown): void {
  if (problem instanceof DOMException && problem.name === "AbortError") return;
  const text = problem instanceof Error ? problem.message : String(problem);
  $("alert").replaceChildren(h("p", {}, text), h("button", { type: "button", class: "quiet", onclick: calm }, "Dismiss"));
}

const calm = (): void => $("alert").replaceChildren();

// Logs

/** take opens files or pasted text: the first is shown, the others follow it. */
async function take(all: { name: string; body: Blob }[]): Promise<void> {
  calm();
  const busy = waiting.length > 0 || uploads.size > 0;
  waiting.push(...all);
  if (busy) return; // they come after what is under way
  let first = true;
  document.body.dataset["taking"] = "true";
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    await uploadOne(next, first);
    first = false;
  }
  delete document.body.dataset["taking"];
}

async function uploadOne({ name, body }: { name: string; body: Blob }, show: boolean): Promise<void> {
  if (body.size === 0) return complain(`${name} is empty: there is nothing in it to judge.`);
  let view: api.View;
  try {
    view = await api.create({ name, mode: mode(), options: fields.get(), size: body.size });
  } catch (e) {
    if (e instanceof api.Failure && fields.complain(e.option, e.message)) showOptions(true);
    return complain(e);
  }
  logs.push(view);
  if (show || !log) select(view);
  else drawLogs();
  const aborter = new AbortController();
  uploads.set(view.id, aborter);
  try {
    await api.upload(view.id, body, aborter.signal);
  } catch (e) {
    // What is wrong with a log stands in the view as well, also when the
    // server hung up before all of it was sent.
    const now = await api.view(view.id).catch(() => null);
    if (now && now.phase !== "failed") complain(e);
    else if (now?.error && log?.id !== view.id) complain(new Error(`${name}: ${now.error}`)); // nobody polls it
  } finally {
    uploads.delete(view.id);
  }
  await poll();
}

function select(view: api.View): void {
  log = view;
  chart = null;
  forgetLine();
  filters = pending ? pending.filters : fresh(filters?.stop ?? begin.stop);
  pending = null;
  fields.set(view.options);
  setMode(view.mode);
  $("welcome").hidden = true;
  $("view").hidden = false;
  $("log-title").textContent = view.name;
  document.title = `${view.name} · flb-anomaly`;
  polled = { lines: -1, phase: "" };
  drawLogs();
  drawState();
  everything();
  void poll();
}

function welcome(): void {
  log = null;
  $("welcome").hidden = false;
  $("view").hidden = true;
  document.title = "flb-anomaly";
  drawLogs();
}

function drawLogs(): void {
  $("logs").hidden = logs.length === 0;
  $("log").replaceChildren(...logs.map((l) => h("option", { value: l.id, selected: l.id === log?.id }, l.name)));
}

async function closeLog(id: string): Promise<void> {
  uploads.get(id)?.abort();
  logs = logs.filter((l) => l.id !== id);
  await api.close(id).catch(complain);
  const next = logs.at(-1);
  if (next) select(next);
  else {
    welcome();
    history.replaceState(null, "", location.pathname);
  }
}

/** scanAgain judges the same text under other options. */
async function scanAgain(): Promise<void> {
  if (!log) return;
  calm();
  const old = log;
  try {
    const view = await api.create({ of: old.id, mode: mode(), options: fields.get() });
    fields.complain();
    logs = logs.map((l) => (l.id === old.id ? view : l));
    pending = { log: view.id, mode: null, options: {}, filters: { ...filters } };
    select(view);
    await api.close(old.id);
  } catch (e) {
    setMode(old.mode);
    if (!(e instanceof api.Failure && fields.complain(e.option, e.message))) complain(e);
    else showOptions(true);
  }
}

// While a log is scanned

let timer = 0;
let polled = { lines: -1, phase: "" };

async function poll(): Promise<void> {
  clearTimeout(timer);
  if (!log) return;
  const id = log.id;
  try {
    const now = await api.view(id);
    logs = logs.map((l) => (l.id === id ? now : l));
    if (log?.id !== id) return;
    log = now;
    const grown = now.lines !== polled.lines;
    const ended = now.phase !== polled.phase;
    if (ended && now.phase === "failed" && now.error) complain(now.error);
    polled = { lines: now.lines, phase: now.phase };
    drawState();
    if (grown || ended) {
      drawFilters(); // whether there is a time is known by now
      await refreshChart();
      grid.refresh();
      if (filters.tab === "patterns") void drawPatterns();
    }
    if (ended && now.phase === "done") say(`${now.name} is scanned: ${plural(now.lines, "line")}, ${count(flaggedTotal())} anomalies.`);
  } catch (e) {
    if (e instanceof api.Failure && e.status === 404) return gone(id, e);
    complain(e);
  }
  timer = window.setTimeout(() => void poll(), isBusy(log) ? POLL : ALIVE);
}

const isBusy = (v: api.View): boolean => v.phase !== "done" && v.phase !== "failed";

function gone(id: string, e: api.Failure): void {
  logs = logs.filter((l) => l.id !== id);
  if (log?.id !== id) return;
  pending = currentLink();
  welcome();
  complain(e);
}

const say = (text: string): void => {
  $("status").textContent = text;
};

function drawState(): void {
  const v = log!;
  $("progress").hidden = !isBusy(v);
  if (isBusy(v)) {
    const uploading = v.received < v.size && uploads.has(v.id);
    const doing = { waiting: "Waiting", receiving: "Uploading", scanning: uploading ? "Uploading and scanning" : "Scanning", done: "", failed: "" }[v.phase];
    $("progress-label").textContent = doing;
    const bar = $<HTMLProgressElement>("progress-bar");
    if (v.progress >= 0) bar.value = v.progress;
    else bar.removeAttribute("value");
    const parts = [v.size > 0 ? `${size(v.received)} of ${size(v.size)}` : size(v.received)];
    if (v.lines) parts.push(plural(v.lines, "line"), `${count(v.flagged[filters.stop] ?? 0)} anomalies so far`);
    $("progress-text").textContent = parts.join(" · ");
  }
  drawGlance();
  drawSlider();
}

/** flaggedTotal is how many lines are flagged, patterns set aside left out. */
const flaggedTotal = (): number => (chart?.total.flagged ?? log?.flagged)?.[filters.stop] ?? 0;

function drawGlance(): void {
  const v = log!;
  const narrowed = filters.levels.length > 0 || filters.text !== "" || filters.pattern !== "" || filters.normal.length > 0;
  // While a log is scanned, the chart may know of more lines than the state.
  const t = chart && (narrowed || chart.total.lines > v.lines) ? chart.total : { lines: v.lines, judged: v.judged, flagged: v.flagged, levels: v.levels };
  const flagged = t.flagged[filters.stop] ?? 0;
  const level = (names: string[]): number => names.reduce((n, name) => n + (t.levels[begin.levels.indexOf(name)] ?? 0), 0);
  const tile = (name: string, value: string, note = "", kind = ""): HTMLElement => h("div", { class: kind }, h("dt", {}, name), h("dd", {}, value, note ? h("small", {}, note) : null));
  const tiles = [
    tile("Lines", count(t.lines), narrowed ? `of ${count(v.lines)}` : v.lines > v.judged ? `${count(v.judged)} judged` : ""),
    tile("Anomalies", count(flagged), share(flagged, t.judged), flagged ? "red" : ""),
    tile("Errors", count(level(["error", "critical", "fatal"]))),
    tile("Warnings", count(level(["warn"]))),
    tile("Patterns", count(v.patterns)),
  ];
  if (v.first) {
    const days = date(v.first) !== date(v.last);
    tiles.push(tile("Time", days ? `${date(v.first).slice(5)} to ${date(v.last).slice(5)}` : `${clock(v.first, false).slice(0, 5)} to ${clock(v.last, false).slice(0, 5)}`, span(v.last - v.first)));
  }
  $("glance").replaceChildren(...tiles);
}

// The slider

function drawSlider(): void {
  const slider = $<HTMLInputElement>("slider");
  slider.max = String(begin.stops.length - 1);
  slider.value = String(filters.stop);
  const words = contamination(begin.stops[filters.stop]!);
  const flagged = flaggedTotal();
  $("slider-value").textContent = `${words} · ${count(flagged)} flagged`;
  slider.setAttribute("aria-valuetext", `${words}, ${count(flagged)} lines flagged`);
}

/** The rows in sight carry their flags for every stop: they change at once, the rest follows. */
const afterSlider = later(60, () => {
  void refreshChart();
  if (filters.only) showLines();
  if (filters.tab === "patterns") void drawPatterns();
  if (opened) redrawDetail();
  remember();
});

function slide(stop: number): void {
  filters.stop = stop;
  grid.restyle(look());
  drawGlance();
  drawSlider();
  drawCounts();
  drawSection();
  afterSlider();
}

// Filters

/** everything draws anew what depends on the filters. */
function everything(): void {
  drawFilters();
  drawSection();
  showLines();
  void refreshChart();
  showTab();
  remember();
}

function change(part: Partial<Filters>): void {
  Object.assign(filters, part);
  shownPatterns = PATTERNS;
  everything();
}

const look = () => ({ levels: begin.levels, stop: filters.stop, search: filters.text, dated: log ? date(log.first) !== date(log.last) : false });

function showLines(at = 0): void {
  if (!log) return;
  const { id } = log;
  const f = structuredClone(filters);
  grid.reset((from, n, signal) => api.rows(id, query(f, { at: from, n }), signal).then((a) => (drawNothing(a.total), a)), look(), at);
  for (const format of ["csv", "jsonl"] as const) $<HTMLAnchorElement>(format).href = api.exportURL(id, query(f, { format }));
}

function drawNothing(total: number): void {
  const box = $("nothing");
  box.hidden = total > 0;
  if (total > 0 || !log) return;
  const any = filters.levels.length > 0 || filters.text !== "" || filters.pattern !== "" || filters.range !== null;
  const text = isBusy(log)
    ? log.judged === 0 && filters.only ? "The model is still learning." : "Nothing so far."
    : log.judged === 0 && filters.only
      ? "No line was judged: the model learns from the first lines. Batch mode, or a smaller Warmup under Options, judges a short log."
      : filters.only
        ? `Nothing stands out${any ? " here" : ""}.`
        : "No line is like that.";
  box.replaceChildren(
    h("p", {}, text),
    filters.only ? h("button", { type: "button", onclick: () => change({ only: false }) }, "Show all lines") : "",
    any ? h("button", { type: "button", onclick: () => change({ levels: [], text: "", pattern: "", range: null }) }, "Clear the filters") : "",
  );
}

let chartAborter = new AbortController();

async function refreshChart(): Promise<void> {
  if (!log) return;
  chartAborter.abort();
  chartAborter = new AbortController();
  const { signal } = chartAborter;
  const { id } = log;
  const axis = axisNow();
  // A bar of some 8 pixels can be hit.
  const bins = Math.max(20, Math.min(240, Math.floor($("plot").clientWidth / 8)));
  const f = filters.zoom?.axis === axis ? filters : { ...filters, zoom: null };
  try {
    const answer = await api.chart(id, chartQuery(f, { x: axis, bins }), signal);
    if (signal.aborted || log?.id !== id) return;
    chart = answer;
    logChart.show({ data: answer, selected: filters.range?.axis === axis ? filters.range : null });
    drawGlance();
    drawSlider();
    drawCounts();
    drawLevels();
  } catch (e) {
    if (!signal.aborted) complain(e);
  }
}

/** axisNow is by time where most lines have one. */
const axisNow = (): api.Axis => (log && hasTime(log) ? filters.axis : "line");

const hasTime = (v: api.View): boolean => v.timed > 0 && v.timed * 2 >= v.lines && v.last > v.first;

function chooseRange(w: Window | null): void {
  logChart.select(w);
  change({ range: w && { axis: axisNow(), ...w } });
}

function zoomTo(w: Window | null): void {
  filters.zoom = w && { axis: axisNow(), ...w };
  void refreshChart();
  remember();
}

function drawFilters(): void {
  for (const input of document.querySelectorAll<HTMLInputElement>("input[name=only]")) input.checked = (input.value === "1") === filters.only;
  const axis = axisNow();
  for (const input of document.querySelectorAll<HTMLInputElement>("input[name=axis]")) {
    input.checked = input.value === axis;
    input.disabled = input.value === "time" && log !== null && log.lines > 0 && !hasTime(log);
  }
  const search = $<HTMLInputElement>("search");
  if (search !== document.activeElement) search.value = filters.text;
  drawLevels();
  drawCounts();
  drawChips();
}

function drawCounts(): void {
  const t = chart?.total;
  $("count-only").textContent = t ? count(t.flagged[filters.stop] ?? 0) : "";
  $("count-all").textContent = t ? count(t.lines) : "";
}

/** groupLevels are the levels that a group of the chart stands for. */
const groupLevels: Record<(typeof groups)[number], string[]> = {
  none: ["none"],
  debug: ["trace", "debug"],
  info: ["info", "notice"],
  warn: ["warn"],
  error: ["error", "critical", "fatal"],
};

/** drawLevels are the chart's legend and a filter in one. */
function drawLevels(): void {
  const box = $("levels");
  const of = (g: (typeof groups)[number]): number => groupLevels[g].reduce((n, l) => n + (log?.levels[begin.levels.indexOf(l)] ?? 0), 0);
  const wanted = [...groups].reverse();
  if (box.children.length !== wanted.length) {
    box.replaceChildren(
      ...wanted.map((g) =>
        h("button", { type: "button", "data-group": g, onclick: () => toggleLevel(g) }, h("span", { class: `swatch swatch-${g}`, "aria-hidden": "true" }), h("span", {}, g === "none" ? "no level" : g), h("span", { class: "count" })),
      ),
    );
  }
  for (const b of box.children) {
    const g = b.getAttribute("data-group") as (typeof groups)[number];
    b.setAttribute("aria-pressed", String(groupLevels[g].every((l) => filters.levels.includes(l))));
    b.lastElementChild!.textContent = count(of(g));
    (b as HTMLElement).hidden = of(g) === 0;
  }
}

function toggleLevel(g: (typeof groups)[number]): void {
  const members = groupLevels[g];
  const has = members.every((l) => filters.levels.includes(l));
  const rest = filters.levels.filter((l) => !members.includes(l));
  change({ levels: has ? rest : [...rest, ...members] });
}

function drawChips(): void {
  const chip = (text: string, clear: Partial<Filters>): HTMLElement =>
    h("li", {}, h("span", { title: text }, text), h("button", { type: "button", "aria-label": `Remove the filter ${text}`, onclick: () => change(clear) }, "✕"));
  const all: HTMLElement[] = [];
  if (filters.range) all.push(chip(rangeText(filters.range), { range: null }));
  if (filters.pattern) all.push(chip(`Pattern: ${filters.patternText || filters.pattern}`, { pattern: "", patternText: "" }));
  if (filters.normal.length) all.push(chip(`${plural(filters.normal.length, "pattern")} set aside as normal`, { normal: [] }));
  $("chips").replaceChildren(...all);
}

function rangeText(r: Range): string {
  if (r.axis === "line") return `Lines ${count(r.from)} to ${count(r.to - 1)}`;
  const withDate = log !== null && date(log.first) !== date(log.last);
  const at = (t: number): string => clock(t, withDate).replace(/\.000$/, "");
  return `${at(r.from)} to ${at(r.to)}`;
}

// One line

let lineAborter = new AbortController();

/** openLine opens the side panel; an answer that comes after it was closed, or after another line was asked for, is not shown. */
async function openLine(line: number): Promise<void> {
  if (!log) return;
  lineAborter.abort();
  lineAborter = new AbortController();
  const { signal } = lineAborter;
  try {
    const answer = await api.line(log.id, query(filters, { line, around: AROUND }), signal);
    if (signal.aborted) return;
    opened = answer;
    redrawDetail();
  } catch (e) {
    if (!signal.aborted) complain(e);
  }
}

function forgetLine(): void {
  lineAborter.abort();
  opened = null;
  $("detail").hidden = true;
}

function redrawDetail(): void {
  if (!opened || !log) return;
  const box = $("detail");
  const wasHidden = box.hidden;
  box.hidden = false;
  drawDetail(box, opened, begin.levels, filters.stop, filters.text, {
    close: closeDetail,
    go: (back) => void nextAnomaly(back),
    open: (line) => void openLine(line),
    inPlace: (line) => void showInPlace(line),
    only: (a) => {
      filters.tab = "lines";
      change({ pattern: a.pattern.id, patternText: a.pattern.text });
    },
    normal: (a) => {
      closeDetail();
      setAside(a.pattern);
    },
  });
  if (wasHidden) box.scrollTop = 0;
  say(`Line ${count(opened.row.n)}${isFlagged(opened.row, filters.stop) ? `, anomaly: ${opened.row.r ?? ""}` : ""}`);
}

function closeDetail(): void {
  forgetLine();
  $("grid").focus({ preventScroll: true });
}

/** nextAnomaly goes to the next one among what is shown, from the line that is open or active. */
async function nextAnomaly(back: boolean): Promise<void> {
  if (!log) return;
  const from = opened?.row.n ?? grid.activeRow?.n ?? (back ? log.lines + 1 : 0);
  try {
    const { line, index } = await api.seek(log.id, query(filters, { line: from, ...(back ? { back: 1 } : {}) }));
    if (line < 0) return say(back ? "There is no anomaly before this one." : "There is no anomaly after this one.");
    grid.choose(index, false);
    if (opened) await openLine(line);
  } catch (e) {
    complain(e);
  }
}

/** showInPlace clears what narrows the table and goes to the line. */
async function showInPlace(line: number): Promise<void> {
  Object.assign(filters, { only: false, levels: [], text: "", pattern: "", range: null, tab: "lines" });
  $<HTMLInputElement>("search").value = "";
  everything();
  try {
    const a = await api.line(log!.id, query(filters, { line }));
    grid.setTotal(a.total);
    grid.scrollTo(Math.max(0, a.index - AROUND), "start");
    grid.choose(a.index, false);
    $("grid").focus({ preventScroll: true });
  } catch (e) {
    complain(e);
  }
}

// Patterns

let patternsAborter = new AbortController();

async function drawPatterns(): Promise<void> {
  if (!log) return;
  patternsAborter.abort();
  patternsAborter = new AbortController();
  const { signal } = patternsAborter;
  // Of a pattern, all lines count: what is asked is how strange it is.
  const q = query({ ...filters, only: false, pattern: "" }, { n: shownPatterns, sort: $<HTMLSelectElement>("sort").value });
  try {
    const { total, patterns } = await api.patterns(log.id, q, signal);
    if (signal.aborted) return;
    $("patterns-text").textContent = `${plural(total, "pattern")}${patterns.length < total ? `, ${count(patterns.length)} shown` : ""}`;
    $("patterns").replaceChildren(...patterns.map(patternRow));
    $("patterns-more").hidden = patterns.length >= total || shownPatterns >= 400;
  } catch (e) {
    complain(e);
  }
}

function patternRow(p: api.Pattern): HTMLElement {
  const parts = groups.map((g) => [g, groupLevels[g].reduce((n, l) => n + (p.levels[begin.levels.indexOf(l)] ?? 0), 0)] as const).filter(([, n]) => n > 0);
  const bar = h(
    "div",
    { class: "shares", "aria-hidden": "true" },
    ...parts.map(([g, n]) => {
      const e = h("span", { class: `swatch-${g}` });
      e.style.flex = String(n);
      return e;
    }),
  );
  return h(
    "tr",
    {},
    h("td", { class: "shape" }, h("button", { type: "button", title: p.sample, onclick: () => ((filters.tab = "lines"), change({ pattern: p.id, patternText: p.text, only: false })) }, ...shape(p.text))),
    h("td", { class: "num" }, count(p.count)),
    h("td", { class: `num${p.flagged ? " red" : ""}` }, count(p.flagged)),
    h("td", {}, bar, h("span", { class: "small" }, parts.map(([g, n]) => `${count(n)} ${g === "none" ? "without" : g}`).join(", "))),
    h("td", { class: "num" }, p.max > 0 ? `${score(p.mean)}, ${score(p.max)}` : "not judged"),
    h("td", {}, h("button", { type: "button", class: "quiet", onclick: () => setAside(p), "aria-label": `This is normal: ${p.text}` }, "This is normal")),
  );
}

function setAside(p: { id: string; text: string; ignore: string }): void {
  if (!p.ignore) return say("These lines are of many patterns: no one expression ignores them.");
  const normal = [...filters.normal.filter((n) => n.id !== p.id), { id: p.id, text: p.text, ignore: p.ignore }];
  change({ normal, ...(filters.pattern === p.id ? { pattern: "", patternText: "" } : {}) });
  say("The pattern is set aside as normal: the Fluent Bit section has an Ignore line for it.");
}

// The Fluent Bit section

function sectionText(): string {
  const format = document.querySelector<HTMLInputElement>("input[name=format]:checked")!.value as Format;
  return section(format, begin.options, log?.options ?? {}, begin.stops[filters.stop]!, filters.normal.map((n) => n.ignore));
}

function drawSection(): void {
  $("section").textContent = sectionText();
  $("section-note").textContent = log?.mode === "batch" ? "Fluent Bit judges as stream mode does: by the lines before each." : "";
  $("normal").replaceChildren(
    ...(filters.normal.length
      ? filters.normal.map((n) =>
          h("li", {}, h("code", {}, ...shape(n.text)), h("button", { type: "button", class: "quiet", onclick: () => change({ normal: filters.normal.filter((o) => o.id !== n.id) }), "aria-label": `Take back: ${n.text}` }, "Take back")),
        )
      : [h("li", { class: "small" }, "Nothing yet. “This is normal” beside a pattern puts it here, with an Ignore line above.")]),
  );
}

async function copy(text: string, button: HTMLElement): Promise<void> {
  const words = button.textContent ?? "";
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
    say("Copied.");
  } catch {
    complain(`The browser does not let the page copy. Here it is: ${text}`);
  }
  setTimeout(() => (button.textContent = words), 1500);
}

// Tabs

const tabs: Tab[] = ["lines", "patterns", "section"];

function showTab(): void {
  for (const t of tabs) {
    const on = t === filters.tab;
    $(`tab-${t}`).setAttribute("aria-selected", String(on));
    $(`tab-${t}`).tabIndex = on ? 0 : -1;
    $(`panel-${t}`).hidden = !on;
  }
  $("filters").hidden = filters.tab === "section";
  // A pattern's lines all count, and what is taken out are lines.
  for (const id of ["which", "out"]) $(id).hidden = filters.tab !== "lines";
  if (filters.tab === "patterns") void drawPatterns();
}

function goTab(t: Tab, focus = false): void {
  filters.tab = t;
  showTab();
  if (focus) $(`tab-${t}`).focus();
  remember();
}

// The link

const currentLink = (): Link => ({ log: log?.id ?? "", mode: log && log.mode !== begin.mode ? log.mode : null, options: log?.options ?? {}, filters });

const remember = later(150, () => {
  if (log) history.replaceState(null, "", `#${toHash(currentLink(), begin.stops)}`);
});

/** follow shows what a link says: its log if it is still here, else its filters for the next log. */
async function follow(): Promise<boolean> {
  const link = fromHash(location.hash, begin.stops, begin.stop, begin.levels);
  if (!link.log) return false;
  pending = link;
  let view = logs.find((l) => l.id === link.log);
  try {
    view ??= await api.view(link.log);
  } catch {
    fields.set(link.options);
    if (link.mode) setMode(link.mode);
    complain("The log of this link is not here any more. Drop it again: the link's options and filters will be used.");
    return false;
  }
  if (!logs.some((l) => l.id === view.id)) logs.push(view);
  select(view);
  return true;
}

// Mode and options

const mode = (): api.Mode => (document.querySelector<HTMLInputElement>("input[name=mode]:checked")?.value as api.Mode) ?? begin.mode;

function setMode(m: api.Mode): void {
  for (const input of document.querySelectorAll<HTMLInputElement>("input[name=mode]")) input.checked = input.value === m;
}

function showOptions(on: boolean): void {
  $("options").hidden = !on;
  $("options-toggle").setAttribute("aria-expanded", String(on));
}

// Colors

const themes = ["", "light", "dark"];

function setTheme(t: string): void {
  if (t) document.documentElement.dataset["theme"] = t;
  else delete document.documentElement.dataset["theme"];
  const words = t ? `Colors: ${t}` : "Colors: as the system has them";
  $("theme").setAttribute("aria-label", words);
  $("theme").title = words;
  $("theme").textContent = { "": "◐", light: "○", dark: "●" }[t] ?? "◐";
  try {
    localStorage.setItem("theme", t);
  } catch {
    // A browser that keeps nothing: then it is for this time.
  }
  logChart.redraw();
}

// What can be done

function listen(): void {
  const on = <K extends keyof HTMLElementEventMap>(id: string, event: K, run: (e: HTMLElementEventMap[K]) => void): void => $(id).addEventListener(event, run);
  const chosen = (name: string, run: (value: string) => void): void => {
    for (const input of document.querySelectorAll<HTMLInputElement>(`input[name=${name}]`)) input.addEventListener("change", () => run(input.value));
  };
  const files = $<HTMLInputElement>("files");
  for (const id of ["open", "choose"]) on(id, "click", () => files.click());
  files.addEventListener("change", () => {
    void take([...(files.files ?? [])].map((f) => ({ name: f.name, body: f })));
    files.value = "";
  });

  // A file dropped beside the mark would make the browser leave the page.
  let depth = 0;
  const hasFiles = (e: DragEvent): boolean => e.dataTransfer?.types.includes("Files") ?? false;
  addEventListener("dragenter", (e) => {
    if (!hasFiles(e)) return;
    e.preventDefault();
    depth++;
    $("veil").hidden = false;
  });
  addEventListener("dragover", (e) => {
    if (hasFiles(e)) e.preventDefault();
  });
  addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    $("veil").hidden = depth === 0;
  });
  addEventListener("drop", (e) => {
    depth = 0;
    $("veil").hidden = true;
    if (!hasFiles(e)) return;
    e.preventDefault();
    void take([...(e.dataTransfer?.files ?? [])].map((f) => ({ name: f.name, body: f })));
  });

  const dialog = $<HTMLDialogElement>("paste-dialog");
  const text = $<HTMLTextAreaElement>("paste-text");
  for (const id of ["paste", "paste-too"]) on(id, "click", () => dialog.showModal());
  dialog.addEventListener("close", () => {
    const pasted = text.value;
    text.value = "";
    if (dialog.returnValue === "scan" && pasted.trim()) void take([{ name: "pasted text", body: new Blob([pasted]) }]);
    dialog.returnValue = "";
  });
  document.addEventListener("paste", (e) => {
    const t = e.target as HTMLElement;
    if (t.closest("input, textarea")) return;
    const pasted = e.clipboardData?.files.length ? [...e.clipboardData.files].map((f) => ({ name: f.name, body: f as Blob })) : [{ name: "pasted text", body: new Blob([e.clipboardData?.getData("text/plain") ?? ""]) }];
    if (pasted.some((p) => p.body.size > 0)) void take(pasted);
  });

  $("log").addEventListener("change", () => {
    const view = logs.find((l) => l.id === $<HTMLSelectElement>("log").value);
    if (view) select(view);
  });
  on("close", "click", () => log && void closeLog(log.id));
  on("stop", "click", () => log && void closeLog(log.id));
  on("theme", "click", () => setTheme(themes[(themes.indexOf(document.documentElement.dataset["theme"] ?? "") + 1) % themes.length]!));

  on("slider", "input", () => slide(Number($<HTMLInputElement>("slider").value)));
  chosen("mode", () => void scanAgain());
  on("options-toggle", "click", () => showOptions($("options").hidden !== false));
  on("options", "submit", (e) => {
    e.preventDefault();
    void scanAgain();
  });
  on("options", "reset", (e) => {
    e.preventDefault();
    fields.set({});
  });

  chosen("axis", (value) => change({ axis: value as api.Axis, zoom: null }));
  on("zoom-in", "click", () => logChart.zoom(1 / 2));
  on("zoom-out", "click", () => logChart.zoom(2));
  on("pan-left", "click", () => logChart.pan(-0.5));
  on("pan-right", "click", () => logChart.pan(0.5));
  on("zoom-reset", "click", () => {
    filters.zoom = null;
    change({ range: null });
  });

  chosen("only", (value) => change({ only: value === "1" }));
  const search = $<HTMLInputElement>("search");
  search.addEventListener("input", later(200, () => change({ text: search.value })));
  on("link", "click", () => {
    history.replaceState(null, "", `#${toHash(currentLink(), begin.stops)}`);
    void copy(location.href, $("link"));
  });

  for (const t of tabs) {
    on(`tab-${t}`, "click", () => goTab(t));
    on(`tab-${t}`, "keydown", (e) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
      if (step) goTab(tabs[(tabs.indexOf(t) + step + tabs.length) % tabs.length]!, true);
    });
  }
  on("grid", "keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.key === "n" || e.key === "p") void nextAnomaly(e.key === "p");
    else if (e.key === "/") search.focus();
    else if (e.key === "Escape") closeDetail();
    else return;
    e.preventDefault();
  });
  on("detail", "keydown", (e) => {
    if (e.key === "Escape") closeDetail();
  });
  $("sort").addEventListener("change", () => void drawPatterns());
  on("patterns-more", "click", () => {
    shownPatterns += PATTERNS;
    void drawPatterns();
  });
  chosen("format", drawSection);
  on("copy-section", "click", () => void copy(sectionText(), $("copy-section")));

  addEventListener("hashchange", () => void follow());
  // A tab in the background is slowed down: ask at once when it is back.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) void poll();
  });
}

async function main(): Promise<void> {
  begin = await api.start();
  filters = fresh(begin.stop);
  fields.build(begin.options);
  fields.set(begin.given);
  setMode(begin.mode);
  $("version").textContent = `flb-anomaly ${begin.version}`;
  $("accepts").textContent = `Plain text, JSON lines or gzip, up to ${size(begin.maxSize)}`;
  let theme = "";
  try {
    theme = localStorage.getItem("theme") ?? "";
  } catch {
    // As the system has it.
  }
  setTheme(themes.includes(theme) ? theme : "");
  listen();
  logs = await Promise.all(begin.views.map((id) => api.view(id)));
  if (await follow()) return;
  if (logs[0]) select(logs[0]);
  else welcome();
}

main().catch(complain);
