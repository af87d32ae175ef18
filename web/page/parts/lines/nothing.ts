// What stands in the place of the table's lines when there is none.

import * as api from "../../api.ts";
import { filter } from "../../actions/filter.ts";
import { $, h, keepFocus } from "../../lib/dom.ts";
import { contamination, count, plural, score } from "../../lib/format.ts";
import { latest } from "../../lib/pending.ts";
import { isBusy, shownLog } from "../../store/derived.ts";
import { query, unfiltered } from "../../store/filters.ts";
import { state } from "../../store/store.ts";

const next = latest();

/** drawNothing says why there is no line, and how strange those are that are not flagged. */
export async function drawNothing(total: number): Promise<void> {
  const signal = next();
  const log = shownLog();
  const box = $("nothing");
  const draw = (more: string): void => {
    box.hidden = total > 0 || !log;
    keepFocus(box, $("grid"), () => box.replaceChildren(...(box.hidden ? [] : words(log!, more))));
  };
  draw("");
  if (total > 0 || !log || !state.filters.only || isBusy(log) || log.judged === 0) return;
  try {
    const a = await api.rows(log.id, query({ ...state.filters, only: false, sort: "score" }, { n: 1 }), signal);
    const top = a.rows[0];
    if (!signal.aborted && top) draw(strangest(log, a.total, top));
  } catch {
    // What is said already is true as well.
  }
}

function words(log: api.View, more: string): Node[] {
  const { only, levels, text, pattern, incident, range } = state.filters;
  const any = levels.length > 0 || text !== "" || pattern !== "" || incident !== "" || range !== null;
  const button = (key: string, words: string, run: () => void): HTMLElement => h("button", { type: "button", "data-key": key, onclick: run }, words);
  const all: HTMLElement[] = [h("p", {}, sentence(log, any))];
  if (more) all.push(h("p", {}, more));
  if (only) all.push(button("all", "Show all lines", () => filter({ only: false })));
  if (any) all.push(button("clear", "Clear the filters", () => filter(unfiltered)));
  return all;
}

function sentence(log: api.View, any: boolean): string {
  const { only, stop } = state.filters;
  const learning = log.judged === 0 && only;
  if (isBusy(log)) return learning ? "The model is still learning." : "Nothing so far.";
  if (learning) return "No line was judged: the model learns from the first lines. Batch mode, or a smaller Warmup under Options, judges a short log.";
  const at = stop > 0 ? ` at ${contamination(state.start.stops[stop]!)}` : "";
  return only ? `No line is flagged${any ? " here" : ""}${at}.` : "No line is like that.";
}

/** strangest says what there is all the same: the strangest line, and whether lines come faster than usual. */
function strangest(log: api.View, total: number, top: api.Row): string {
  const { range } = state.filters;
  const is = top.j ? `The strangest of ${plural(total, "line")} has a score of ${score(top.s)}.` : `${count(total)} lines were learned from and not judged.`;
  if (range?.axis !== "time" || log.last <= log.first) return is;
  const times = total / (range.to - range.from) / (log.lines / (log.last - log.first + 1));
  return times >= 2 ? `${is} Lines come ${times.toFixed(times < 10 ? 1 : 0)} times as often here as in the whole log: a slider further to the right flags more of it.` : is;
}
