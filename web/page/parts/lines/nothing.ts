// What stands in the place of the table's lines when there is none.

import type { View } from "../../api.ts";
import { filter } from "../../actions/filter.ts";
import { $, h, keepFocus } from "../../lib/dom.ts";
import { isBusy, shownLog } from "../../store/derived.ts";
import { state } from "../../store/store.ts";

export function drawNothing(total: number): void {
  const log = shownLog();
  const box = $("nothing");
  box.hidden = total > 0 || !log;
  keepFocus(box, $("grid"), () => box.replaceChildren(...(box.hidden ? [] : words(log!))));
}

function words(log: View): Node[] {
  const { only, levels, text, pattern, range } = state.filters;
  const any = levels.length > 0 || text !== "" || pattern !== "" || range !== null;
  const button = (key: string, words: string, run: () => void): HTMLElement => h("button", { type: "button", "data-key": key, onclick: run }, words);
  const all: HTMLElement[] = [h("p", {}, sentence(log, any))];
  if (only) all.push(button("all", "Show all lines", () => filter({ only: false })));
  if (any) all.push(button("clear", "Clear the filters", () => filter({ levels: [], text: "", regex: false, exclude: false, pattern: "", range: null })));
  return all;
}

function sentence(log: View, any: boolean): string {
  const { only } = state.filters;
  const learning = log.judged === 0 && only;
  if (isBusy(log)) return learning ? "The model is still learning." : "Nothing so far.";
  if (learning) return "No line was judged: the model learns from the first lines. Batch mode, or a smaller Warmup under Options, judges a short log.";
  return only ? `Nothing stands out${any ? " here" : ""}.` : "No line is like that.";
}
