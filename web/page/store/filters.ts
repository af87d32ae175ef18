// What is asked of a log.

import type { Axis, Given, Mode } from "../api.ts";

export interface Range {
  axis: Axis;
  from: number; // Unix milliseconds or line number
  to: number; // excluded
}

/** Normal is a pattern that is set aside as normal. */
export interface Normal {
  id: string;
  text: string;
}

export const tabs = ["incidents", "lines", "patterns", "compare", "section"] as const;

export type Tab = (typeof tabs)[number];

/** Sort is what the lines are sorted by, empty for their order in the log. */
export type Sort = "" | "newest" | "score" | "time" | "latest";

/** Filters are never changed in place: who subscribes to one of them compares it. */
export interface Filters {
  stop: number; // index of the slider's stop
  only: boolean; // anomalies only
  levels: string[];
  text: string;
  regex: boolean; // text is a regular expression
  exclude: boolean; // lines without the text
  pattern: string; // its id, or empty
  patternText: string;
  incident: string; // its id, or empty
  normal: Normal[]; // patterns that are set aside
  sort: Sort;
  range: Range | null; // brushed
  zoom: Range | null; // what the chart shows
  axis: Axis;
  tab: Tab;
}

export const fresh = (stop: number, tab: Tab = "incidents"): Filters => ({
  stop,
  only: true,
  levels: [],
  text: "",
  regex: false,
  exclude: false,
  pattern: "",
  patternText: "",
  incident: "",
  normal: [],
  sort: "",
  range: null,
  zoom: null,
  axis: "time",
  tab,
});

/** unfiltered shows all lines of a log. */
export const unfiltered: Partial<Filters> = { levels: [], text: "", regex: false, exclude: false, pattern: "", patternText: "", incident: "", range: null };

/** Link is all that a link keeps. */
export interface Link {
  log: string;
  mode: Mode | null;
  options: Given;
  filters: Filters;
}

/** narrowing is what decides on the lines that the table has, but for the slider. */
export const narrowing = (f: Filters): readonly unknown[] => [f.only, f.levels, f.text, f.regex, f.exclude, f.pattern, f.incident, f.normal, f.range, f.sort];

/** query is a filter as the server reads it. */
export function query(f: Filters, extra: Record<string, string | number> = {}): URLSearchParams {
  const q = new URLSearchParams({ stop: String(f.stop) });
  if (f.only) q.set("only", "1");
  if (f.levels.length) q.set("levels", f.levels.join(","));
  if (f.text) q.set("q", f.text);
  if (f.text && f.regex) q.set("regex", "1");
  if (f.text && f.exclude) q.set("exclude", "1");
  if (f.pattern) q.set("pattern", f.pattern);
  if (f.incident) q.set("incident", f.incident);
  if (f.sort) q.set("sort", f.sort);
  if (f.normal.length) q.set("hide", f.normal.map((n) => n.id).join(","));
  if (f.range) setRange(q, f.range);
  for (const [name, value] of Object.entries(extra)) q.set(name, String(value));
  return q;
}

function setRange(q: URLSearchParams, r: Range): void {
  q.set("axis", r.axis);
  q.set("from", String(r.from));
  q.set("to", String(r.to));
}

/** chartQuery is for the chart, whose range is what it is zoomed to. */
export function chartQuery(f: Filters, extra: Record<string, string | number>): URLSearchParams {
  const q = query({ ...f, range: null, only: false, sort: "" }, extra);
  if (f.zoom) setRange(q, f.zoom);
  return q;
}
