// Logs come and go: dropped, pasted, named by a link, judged again, closed.

import * as api from "../api.ts";
import { during } from "../lib/pending.ts";
import { everything, grown } from "../parts/tabs.ts";
import { $, findFocus, h } from "../lib/dom.ts";
import { fresh, type Link } from "../filters.ts";
import { count, plural } from "../lib/format.ts";
import { drawState, flaggedTotal } from "../parts/summary.ts";
import { forgetLine } from "../parts/lines/lines.ts";
import { currentLink, forgetLink } from "../parts/address.ts";
import { fields, mode, setMode, showOptions } from "../parts/options/options.ts";
import { calm, complain, isBusy, page, say } from "../store.ts";

const POLL = 400; // ms between questions while a log is scanned
const ALIVE = 60_000; // and afterwards, so that the server keeps it

export interface Dropped {
  name: string;
  body: Blob;
}

const uploads = new Map<string, AbortController>();
const waiting: Dropped[] = [];
let taking = false;
let pending: Link | null = null; // of a link whose log is gone: for the next one

/** isUploading says whether a log is on its way from this page. */
export const isUploading = (id: string): boolean => uploads.has(id);

/** waitingLogs is how many come after the one that is on its way. */
export const waitingLogs = (): number => waiting.length;

/** take opens files or pasted text: the first is shown, the others follow it. */
export async function take(all: Dropped[]): Promise<void> {
  calm();
  waiting.push(...all);
  if (taking) {
    if (page.log) drawState();
    return say(`${plural(waiting.length, "log")} will follow.`);
  }
  taking = true;
  try {
    let show = true;
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      // What cannot be shown leaves the place to the next.
      if (await during(takeOne(next, show))) show = false;
    }
  } finally {
    taking = false;
  }
}

async function takeOne({ name, body }: Dropped, show: boolean): Promise<boolean> {
  let view: api.View;
  try {
    if (!(await isReadable(body))) throw new Error(`${name} cannot be read: it is a folder, or a file that the browser may not read. Drop the log files themselves.`);
    if (body.size === 0) throw new Error(`${name} is empty: there is nothing in it to judge.`);
    view = await api.create({ name, mode: mode(), options: fields.get(), size: body.size });
  } catch (e) {
    if (page.log && e instanceof api.Failure && fields.complain(e.option, e.message)) showOptions(true);
    complain(e);
    return false;
  }
  setLogs([...page.logs, view]);
  if (show || !page.log) select(view, pending);
  const aborter = new AbortController();
  uploads.set(view.id, aborter);
  try {
    await api.upload(view.id, body, aborter.signal);
  } catch (e) {
    // What is wrong with a log stands in the view as well, also when the
    // server hung up before all of it was sent.
    const now = await api.view(view.id).catch(() => null);
    if (now && now.phase !== "failed") complain(aborter.signal.aborted ? e : `${name} did not come to its end: it changed while it was read, or the server is gone.`);
    else if (now?.error && page.log?.id !== view.id) complain(`${name}: ${now.error}`); // nobody polls it
  } finally {
    uploads.delete(view.id);
  }
  await poll();
  return true;
}

/** isReadable is false for a folder, which browsers take for a file, and for what only others may read. */
const isReadable = (body: Blob): Promise<boolean> => body.slice(0, 1).arrayBuffer().then(() => true, () => false);

export function setLogs(logs: api.View[]): void {
  page.logs = logs;
  $("logs").hidden = logs.length === 0;
  $("log").replaceChildren(...logs.map((l) => h("option", { value: l.id, selected: l.id === page.log?.id }, l.name)));
  try {
    // For a reload of the page: who knows an id may see the log, and nobody else does.
    sessionStorage.setItem("logs", JSON.stringify(logs.map((l) => l.id)));
  } catch {
    // A browser that keeps nothing: then a reload finds what the link names.
  }
}

/** restore finds the logs that were open before a reload, and those of the command line. */
export async function restore(): Promise<void> {
  let ids = page.begin.views;
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem("logs") ?? "[]");
    if (Array.isArray(kept)) ids = [...new Set([...ids, ...kept.filter((id) => typeof id === "string")])];
  } catch {
    // As if nothing were kept.
  }
  const found = await Promise.allSettled(ids.map((id) => api.view(id)));
  const logs = found.flatMap((f) => (f.status === "fulfilled" ? [f.value] : []));
  setLogs(logs.filter((l, i) => logs.findIndex((o) => o.id === l.id) === i));
}

/** select shows a log, by the filters of a link or by fresh ones. */
export function select(view: api.View, link: Link | null = null): void {
  page.log = view;
  page.chart = null;
  forgetLine();
  page.filters = link ? link.filters : fresh(page.filters?.stop ?? page.begin.stop);
  pending = null;
  fields.set(view.options);
  setMode(view.mode);
  $("welcome").hidden = true;
  $("view").hidden = false;
  $("log-title").textContent = view.name;
  document.title = `${view.name} · flb-anomaly`;
  polled = { lines: -1, phase: "" };
  setLogs(page.logs);
  drawState();
  everything();
  void poll();
}

export function welcome(): void {
  page.log = null;
  $("welcome").hidden = false;
  $("view").hidden = true;
  document.title = "flb-anomaly";
  setLogs(page.logs);
  findFocus($("main"));
}

/** expect keeps a link for the next log: its own is gone. */
export function expect(link: Link): void {
  pending = link;
  fields.set(link.options);
  if (link.mode) setMode(link.mode);
}

export async function closeLog(id: string): Promise<void> {
  calm();
  uploads.get(id)?.abort();
  setLogs(page.logs.filter((l) => l.id !== id));
  await api.close(id).catch(complain);
  if (page.log?.id !== id) return;
  const next = page.logs.at(-1);
  if (next) {
    select(next);
    return findFocus($("main")); // from the button of a refused log
  }
  welcome();
  forgetLink();
}

/** stopLog ends the scan of a log; what has come stays. */
export async function stopLog(id: string): Promise<void> {
  try {
    await api.stop(id);
  } catch (e) {
    complain(e);
  }
  uploads.get(id)?.abort();
  await poll();
}

/** scanAgain judges the same text under other options. */
export async function scanAgain(): Promise<void> {
  const old = page.log;
  if (!old) return;
  calm();
  try {
    const view = await api.create({ of: old.id, mode: mode(), options: fields.get() });
    fields.complain();
    setLogs(page.logs.map((l) => (l.id === old.id ? view : l)));
    if (page.log?.id === old.id) select(view, { log: view.id, mode: null, options: {}, filters: { ...page.filters } });
    await api.close(old.id);
  } catch (e) {
    if (page.log?.id === old.id) setMode(old.mode);
    if (!(e instanceof api.Failure && fields.complain(e.option, e.message))) complain(e);
    else showOptions(true);
  }
}

// While a log is scanned

let timer = 0;
let polled = { lines: -1, phase: "" };

/** poll asks how far the log is that is shown, and goes on asking. */
export const poll = (): Promise<void> => during(pollOnce());

async function pollOnce(): Promise<void> {
  clearTimeout(timer);
  const id = page.log?.id;
  if (!id) return;
  try {
    const now = await api.view(id);
    if (page.log?.id !== id) return;
    page.logs = page.logs.map((l) => (l.id === id ? now : l));
    // Another page has judged it again: this one follows.
    if (now.id !== id) return select(now, { ...currentLink(), log: now.id });
    page.log = now;
    const changed = now.lines !== polled.lines || now.phase !== polled.phase;
    const ended = now.phase !== polled.phase;
    polled = { lines: now.lines, phase: now.phase };
    drawState();
    if (ended && now.phase === "failed" && now.error && now.lines > 0) complain(now.error);
    if (changed) await grown();
    if (ended && now.phase === "done") say(`${now.name} is scanned: ${plural(now.lines, "line")}, ${count(flaggedTotal())} anomalies.`);
  } catch (e) {
    if (e instanceof api.Failure && e.status === 404) return gone(id, e);
    complain(e);
  }
  clearTimeout(timer); // of a poll that came in between
  timer = window.setTimeout(() => void poll(), page.log && isBusy(page.log) ? POLL : ALIVE);
}

function gone(id: string, e: api.Failure): void {
  if (page.log?.id === id) {
    pending = currentLink();
    page.logs = page.logs.filter((l) => l.id !== id);
    welcome();
    complain(e);
  } else {
    setLogs(page.logs.filter((l) => l.id !== id));
  }
}
