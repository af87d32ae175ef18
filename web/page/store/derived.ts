// What follows from the state.

import type { Axis, Row, View } from "../api.ts";
import { type Dates, datesOf, setZone } from "../lib/format.ts";
import type { Link } from "./filters.ts";
import { state } from "./store.ts";

/** shownLog is the log that is shown, null while there is none. */
export const shownLog = (): View | null => state.logs.find((l) => l.id === state.logID) ?? null;

/** isBusy says whether a log is still on its way or being judged. */
export const isBusy = (v: View): boolean => v.phase !== "done" && v.phase !== "failed";

/** hasTime says whether the lines of a log can be put along its time. */
export const hasTime = (v: View): boolean => v.timed > 0 && v.timed * 2 >= v.lines && v.last > v.first;

/** axisInUse is by time where most lines have one. */
export function axisInUse(): Axis {
  const log = shownLog();
  return log && hasTime(log) ? state.filters.axis : "line";
}

/** followZone has all times written in the zone that is chosen. */
export function followZone(): void {
  setZone(state.zone === "browser" ? "browser" : state.zone === "utc" ? 0 : (shownLog()?.zone ?? 0));
}

/** dates is what a time of the log needs before it. */
export function dates(): Dates {
  const log = shownLog();
  return log ? datesOf(log.first, log.last) : "";
}

/** flaggedTotal is how many lines are flagged, patterns set aside left out. */
export const flaggedTotal = (): number => (state.chart?.total.flagged ?? shownLog()?.flagged)?.[state.filters.stop] ?? 0;

/** isFlagged reads a row's flag at the slider's stop. */
export const isFlagged = (row: Row, stop = state.filters.stop): boolean => ((row.f >>> stop) & 1) === 1;

/** textToMark is the text that is searched for, where it stands in the lines; the server finds what an expression matches. */
export const textToMark = (): string => (state.filters.regex || state.filters.exclude ? "" : state.filters.text);

/** currentLink says what is shown. */
export function currentLink(): Link {
  const log = shownLog();
  return { log: state.logID, mode: log && log.mode !== state.start.mode ? log.mode : null, options: log?.options ?? {}, filters: state.filters };
}
