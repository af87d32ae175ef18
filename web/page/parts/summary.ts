// The log at a glance: how far it is read, its counts, the slider of
// contamination, and the filters that are in force.

import type { View } from "../api.ts";
import { groups } from "./chart/plot.ts";
import { axisNow } from "./chart/chart.ts";
import { change } from "./tabs.ts";
import { $, h, keepFocus, put } from "../lib/dom.ts";
import type { Filters, Range } from "../filters.ts";
import { clock, contamination, count, datesOf, day, plural, share, size, span } from "../lib/format.ts";
import { isUploading, waitingLogs } from "../actions/logs.ts";
import { hasTime, isBusy, page } from "../store.ts";

/** Group is a group of levels that can be told apart in a chart. */
export type Group = (typeof groups)[number];

/** groupLevels are the levels that a group stands for. */
const groupLevels: Record<Group, string[]> = {
  none: ["none"],
  debug: ["trace", "debug"],
  info: ["info", "notice"],
  warn: ["warn"],
  error: ["error", "critical", "fatal"],
};

/** ofGroup adds up counts by level, as the server gives them. */
export const ofGroup = (g: Group, levels: number[]): number => groupLevels[g].reduce((n, l) => n + (levels[page.begin.levels.indexOf(l)] ?? 0), 0);

/** drawState shows how far a log is read, or why it cannot be shown. */
export function drawState(): void {
  const v = page.log!;
  const refused = v.phase === "failed" && v.lines === 0;
  $("refused").hidden = !refused;
  $("parts").hidden = refused;
  if (refused) {
    put($("refused-title"), `${v.name} cannot be shown`);
    put($("refused-text"), v.error ?? "");
  }
  drawProgress(v);
  drawGlance();
  drawSlider();
}

function drawProgress(v: View): void {
  $("progress").hidden = !isBusy(v);
  if (!isBusy(v)) return;
  const uploading = v.received < v.size && isUploading(v.id);
  put($("progress-label"), { waiting: "Waiting", receiving: "Uploading", scanning: uploading ? "Uploading and scanning" : "Scanning", done: "", failed: "" }[v.phase]);
  const bar = $<HTMLProgressElement>("progress-bar");
  if (v.progress >= 0) bar.value = v.progress;
  else bar.removeAttribute("value");
  const parts = [v.size > 0 ? `${size(v.received)} of ${size(v.size)}` : size(v.received)];
  if (v.lines) parts.push(plural(v.lines, "line"), `${count(v.flagged[page.filters.stop] ?? 0)} anomalies so far`);
  if (waitingLogs()) parts.push(`${plural(waitingLogs(), "more log")} waiting`);
  put($("progress-text"), parts.join(" · "));
}

/** flaggedTotal is how many lines are flagged, patterns set aside left out. */
export const flaggedTotal = (): number => (page.chart?.total.flagged ?? page.log?.flagged)?.[page.filters.stop] ?? 0;

export function drawGlance(): void {
  const v = page.log!;
  const { chart, filters } = page;
  const narrowed = filters.levels.length > 0 || filters.text !== "" || filters.pattern !== "" || filters.normal.length > 0;
  // While a log is scanned, the chart may know of more lines than the state.
  const t = chart && (narrowed || chart.total.lines > v.lines) ? chart.total : { lines: v.lines, judged: v.judged, flagged: v.flagged, levels: v.levels };
  const flagged = t.flagged[filters.stop] ?? 0;
  const tile = (name: string, value: string, note = "", kind = ""): HTMLElement => h("div", { class: kind }, h("dt", {}, name), h("dd", {}, value, note ? h("small", {}, note) : null));
  const tiles = [
    tile("Lines", count(t.lines), narrowed ? `of ${count(v.lines)}` : v.lines > v.judged ? `${count(v.judged)} judged` : ""),
    tile("Anomalies", count(flagged), share(flagged, t.judged), flagged ? "red" : ""),
    tile("Errors", count(ofGroup("error", t.levels))),
    tile("Warnings", count(ofGroup("warn", t.levels))),
    tile("Patterns", count(v.patterns)),
  ];
  if (v.first) {
    const dates = datesOf(v.first, v.last);
    const at = (t: number): string => (dates ? day(t, dates) : clock(t, "").slice(0, 5));
    tiles.push(tile("Time", `${at(v.first)} to ${at(v.last)}`, span(v.last - v.first)));
  }
  $("glance").replaceChildren(...tiles);
}

export function drawSlider(): void {
  const { begin, filters } = page;
  const slider = $<HTMLInputElement>("slider");
  slider.max = String(begin.stops.length - 1);
  slider.value = String(filters.stop);
  const words = contamination(begin.stops[filters.stop]!);
  const flagged = flaggedTotal();
  put($("slider-value"), `${words} · ${count(flagged)} flagged`);
  slider.setAttribute("aria-valuetext", `${words}, ${count(flagged)} lines flagged`);
}

/** drawFilters shows which filters are in force. */
export function drawFilters(): void {
  const { filters, log } = page;
  for (const input of document.querySelectorAll<HTMLInputElement>("input[name=only]")) input.checked = (input.value === "1") === filters.only;
  const axis = axisNow();
  for (const input of document.querySelectorAll<HTMLInputElement>("input[name=axis]")) {
    input.checked = input.value === axis;
    input.disabled = input.value === "time" && log !== null && log.lines > 0 && !hasTime(log);
  }
  const search = $<HTMLInputElement>("search");
  if (search !== document.activeElement) search.value = filters.text;
  $<HTMLButtonElement>("zoom-only").disabled = filters.zoom === null;
  drawLevels();
  drawCounts();
  drawChips();
}

export function drawCounts(): void {
  const t = page.chart?.total;
  put($("count-only"), t ? count(t.flagged[page.filters.stop] ?? 0) : "");
  put($("count-all"), t ? count(t.lines) : "");
}

/** drawLevels are the chart's legend and a filter in one. */
export function drawLevels(): void {
  const { chart, log } = page;
  const box = $("levels");
  const wanted = [...groups].reverse();
  if (box.children.length !== wanted.length) {
    box.replaceChildren(
      ...wanted.map((g) =>
        h("button", { type: "button", "data-group": g, onclick: () => toggleLevel(g) }, h("span", { class: `swatch swatch-${g}`, "aria-hidden": "true" }), h("span", {}, g === "none" ? "no level" : g), h("span", { class: "count" })),
      ),
    );
  }
  for (const b of box.querySelectorAll<HTMLElement>("button")) {
    const g = b.dataset["group"] as Group;
    b.setAttribute("aria-pressed", String(isChosen(g)));
    put(b.querySelector<HTMLElement>(".count")!, count(ofGroup(g, chart?.total.eachLevel ?? log?.levels ?? [])));
    // One that a text leaves nothing of keeps its place.
    b.hidden = ofGroup(g, log?.levels ?? []) === 0 && !isChosen(g);
  }
}

const isChosen = (g: Group): boolean => groupLevels[g].every((l) => page.filters.levels.includes(l));

function toggleLevel(g: Group): void {
  const rest = page.filters.levels.filter((l) => !groupLevels[g].includes(l));
  change({ levels: isChosen(g) ? rest : [...rest, ...groupLevels[g]] });
}

function drawChips(): void {
  const { filters } = page;
  const chip = (key: string, text: string, clear: Partial<Filters>): HTMLElement =>
    h("li", {}, h("span", { title: text }, text), h("button", { type: "button", "data-key": key, "aria-label": `Remove the filter ${text}`, onclick: () => change(clear) }, "✕"));
  const all: HTMLElement[] = [];
  if (filters.range) all.push(chip("range", rangeText(filters.range), { range: null }));
  if (filters.pattern) all.push(chip("pattern", `Pattern: ${filters.patternText || filters.pattern}`, { pattern: "", patternText: "" }));
  if (filters.normal.length) all.push(chip("normal", `${plural(filters.normal.length, "pattern")} set aside as normal`, { normal: [] }));
  keepFocus($("chips"), $("grid"), () => $("chips").replaceChildren(...all));
}

function rangeText(r: Range): string {
  if (r.axis === "line") return `Lines ${count(r.from)} to ${count(r.to - 1)}`;
  const dates = page.log ? datesOf(page.log.first, page.log.last) : "";
  const at = (t: number): string => clock(t, dates).replace(/\.000$/, "");
  return `${at(r.from)} to ${at(r.to)}`;
}
