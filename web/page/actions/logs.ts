// Logs are shown, judged again, closed.

import * as api from "../api.ts";
import { currentLink, shownLog } from "../store/derived.ts";
import { fresh, type Link } from "../store/filters.ts";
import { state, update } from "../store/store.ts";
import { forgetLine } from "./lines.ts";
import { calm, complain } from "./tell.ts";

/** showLog shows a log, by the filters of a link or by fresh ones, among those that are open. */
export function showLog(view: api.View, link: Link | null = null, logs = state.logs): void {
  forgetLine();
  update({
    logs,
    logID: view.id,
    // Who looks at lines goes on looking at lines.
    filters: link ? link.filters : fresh(state.filters.stop, state.filters.tab === "lines" ? "lines" : "incidents"),
    chart: null,
    lostLink: null,
  });
  planScan(view.mode, view.options);
}

/** planScan says what the next scan is to be done with, as far as the form knows of it. */
export function planScan(mode: api.Mode, options: api.Given): void {
  const known = state.start.options.filter(isField).map((o) => o.name);
  update({ nextScan: { mode, options: Object.fromEntries(Object.entries(options).filter(([name]) => known.includes(name))) }, optionError: null });
}

const without = (id: string): api.View[] => state.logs.filter((l) => l.id !== id);

const inPlaceOf = (id: string, view: api.View): api.View[] => state.logs.map((l) => (l.id === id ? view : l));

/** updateLog takes in how far a log is. Another page may have judged it again: this one follows. */
export function updateLog(id: string, now: api.View): void {
  if (now.id === id || state.logID !== id) update({ logs: inPlaceOf(id, now) });
  else showLog(now, { ...currentLink(), log: now.id }, inPlaceOf(id, now));
}

export async function closeLog(id: string): Promise<void> {
  calm();
  state.uploads.get(id)?.abort();
  const rest = without(id);
  const next = rest.at(-1);
  if (state.logID !== id) update({ logs: rest });
  else if (next) showLog(next, null, rest);
  else update({ logs: rest, logID: "" });
  await api.close(id).catch(complain);
}

/** loseLog gives up a log that the server has no more. */
export function loseLog(id: string): void {
  if (state.logID === id) update({ lostLink: currentLink(), logs: without(id), logID: "" });
  else update({ logs: without(id) });
}

/** expect keeps a link for the next log: its own is gone. */
export function expect(link: Link): void {
  update({ lostLink: link });
  planScan(link.mode ?? state.nextScan.mode, link.options);
}

/** stopLog ends the scan of a log; what has come stays. */
export async function stopLog(id: string): Promise<void> {
  await api.stop(id).catch(complain);
  state.uploads.get(id)?.abort();
}

/** scanAgain judges the same text under other options. */
export async function scanAgain(): Promise<void> {
  const old = shownLog();
  if (!old) return;
  calm();
  try {
    const view = await api.create({ of: old.id, ...state.nextScan });
    update({ optionError: null });
    const logs = inPlaceOf(old.id, view);
    if (state.logID === old.id) showLog(view, { log: view.id, mode: null, options: {}, filters: { ...state.filters } }, logs);
    else update({ logs });
    await api.close(old.id);
  } catch (e) {
    if (state.logID === old.id) update({ nextScan: { ...state.nextScan, mode: old.mode } });
    if (!refuseOption(e)) complain(e);
  }
}

/** refuseOption shows an error beside the option that it is about; it is false when there is none such. */
export function refuseOption(e: unknown): boolean {
  const option = e instanceof api.Failure && state.start.options.find((o) => o.name === e.option && isField(o));
  if (!option) return false;
  update({ optionsOpen: true, optionError: { option: option.name, text: (e as api.Failure).message } });
  return true;
}

/** isField says whether an option stands in the form: one has a slider of its own. */
export const isField = (o: api.Option): boolean => o.name !== "Contamination";
