// Changes of what is asked of a log.

import type { Pattern } from "../api.ts";
import type { Filters } from "../store/filters.ts";
import { state, update } from "../store/store.ts";
import { say } from "./tell.ts";

export const filter = (part: Partial<Filters>): void => update({ filters: { ...state.filters, ...part } });

/** setAside takes a pattern out of the view. */
export function setAside(p: Pattern): void {
  const { normal, pattern } = state.filters;
  filter({
    normal: [...normal.filter((n) => n.id !== p.id), { id: p.id, text: p.text, ignore: p.ignore }],
    ...(pattern === p.id ? { pattern: "", patternText: "" } : {}),
  });
  say("The pattern is set aside as normal: the Fluent Bit section has an Ignore line for it.");
}
