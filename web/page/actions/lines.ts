// One line in the side panel, and going from anomaly to anomaly.

import * as api from "../api.ts";
import { during, latest } from "../lib/pending.ts";
import { shownLog } from "../store/derived.ts";
import { narrowing, query, unfiltered } from "../store/filters.ts";
import { state, update } from "../store/store.ts";
import { filter } from "./filter.ts";
import { complain, say } from "./tell.ts";

const AROUND = 8; // lines before a line and behind it

const next = latest();

/** openLine opens the side panel; an answer that comes after it was closed, or after another line was asked for, is not shown. */
export async function openLine(line: number): Promise<void> {
  if (!state.logID) return;
  const signal = next();
  update({ stepFrom: line });
  try {
    const opened = await api.line(state.logID, query(state.filters, { line, around: AROUND }), signal);
    if (!signal.aborted) update({ opened });
  } catch (e) {
    if (!signal.aborted) complain(e);
  }
}

/** forgetLine closes the side panel, also for a line that is on its way. */
export function forgetLine(): void {
  next();
  update({ stepFrom: null, opened: null });
}

/** unchanged gives a function that says whether the table still has the lines that it has now: else an answer comes too late. */
function unchanged(): () => boolean {
  const now = (): readonly unknown[] => [state.logID, state.filters.stop, ...narrowing(state.filters)];
  const before = now();
  return () => now().every((v, i) => v === before[i]);
}

/** showAmongAll clears what narrows the table and goes to the line. */
export async function showAmongAll(line: number): Promise<void> {
  filter({ ...unfiltered, sort: "", only: false, tab: "lines" });
  const isCurrent = unchanged();
  try {
    const a = await api.line(state.logID, query(state.filters, { line }));
    if (isCurrent()) update({ jump: { index: a.index, line, among: { total: a.total, below: AROUND } } });
  } catch (e) {
    complain(e);
  }
}

let steps: Promise<void> = Promise.resolve();
let stepping = 0;

/** isStepping says whether an anomaly is being looked for. */
export const isStepping = (): boolean => stepping > 0;

/** afterSteps runs something when it is found. */
export const afterSteps = (run: () => void): void => void steps.then(run);

/** nextAnomaly goes to the next one among what is shown. Each call counts, also while the one before waits for its answer. */
export function nextAnomaly(back: boolean): void {
  stepping++;
  steps = steps
    .then(() => stepToAnomaly(back))
    .catch(complain)
    .finally(() => stepping--);
  void during(steps);
}

async function stepToAnomaly(back: boolean): Promise<void> {
  const log = shownLog();
  if (!log) return;
  const isCurrent = unchanged();
  const line = (await stepFrom()) ?? (back ? log.lines + 1 : 0);
  const found = await api.seek(log.id, query(state.filters, { line, ...(back ? { back: 1 } : {}) }));
  if (!isCurrent()) return;
  if (found.line < 0) return say(back ? "There is no anomaly before this one." : "There is no anomaly after this one.");
  update({ jump: { index: found.index, line: found.line } });
  if (state.opened) await openLine(found.line);
}

/** stepFrom is the line to go from, null for the end of the table. */
async function stepFrom(): Promise<number | null> {
  if (state.stepFrom !== null || !state.active) return state.stepFrom;
  const { index, line } = state.active;
  if (line !== null) return line;
  const { rows } = await api.rows(state.logID, query(state.filters, { at: index, n: 1 }));
  return rows[0]?.n ?? null;
}
