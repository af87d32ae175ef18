// Changes of what is asked of a log.

import type { Pattern } from "../api.ts";
import { plural } from "../lib/format.ts";
import type { Filters } from "../store/filters.ts";
import { state, update } from "../store/store.ts";
import { say } from "./tell.ts";

export const filter = (part: Partial<Filters>): void => update({ filters: { ...state.filters, ...part } });

/** setAside takes a pattern out of the view. */
export function setAside(p: Pattern): void {
  const { normal, pattern } = state.filters;
  filter({
    normal: [...normal.filter((n) => n.id !== p.id), { id: p.id, text: p.text }],
    ...(pattern === p.id ? { pattern: "", patternText: "" } : {}),
  });
  say(`The pattern is set aside as normal: the Fluent Bit section ignores its ${plural(p.lines, "line")}.`);
}

/** settingAside says what it does. */
export const settingAside = (p: Pattern): string =>
  `Adds Ignore pattern:${p.record} to the Fluent Bit section, which silences ${plural(p.lines, "line")} of this log, and takes the pattern out of the view`;
