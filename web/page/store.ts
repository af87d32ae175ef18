// What the parts of the page share: the logs that are open, what is asked of the
// one that is shown, and the two ways to say something.

import type * as api from "./api.ts";
import { $, h, put } from "./lib/dom.ts";
import type { Filters } from "./filters.ts";

export interface Page {
  begin: api.Start;
  logs: api.View[]; // that are open on this page
  log: api.View | null; // the one that is shown
  filters: Filters;
  chart: api.Chart | null; // of the log and the filters
  opened: api.LineAnswer | null; // the line in the side panel
}

/** page is complete once main has asked for the start. */
export const page = { logs: [], log: null, chart: null, opened: null } as unknown as Page;

/** complain shows what went wrong, until it is dismissed. */
export function complain(problem: unknown): void {
  if (problem instanceof DOMException && problem.name === "AbortError") return;
  const text = problem instanceof Error ? problem.message : String(problem);
  const shown = $("alert").querySelector("p");
  if (shown?.textContent === text) return; // said already
  $("alert").replaceChildren(
    h("p", {}, text),
    h("button", { type: "button", class: "quiet", onclick: () => (calm(), $("main").focus()) }, "Dismiss"),
  );
}

export const calm = (): void => $("alert").replaceChildren();

/** say tells what a person sees to those who do not. */
export const say = (text: string): void => put($("status"), text);

/** isBusy says whether a log is still on its way or being judged. */
export const isBusy = (v: api.View): boolean => v.phase !== "done" && v.phase !== "failed";

/** hasTime says whether the lines of a log can be put along its time. */
export const hasTime = (v: api.View): boolean => v.timed > 0 && v.timed * 2 >= v.lines && v.last > v.first;
