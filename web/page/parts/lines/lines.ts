// The table of lines: what it is asked for, and its keys.

import * as api from "../../api.ts";
import { afterSteps, isStepping, nextAnomaly, openLine } from "../../actions/lines.ts";
import { filter } from "../../actions/filter.ts";
import { complain } from "../../actions/tell.ts";
import { $ } from "../../lib/dom.ts";
import { later, latest, steadily } from "../../lib/pending.ts";
import { dates, isFlagged, shownLog, textToMark } from "../../store/derived.ts";
import { narrowing, query } from "../../store/filters.ts";
import { type Jump, state, subscribe, subscribeNow, update } from "../../store/store.ts";
import { columns, type Look } from "./columns.ts";
import { Grid } from "./grid.ts";
import { drawNothing } from "./nothing.ts";

let grid: Grid;

export function startLines(): void {
  grid = new Grid($("grid"), columns, open, (active) => update({ active, stepFrom: null }), (sort) => filter({ sort }));
  const growing = steadily(() => grid.refresh());
  subscribeNow(() => [state.filters.sort], () => grid.showSort(state.filters.sort));
  subscribe(() => [state.logID, ...narrowing(state.filters)], () => showLines());
  subscribe(() => [state.filters.stop, textToMark(), dates(), state.zone, shownLog()?.zone, shownLog()?.first, shownLog()?.last], () => grid.restyle(look()));
  subscribe(() => [state.logID, shownLog()?.lines, shownLog()?.phase], ([id], [before]) => {
    if (id === before) growing();
  });
  // The rows in sight carry their flags for every stop: they change at once, the rest follows.
  subscribe(() => [state.filters.stop], later(60, () => {
    if (state.filters.only && asked !== state.filters.stop) void showLinesInPlace();
  }));
  subscribe(() => [state.jump], () => state.jump && go(state.jump));
  listen();
}

const look = (): Look => ({ levels: state.start.levels, stop: state.filters.stop, search: textToMark(), dates: dates(), first: shownLog()?.first ?? 0, last: shownLog()?.last ?? 0, zone: `${state.zone}${shownLog()?.zone}` });

const next = latest();
let asked = -1; // the slider's stop of the lines that are shown, or on their way

/** showLines shows what the filters mean, from a row on. */
function showLines(at = 0): void {
  next(); // an answer about an earlier content comes too late
  const { logID, filters } = state;
  if (!logID) return;
  asked = filters.stop;
  update({ active: null });
  const fetch = async (at: number, n: number, signal: AbortSignal): Promise<api.Rows> => {
    try {
      const a = await api.rows(logID, query(filters, { at, n }), signal);
      if (!signal.aborted) void drawNothing(a.total);
      return a;
    } catch (e) {
      if (!signal.aborted) complain(e);
      if (!(e instanceof api.Failure) || e.status !== 400) throw e;
      void drawNothing(0); // no line is like what cannot be understood
      return { total: 0, from: 0, rows: [] };
    }
  };
  grid.reset(fetch, look(), at);
}

/** showLinesInPlace does so with the same line in sight, as near as there is one. */
async function showLinesInPlace(): Promise<void> {
  const anchor = grid.anchor();
  if (!anchor) return showLines();
  const signal = next();
  asked = state.filters.stop;
  try {
    const a = await api.line(state.logID, query(state.filters, { line: anchor.line }), signal);
    if (signal.aborted) return;
    grid.setTotal(a.total); // so that there is as far to scroll
    showLines(Math.max(0, a.index - anchor.below));
    if (anchor.isActive && isFlagged(a.row)) grid.choose(a.index, false, anchor.line);
  } catch {
    if (!signal.aborted) showLines();
  }
}

function go({ index, line, among }: Jump): void {
  if (among) {
    grid.setTotal(among.total);
    grid.scrollTo(Math.max(0, index - among.below));
    $("grid").focus({ preventScroll: true });
  }
  grid.choose(index, false, line);
}

/** open opens a line by Enter or a click; a second Enter goes into it. */
function open(row: api.Row, by: "key" | "pointer"): void {
  if (by === "key" && state.opened?.row.n === row.n) $("detail").querySelector("h2")?.focus();
  else void openLine(row.n);
}

function listen(): void {
  const table = $("grid");
  table.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.key === "n" || e.key === "p") {
      // A key that is held goes as fast as the answers come.
      if (!e.repeat || !isStepping()) nextAnomaly(e.key === "p");
    } else if (e.key === "/") $("search").focus();
    else return;
    e.preventDefault();
  });
  // It means the anomaly that is still being looked for: before the table hears of it.
  const postpone = (e: KeyboardEvent): void => {
    if (e.key !== "Enter" || !isStepping()) return;
    e.stopPropagation();
    e.preventDefault();
    afterSteps(() => grid.openActive());
  };
  table.addEventListener("keydown", postpone, { capture: true });
}
