// What is drawn anew when something changes.

import { refreshChart } from "./chart/chart.ts";
import { datesOf } from "../lib/format.ts";
import type { Filters, Tab } from "../filters.ts";
import { drawCounts, drawFilters, drawGlance, drawSlider } from "./summary.ts";
import type { Look } from "./lines/grid.ts";
import { grid, redrawDetail, showLines, showLinesInPlace } from "./lines/lines.ts";
import { remember } from "./address.ts";
import { $, later } from "../lib/dom.ts";
import { drawSection } from "./fluentbit/panel.ts";
import { page } from "../store.ts";
import { drawPatterns, fewPatterns } from "./patterns/patterns.ts";

/** everything draws what depends on the filters. */
export function everything(): void {
  drawFilters();
  drawSection();
  showLines();
  void refreshChart();
  showTab();
  remember();
}

export function change(part: Partial<Filters>): void {
  Object.assign(page.filters, part);
  fewPatterns();
  everything();
}

/** look is how the table shows its lines. */
export const look = (): Look => ({
  levels: page.begin.levels,
  stop: page.filters.stop,
  search: page.filters.text,
  dates: page.log ? datesOf(page.log.first, page.log.last) : "",
});

/** grown draws what a log that grows, or has ended, changes. */
export async function grown(): Promise<void> {
  drawFilters(); // whether there is a time is known by now
  grid.restyle(look());
  grid.refresh();
  if (page.filters.tab === "patterns") void drawPatterns();
  await refreshChart();
}

/** The rows in sight carry their flags for every stop: they change at once, the rest follows. */
const afterSlider = later(60, () => {
  void refreshChart();
  if (page.filters.only) void showLinesInPlace();
  if (page.filters.tab === "patterns") void drawPatterns();
  redrawDetail();
  remember();
});

/** slide puts the slider to a stop. */
export function slide(stop: number): void {
  page.filters.stop = stop;
  grid.restyle(look());
  drawGlance();
  drawSlider();
  drawCounts();
  drawSection();
  afterSlider();
}

// Tabs

const tabs: Tab[] = ["lines", "patterns", "section"];

function showTab(): void {
  for (const t of tabs) {
    const on = t === page.filters.tab;
    $(`tab-${t}`).setAttribute("aria-selected", String(on));
    $(`tab-${t}`).tabIndex = on ? 0 : -1;
    $(`panel-${t}`).hidden = !on;
  }
  $("filters").hidden = page.filters.tab === "section";
  // A pattern's lines all count, and what is taken out are lines.
  for (const id of ["which", "out"]) $(id).hidden = page.filters.tab !== "lines";
  if (page.filters.tab === "patterns") void drawPatterns();
}

function goTab(t: Tab, focus = false): void {
  page.filters.tab = t;
  showTab();
  if (focus) $(`tab-${t}`).focus();
  remember();
}

export function listenToTabs(): void {
  for (const [i, t] of tabs.entries()) {
    $(`tab-${t}`).addEventListener("click", () => goTab(t));
    $(`tab-${t}`).addEventListener("keydown", (e) => {
      const to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: tabs.length - 1 }[e.key];
      if (to === undefined) return;
      e.preventDefault();
      goTab(tabs.at(to % tabs.length)!, true);
    });
  }
}
