// Incidents, lines, patterns, a comparison, or the section for Fluent Bit.

import { filter } from "../actions/filter.ts";
import { $, on } from "../lib/dom.ts";
import { tabs } from "../store/filters.ts";
import { state, subscribeNow } from "../store/store.ts";

export function startTabs(): void {
  for (const [i, tab] of tabs.entries()) {
    on(`tab-${tab}`, "click", () => filter({ tab }));
    on(`tab-${tab}`, "keydown", (e) => {
      const to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: tabs.length - 1 }[e.key];
      if (to === undefined) return;
      e.preventDefault();
      const next = tabs.at(to % tabs.length)!;
      filter({ tab: next });
      $(`tab-${next}`).focus();
    });
  }
  subscribeNow(() => [state.filters.tab], draw);
}

function draw(): void {
  const { tab } = state.filters;
  for (const t of tabs) {
    $(`tab-${t}`).setAttribute("aria-selected", String(t === tab));
    $(`tab-${t}`).tabIndex = t === tab ? 0 : -1;
    $(`panel-${t}`).hidden = t !== tab;
  }
  $("filters").hidden = tab === "section";
  // A pattern's lines all count.
  $("which").hidden = tab !== "lines";
  $("out").hidden = tab !== "lines" && tab !== "incidents";
  for (const id of ["csv", "jsonl"]) $(id).hidden = tab !== "lines";
  for (const id of ["report-html", "report-markdown"]) $(id).hidden = tab !== "incidents";
}
