// The list of patterns.

import * as api from "../../api.ts";
import { complain } from "../../actions/tell.ts";
import { $, h, keepFocus, on, put } from "../../lib/dom.ts";
import { count, plural } from "../../lib/format.ts";
import { later, latest, steadily } from "../../lib/pending.ts";
import { drawHeads } from "../../lib/sorting.ts";
import { axisInUse, shownLog } from "../../store/derived.ts";
import { query } from "../../store/filters.ts";
import { state, subscribe } from "../../store/store.ts";
import { columns } from "./columns.ts";

const STEP = 100; // listed at first, and more at each request
const ASKED = 400; // at most, of one answer

let wanted = STEP;

export function startPatterns(): void {
  const growing = steadily(refresh);
  const anew = (): void => {
    wanted = STEP;
    void refresh();
  };
  const sortBy = (value: string): void => {
    $<HTMLSelectElement>("sort").value = value;
    drawHead(sortBy);
    anew();
  };
  drawHead(sortBy);
  subscribe(() => [state.logID, state.filters.levels, state.filters.text, state.filters.regex, state.filters.exclude, state.filters.normal, state.filters.range, state.zone, axisInUse()], anew);
  subscribe(() => [state.filters.tab], () => void refresh());
  subscribe(() => [state.logID, shownLog()?.lines, shownLog()?.phase], ([id], [before]) => {
    if (id === before) growing();
  });
  subscribe(() => [state.filters.stop], later(60, () => void refresh()));
  on("sort", "change", () => sortBy(sort()));
  on("patterns-more", "click", () => {
    wanted += STEP;
    void refresh();
  });
}

const sort = (): string => $<HTMLSelectElement>("sort").value;

function drawHead(sortBy: (value: string) => void): void {
  drawHeads($("patterns-head"), $("tab-patterns"), columns, sort(), sortBy);
}

const next = latest();

async function refresh(): Promise<void> {
  const { logID, filters } = state;
  if (!logID || filters.tab !== "patterns") return;
  const signal = next();
  try {
    const all: api.Pattern[] = [];
    let total = 1;
    while (all.length < Math.min(wanted, total)) {
      // Of a pattern, all lines count: what is asked is how strange it is.
      const q = query({ ...filters, only: false, pattern: "", incident: "", sort: "" }, { at: all.length, n: Math.min(ASKED, wanted - all.length), sort: sort(), x: axisInUse() });
      const answer = await api.patterns(logID, q, signal);
      if (signal.aborted) return;
      total = answer.total;
      if (!answer.patterns.length) break;
      all.push(...answer.patterns);
    }
    draw(all, total);
  } catch (e) {
    if (!signal.aborted) complain(e);
  }
}

function draw(all: api.Pattern[], total: number): void {
  put($("patterns-text"), `${plural(total, "pattern")}${all.length < total ? `, ${count(all.length)} shown` : ""}`);
  keepFocus($("patterns"), $("tab-patterns"), () => $("patterns").replaceChildren(...all.map(row)));
  $("patterns-more").hidden = all.length >= total;
}

const row = (p: api.Pattern): HTMLElement =>
  h("tr", { role: "row" }, ...columns.map((c) => h("td", { role: "cell", class: `${c.number ? "num " : ""}${c.name}` }, ...c.draw(p))));
