// The chart along the log: what it is asked for, and what it changes.

import * as api from "../../api.ts";
import { latest } from "../../lib/pending.ts";
import { LogChart, type Window } from "./plot.ts";
import { change } from "../tabs.ts";
import { $ } from "../../lib/dom.ts";
import { chartQuery } from "../../filters.ts";
import { drawCounts, drawFilters, drawGlance, drawLevels, drawSlider } from "../summary.ts";
import { remember } from "../address.ts";
import { complain, hasTime, page } from "../../store.ts";

export const logChart = new LogChart($("plot"), $("chart-text"), $("readout"), chooseRange, zoomTo);

const next = latest();

export async function refreshChart(): Promise<void> {
  const { filters, log } = page;
  if (!log) return;
  const signal = next();
  const axis = axisNow();
  // A bar of some 8 pixels can be hit.
  const bins = Math.max(20, Math.min(240, Math.floor($("plot").clientWidth / 8)));
  const f = filters.zoom?.axis === axis ? filters : { ...filters, zoom: null };
  try {
    const answer = await api.chart(log.id, chartQuery(f, { x: axis, bins }), signal);
    if (signal.aborted || page.log?.id !== log.id) return;
    page.chart = answer;
    logChart.show({ data: answer, selected: page.filters.range?.axis === axis ? page.filters.range : null });
    drawGlance();
    drawSlider();
    drawCounts();
    drawLevels();
  } catch (e) {
    if (!signal.aborted) complain(e);
  }
}

/** axisNow is by time where most lines have one. */
export const axisNow = (): api.Axis => (page.log && hasTime(page.log) ? page.filters.axis : "line");

/** chooseRange narrows the table. */
function chooseRange(w: Window | null): void {
  logChart.select(w);
  change({ range: w && { axis: axisNow(), ...w } });
}

/** chooseSight narrows the table to what is in sight of the chart. */
export const chooseSight = (): void => chooseRange(logChart.sight());

function zoomTo(w: Window | null): void {
  page.filters.zoom = w && { axis: axisNow(), ...w };
  drawFilters();
  void refreshChart();
  remember();
}
