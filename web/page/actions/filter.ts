// Changes of what is asked of a log.

import * as api from "../api.ts";
import type { Pattern } from "../api.ts";
import { plural } from "../lib/format.ts";
import type { Filters } from "../store/filters.ts";
import { state, update } from "../store/store.ts";
import { complain, say } from "./tell.ts";

export const filter = (part: Partial<Filters>): void => update({ filters: { ...state.filters, ...part } });

/** Known is what must be known of a pattern to set it aside. */
type Known = Pick<Pattern, "id" | "record" | "text" | "lines">;

/** setAside takes a pattern out of the view. */
export function setAside(p: Known): void {
  const { normal, pattern } = state.filters;
  filter({
    normal: [...normal.filter((n) => n.id !== p.id), { id: p.id, text: p.text }],
    ...(pattern === p.id ? { pattern: "", patternText: "" } : {}),
  });
  say(`The pattern is set aside as normal: the Fluent Bit section ignores its ${plural(p.lines, "line")}.`);
  void write(p.id, true);
}

/** takeBack puts it into the view again. */
export function takeBack(id: string): void {
  filter({ normal: state.filters.normal.filter((n) => n.id !== id) });
  void write(id, false);
}

/** write has the server's file say so, where there is one. */
async function write(id: string, normal: boolean): Promise<void> {
  if (!state.start.ignoreFile) return;
  try {
    await api.setNormal(state.logID, id, normal);
    say(`${state.start.ignoreFile} ${normal ? "ignores the pattern" : "does not ignore the pattern any more"}.`);
  } catch (e) {
    complain(e);
  }
}

/** settingAside says what it does. */
export const settingAside = (p: Known): string =>
  `Adds Ignore pattern:${p.record} to the Fluent Bit section${state.start.ignoreFile ? ` and to ${state.start.ignoreFile}` : ""}, which silences ${plural(p.lines, "line")} of this log, and takes the pattern out of the view`;
