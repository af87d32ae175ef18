// The table of lines and the panel beside it, and going from anomaly to anomaly.

import * as api from "../../api.ts";
import { during, latest } from "../../lib/pending.ts";
import { drawDetail } from "../detail.ts";
import { change, everything, look } from "../tabs.ts";
import { $, h, keepFocus } from "../../lib/dom.ts";
import { query } from "../../filters.ts";
import { count } from "../../lib/format.ts";
import { Grid, isFlagged } from "./grid.ts";
import { complain, isBusy, page, say } from "../../store.ts";
import { setAside } from "../fluentbit/panel.ts";

const AROUND = 8; // lines before a line and behind it

/** from is the line that n and p go from, null for the active row's. */
let from: number | null = null;

export const grid = new Grid(
  $("grid"),
  (row, by) => {
    // Enter opens a line; a second one goes into it.
    if (by === "key" && page.opened?.row.n === row.n) $("detail-title").focus();
    else void openLine(row.n);
  },
  () => (from = null),
);

/** shown tells one content of the table from another: an answer to a question about an earlier one comes too late. */
let shown = 0;

/** showLines shows what the filters mean, from a row on. */
export function showLines(at = 0): void {
  if (!page.log) return;
  shown++;
  const { id } = page.log;
  const f = structuredClone(page.filters);
  const fetch = async (at: number, n: number, signal: AbortSignal): Promise<api.Rows> => {
    try {
      const a = await api.rows(id, query(f, { at, n }), signal);
      if (!signal.aborted) drawNothing(a.total);
      return a;
    } catch (e) {
      if (!signal.aborted) complain(e);
      throw e;
    }
  };
  grid.reset(fetch, look(), at);
  for (const format of ["csv", "jsonl"] as const) $<HTMLAnchorElement>(format).href = api.exportURL(id, query(f, { format }));
}

/** showLinesInPlace does so with the same line in sight, as near as there is one. */
export async function showLinesInPlace(): Promise<void> {
  const anchor = grid.anchor();
  if (!page.log || !anchor) return showLines();
  const now = shown;
  try {
    const a = await api.line(page.log.id, query(page.filters, { line: anchor.line }));
    if (now !== shown) return;
    grid.setTotal(a.total); // so that there is as far to scroll
    showLines(Math.max(0, a.index - anchor.below));
    if (page.opened?.row.n === anchor.line && isFlagged(a.row, page.filters.stop)) grid.choose(a.index, false, anchor.line);
  } catch {
    if (now === shown) showLines();
  }
}

function drawNothing(total: number): void {
  const { filters, log } = page;
  const box = $("nothing");
  if (total > 0 || !log) {
    keepFocus(box, $("grid"), () => box.replaceChildren());
    box.hidden = true;
    return;
  }
  box.hidden = false;
  const any = filters.levels.length > 0 || filters.text !== "" || filters.pattern !== "" || filters.range !== null;
  const text = isBusy(log)
    ? log.judged === 0 && filters.only ? "The model is still learning." : "Nothing so far."
    : log.judged === 0 && filters.only
      ? "No line was judged: the model learns from the first lines. Batch mode, or a smaller Warmup under Options, judges a short log."
      : filters.only
        ? `Nothing stands out${any ? " here" : ""}.`
        : "No line is like that.";
  keepFocus(box, $("grid"), () =>
    box.replaceChildren(
      h("p", {}, text),
      filters.only ? h("button", { type: "button", "data-key": "all", onclick: () => change({ only: false }) }, "Show all lines") : "",
      any ? h("button", { type: "button", "data-key": "clear", onclick: () => change({ levels: [], text: "", pattern: "", range: null }) }, "Clear the filters") : "",
    ),
  );
}

// One line

const next = latest();

/** openLine opens the side panel; an answer that comes after it was closed, or after another line was asked for, is not shown. */
async function openLine(line: number): Promise<void> {
  if (!page.log) return;
  const signal = next();
  from = line;
  try {
    const answer = await api.line(page.log.id, query(page.filters, { line, around: AROUND }), signal);
    if (signal.aborted) return;
    page.opened = answer;
    redrawDetail();
  } catch (e) {
    if (!signal.aborted) complain(e);
  }
}

export function forgetLine(): void {
  next();
  from = null;
  page.opened = null;
  $("detail").hidden = true;
}

export function redrawDetail(): void {
  const { filters, opened } = page;
  if (!opened) return;
  const box = $("detail");
  const wasHidden = box.hidden;
  box.hidden = false;
  keepFocus(box, box, () =>
    drawDetail(box, opened, page.begin.levels, filters.stop, filters.text, {
      close: closeDetail,
      go: (back) => void nextAnomaly(back),
      open: (line) => void openLine(line),
      inPlace: (line) => void showInPlace(line),
      only: (a) => change({ tab: "lines", pattern: a.pattern.id, patternText: a.pattern.text }),
      normal: (a) => {
        closeDetail();
        setAside(a.pattern);
      },
    }),
  );
  if (wasHidden) box.scrollTop = 0;
  say(`Line ${count(opened.row.n)}${isFlagged(opened.row, filters.stop) ? `, anomaly: ${opened.row.r ?? ""}` : ""}`);
}

function closeDetail(): void {
  forgetLine();
  $("grid").focus({ preventScroll: true });
}

/** showInPlace clears what narrows the table and goes to the line. */
async function showInPlace(line: number): Promise<void> {
  Object.assign(page.filters, { only: false, levels: [], text: "", pattern: "", range: null, tab: "lines" });
  $<HTMLInputElement>("search").value = "";
  everything();
  const now = shown;
  try {
    const a = await api.line(page.log!.id, query(page.filters, { line }));
    if (now !== shown) return;
    grid.setTotal(a.total);
    grid.scrollTo(Math.max(0, a.index - AROUND), "start");
    grid.choose(a.index, false, line);
    $("grid").focus({ preventScroll: true });
  } catch (e) {
    complain(e);
  }
}

// From anomaly to anomaly

let steps: Promise<void> = Promise.resolve();
let stepping = 0;

/** nextAnomaly goes to the next one among what is shown. Each call counts, also while the one before waits for its answer. */
function nextAnomaly(back: boolean): Promise<void> {
  stepping++;
  steps = steps
    .then(() => stepToAnomaly(back))
    .catch(complain)
    .finally(() => stepping--);
  return during(steps);
}

async function stepToAnomaly(back: boolean): Promise<void> {
  const { log } = page;
  const now = shown;
  if (!log) return;
  const line = from ?? (await grid.line()) ?? (back ? log.lines + 1 : 0);
  const found = await api.seek(log.id, query(page.filters, { line, ...(back ? { back: 1 } : {}) }));
  if (now !== shown) return;
  if (found.line < 0) return say(back ? "There is no anomaly before this one." : "There is no anomaly after this one.");
  grid.choose(found.index, false, found.line);
  if (page.opened) await openLine(found.line);
}

export function listenToLines(): void {
  const search = $<HTMLInputElement>("search");
  $("grid").addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.key === "n" || e.key === "p") {
      // A key that is held goes as fast as the answers come.
      if (!e.repeat || stepping === 0) void nextAnomaly(e.key === "p");
    } else if (e.key === "/") search.focus();
    else return;
    e.preventDefault();
  });
  // It means the anomaly that is still being looked for: before the table hears of it.
  const postpone = (e: KeyboardEvent): void => {
    if (e.key !== "Enter" || stepping === 0) return;
    e.stopPropagation();
    e.preventDefault();
    void steps.then(() => grid.openActive());
  };
  $("grid").addEventListener("keydown", postpone, { capture: true });
  $("view").addEventListener("keydown", (e) => {
    // In a field it clears the field.
    if (e.key !== "Escape" || (e.target as HTMLElement).closest("input, textarea, select")) return;
    if (page.opened) closeDetail();
    else forgetLine(); // one that is on its way
  });
}
