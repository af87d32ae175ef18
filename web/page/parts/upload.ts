// Logs come in: dropped, chosen or pasted. The first is shown, the others follow it.

import * as api from "../api.ts";
import { refuseOption, showLog } from "../actions/logs.ts";
import { calm, complain, say } from "../actions/tell.ts";
import { $, on } from "../lib/dom.ts";
import { plural } from "../lib/format.ts";
import { during } from "../lib/pending.ts";
import { state, update } from "../store/store.ts";

interface Dropped {
  name: string;
  body: Blob;
  modified?: number; // Unix milliseconds: a time without a year is of the last one before it
}

const dropped = (files: Iterable<File>): Dropped[] => [...files].map((f) => ({ name: f.name, body: f, modified: f.lastModified }));

const pasted = (text: string): Dropped => ({ name: "pasted text", body: new Blob([text]) });

export function startUpload(): void {
  listenToFiles();
  listenToDrops();
  listenToPaste();
  on("example", "click", () => void api.example().then((body) => take([{ name: "shop.log", body }]), complain));
}

function listenToFiles(): void {
  const files = $<HTMLInputElement>("files");
  for (const id of ["open", "choose", "refused-choose"]) on(id, "click", () => files.click());
  files.addEventListener("change", () => {
    void take(dropped(files.files ?? []));
    files.value = "";
  });
}

/** listenToDrops hears drops all over the page: beside a mark, a file would make the browser leave the page. */
function listenToDrops(): void {
  let depth = 0;
  const hasFiles = (e: DragEvent): boolean => e.dataTransfer?.types.includes("Files") ?? false;
  addEventListener("dragenter", (e) => {
    if (!hasFiles(e)) return;
    e.preventDefault();
    depth++;
    $("veil").hidden = false;
  });
  addEventListener("dragover", (e) => {
    if (hasFiles(e)) e.preventDefault();
  });
  addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    $("veil").hidden = depth === 0;
  });
  addEventListener("drop", (e) => {
    depth = 0;
    $("veil").hidden = true;
    if (!hasFiles(e)) return;
    e.preventDefault();
    void take(dropped(e.dataTransfer?.files ?? []));
  });
}

function listenToPaste(): void {
  const dialog = $<HTMLDialogElement>("paste-dialog");
  const text = $<HTMLTextAreaElement>("paste-text");
  for (const id of ["paste", "paste-too"]) on(id, "click", () => dialog.showModal());
  dialog.addEventListener("close", () => {
    const given = text.value;
    text.value = "";
    if (dialog.returnValue === "scan" && given.trim()) void take([pasted(given)]);
    dialog.returnValue = "";
  });
  document.addEventListener("paste", (e) => {
    if ((e.target as HTMLElement).closest("input, textarea") || !e.clipboardData) return;
    const { files } = e.clipboardData;
    const given = e.clipboardData.getData("text/plain");
    if (files.length) void take(dropped(files));
    else if (given.trim()) void take([pasted(given)]);
  });
}

const waiting: Dropped[] = [];
let taking = false;

const next = (): Dropped | undefined => {
  const first = waiting.shift();
  update({ queued: waiting.length });
  return first;
};

async function take(all: Dropped[]): Promise<void> {
  calm();
  waiting.push(...all);
  if (taking) {
    update({ queued: waiting.length });
    return say(`${plural(waiting.length, "log")} will follow.`);
  }
  taking = true;
  try {
    let show = true;
    for (let d = next(); d; d = next()) {
      // What cannot be shown leaves the place to the next.
      if (await during(takeOne(d, show))) show = false;
    }
  } finally {
    taking = false;
  }
}

async function takeOne({ name, body, modified = 0 }: Dropped, show: boolean): Promise<boolean> {
  let view: api.View;
  try {
    if (!(await isReadable(body))) throw new Error(`${name} cannot be read: it is a folder, or a file that the browser may not read. Drop the log files themselves.`);
    if (body.size === 0) throw new Error(`${name} is empty: there is nothing in it to judge.`);
    view = await api.create({ name, ...state.nextScan, size: body.size, modified });
  } catch (e) {
    if (state.logID) refuseOption(e);
    complain(e);
    return false;
  }
  const logs = [...state.logs, view];
  if (show || !state.logID) showLog(view, state.lostLink, logs);
  else update({ logs });
  await upload(view, body);
  return true;
}

async function upload({ id, name }: api.View, body: Blob): Promise<void> {
  const aborter = new AbortController();
  update({ uploads: new Map(state.uploads).set(id, aborter) });
  try {
    await api.upload(id, body, aborter.signal);
  } catch (e) {
    // What is wrong with a log stands in the view as well, also when the
    // server hung up before all of it was sent.
    const now = await api.view(id).catch(() => null);
    if (now && now.phase !== "failed") complain(aborter.signal.aborted ? e : `${name} did not come to its end: it changed while it was read, or the server is gone.`);
    else if (now?.error && state.logID !== id) complain(`${name}: ${now.error}`); // nobody polls it
  } finally {
    update({ uploads: new Map([...state.uploads].filter(([other]) => other !== id)) });
  }
}

/** isReadable is false for a folder, which browsers take for a file, and for what only others may read. */
const isReadable = (body: Blob): Promise<boolean> => body.slice(0, 1).arrayBuffer().then(() => true, () => false);
