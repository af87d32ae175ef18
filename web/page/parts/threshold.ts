// The slider of contamination: how much is flagged.

import { filter } from "../actions/filter.ts";
import { $, on, put } from "../lib/dom.ts";
import { contamination, count } from "../lib/format.ts";
import { flaggedTotal } from "../store/derived.ts";
import { state, subscribeNow } from "../store/store.ts";

export function startThreshold(): void {
  const slider = $<HTMLInputElement>("slider");
  slider.max = String(state.start.stops.length - 1);
  on("slider", "input", () => filter({ stop: Number(slider.value) }));
  subscribeNow(() => [state.filters.stop, flaggedTotal()], draw);
}

function draw(): void {
  const { start, filters } = state;
  const slider = $<HTMLInputElement>("slider");
  slider.value = String(filters.stop);
  const words = contamination(start.stops[filters.stop]!);
  const flagged = flaggedTotal();
  put($("slider-value"), `${words} · ${count(flagged)} flagged`);
  slider.setAttribute("aria-valuetext", `${words}, ${count(flagged)} lines flagged`);
}
