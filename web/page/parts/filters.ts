// The filters that are in force: which lines, text, levels, and chips for the rest.

import { filter } from "../actions/filter.ts";
import { calm } from "../actions/tell.ts";
import { exportURL, reportURL } from "../api.ts";
import { $, h, keepFocus, on, onChoice, put, showChoice } from "../lib/dom.ts";
import { clock, count, plural } from "../lib/format.ts";
import { later } from "../lib/pending.ts";
import { dates, shownLog } from "../store/derived.ts";
import { type Filters, query, type Range } from "../store/filters.ts";
import { type Group, groups, inGroup, levelsOf } from "../store/levels.ts";
import { state, subscribe, subscribeNow } from "../store/store.ts";

export function startFilters(): void {
  const search = $<HTMLInputElement>("search");
  onChoice("only", (value) => filter({ only: value === "1" }));
  search.addEventListener("input", later(200, () => {
    calm(); // of an expression that was not complete
    filter({ text: search.value });
  }));
  for (const kind of ["regex", "exclude"] as const) {
    on(kind, "click", () => {
      calm();
      filter({ [kind]: !state.filters[kind] });
    });
    subscribeNow(() => [state.filters[kind]], () => $(kind).setAttribute("aria-pressed", String(state.filters[kind])));
  }
  $("levels").replaceChildren(...[...groups].reverse().map(levelButton));
  subscribeNow(() => [state.filters.only], () => showChoice("only", state.filters.only ? "1" : "0"));
  subscribe(() => [state.filters.text], () => {
    if (search !== document.activeElement) search.value = state.filters.text;
  });
  subscribe(() => [state.chart, state.filters.stop], drawCounts);
  subscribeNow(() => [state.chart, state.filters.levels, shownLog()], drawLevels);
  subscribe(() => [state.filters.range, state.filters.pattern, state.filters.incident, state.filters.normal, dates(), state.zone], drawChips);
  subscribe(() => [state.logID, state.filters], drawExports);
}

function drawCounts(): void {
  const t = state.chart?.total;
  put($("count-only"), t ? count(t.flagged[state.filters.stop] ?? 0) : "");
  put($("count-all"), t ? count(t.lines) : "");
}

/** levelButton is the chart's legend and a filter in one. */
function levelButton(g: Group): HTMLElement {
  const swatch = h("span", { class: `swatch swatch-${g}`, "aria-hidden": "true" });
  return h("button", { type: "button", "data-group": g, onclick: () => toggle(g) }, swatch, h("span", {}, g === "none" ? "no level" : g), h("span", { class: "count" }));
}

const isChosen = (g: Group): boolean => levelsOf[g].every((l) => state.filters.levels.includes(l));

function toggle(g: Group): void {
  const rest = state.filters.levels.filter((l) => !levelsOf[g].includes(l));
  filter({ levels: isChosen(g) ? rest : [...rest, ...levelsOf[g]] });
}

function drawLevels(): void {
  const all = shownLog()?.levels ?? [];
  for (const b of $("levels").querySelectorAll<HTMLElement>("button")) {
    const g = b.dataset["group"] as Group;
    b.setAttribute("aria-pressed", String(isChosen(g)));
    put(b.querySelector<HTMLElement>(".count")!, count(inGroup(g, state.chart?.total.eachLevel ?? all)));
    // One that a text leaves nothing of keeps its place.
    b.hidden = inGroup(g, all) === 0 && !isChosen(g);
  }
}

function drawChips(): void {
  const { range, pattern, patternText, incident, normal } = state.filters;
  const chip = (key: string, text: string, clear: Partial<Filters>): HTMLElement =>
    h("li", {}, h("span", { title: text }, text), h("button", { type: "button", "data-key": key, "aria-label": `Remove the filter ${text}`, onclick: () => filter(clear) }, "✕"));
  const all: HTMLElement[] = [];
  if (range) all.push(chip("range", rangeText(range), { range: null }));
  if (incident) all.push(chip("incident", `Incident: ${incident}`, { incident: "" }));
  if (pattern) all.push(chip("pattern", `Pattern: ${patternText || pattern}`, { pattern: "", patternText: "" }));
  if (normal.length) all.push(chip("normal", `${plural(normal.length, "pattern")} set aside as normal`, { normal: [] }));
  keepFocus($("chips"), $("grid"), () => $("chips").replaceChildren(...all));
}

function rangeText(r: Range): string {
  if (r.axis === "line") return `Lines ${count(r.from)} to ${count(r.to - 1)}`;
  const at = (t: number): string => clock(t, dates()).replace(/\.000$/, "");
  return `${at(r.from)} to ${at(r.to)}`;
}

function drawExports(): void {
  for (const format of ["csv", "jsonl"] as const) $<HTMLAnchorElement>(format).href = exportURL(state.logID, query(state.filters, { format }));
  for (const format of ["html", "markdown"] as const) $<HTMLAnchorElement>(`report-${format}`).href = reportURL(state.logID, query(state.filters, { format }));
}
