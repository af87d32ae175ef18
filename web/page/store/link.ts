// A link says what is shown. It stands in the part of the address behind #,
// which never leaves the browser.

import type { Axis, Given } from "../api.ts";
import { fresh, type Link, type Range, type Sort, tabs } from "./filters.ts";

/** toHash writes a link; what is as it is at first is left out. */
export function toHash(l: Link, stops: number[], start: number): string {
  const q = new URLSearchParams();
  const f = l.filters;
  if (l.log) q.set("log", l.log);
  if (l.mode) q.set("mode", l.mode);
  for (const [name, values] of Object.entries(l.options)) for (const v of values) q.append(`o.${name}`, v);
  if (f.stop !== start) q.set("contamination", String(stops[f.stop]));
  if (!f.only) q.set("all", "1");
  if (f.levels.length) q.set("levels", f.levels.join(","));
  if (f.text) q.set("q", f.text);
  if (f.regex) q.set("regex", "1");
  if (f.exclude) q.set("exclude", "1");
  if (f.pattern) q.set("pattern", f.pattern);
  if (f.pattern && f.patternText) q.set("pattern.text", f.patternText);
  if (f.incident) q.set("incident", f.incident);
  if (f.sort) q.set("sort", f.sort);
  for (const n of f.normal) q.append("normal", JSON.stringify([n.id, n.text]));
  if (f.axis !== "time") q.set("by", f.axis);
  if (f.range) q.set("range", `${f.range.axis},${f.range.from},${f.range.to}`);
  if (f.zoom) q.set("zoom", `${f.zoom.axis},${f.zoom.from},${f.zoom.to}`);
  if (f.tab !== "incidents") q.set("tab", f.tab);
  return q.toString();
}

/** fromHash reads a link. What it does not understand it leaves at its first value. */
export function fromHash(hash: string, stops: number[], stop: number, levels: string[]): Link {
  const q = new URLSearchParams(hash.replace(/^#/, ""));
  const f = fresh(stop);
  const given = q.get("contamination");
  if (given !== null) {
    const i = stops.indexOf(Number(given));
    if (i >= 0) f.stop = i;
  }
  f.only = q.get("all") !== "1";
  f.levels = (q.get("levels") ?? "").split(",").filter((l) => levels.includes(l));
  f.text = q.get("q") ?? "";
  f.regex = q.get("regex") === "1";
  f.exclude = q.get("exclude") === "1";
  f.pattern = hex(q.get("pattern"));
  f.patternText = f.pattern && oneLine(q.get("pattern.text"));
  f.incident = /^[0-9a-zT-]{1,60}$/.exec(q.get("incident") ?? "")?.[0] ?? "";
  f.sort = (["newest", "score", "time", "latest"] as const).find((s): s is Exclude<Sort, ""> => s === q.get("sort")) ?? "";
  for (const entry of q.getAll("normal")) {
    try {
      const [id, text] = JSON.parse(entry) as unknown[];
      if (hex(String(id))) f.normal.push({ id: hex(String(id)), text: oneLine(text) });
    } catch {
      // Not one of ours.
    }
  }
  if (q.get("by") === "line") f.axis = "line";
  f.range = range(q.get("range"));
  f.zoom = range(q.get("zoom"));
  f.tab = tabs.find((t) => t === q.get("tab")) ?? f.tab;
  const mode = q.get("mode");
  const options: Given = {};
  for (const [name, value] of q) if (name.startsWith("o.")) (options[name.slice(2)] ??= []).push(value);
  return { log: q.get("log") ?? "", mode: mode === "batch" || mode === "stream" ? mode : null, options, filters: f };
}

const hex = (s: string | null): string => (s && /^[0-9a-f]{1,16}$/.test(s) ? s : "");

/** A link may come from a stranger: what it calls a pattern stays short and on its line. */
const oneLine = (s: unknown): string => String(s ?? "").replace(/[\u0000-\u001f\u007f\u2028\u2029]/g, " ").slice(0, 2000);

function range(s: string | null): Range | null {
  const [axis, from, to] = (s ?? "").split(",");
  const r = { axis: axis as Axis, from: Number(from), to: Number(to) };
  return (axis === "time" || axis === "line") && Number.isSafeInteger(r.from) && Number.isSafeInteger(r.to) && r.from < r.to ? r : null;
}
