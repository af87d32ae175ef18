// The page of flb-anomaly serve. Its skeleton stands in index.html, and each part
// has a file of its own; this one starts them and hears what is done.

import * as api from "./api.ts";
import { chooseSight, logChart } from "./parts/chart/chart.ts";
import { during } from "./lib/pending.ts";
import { change, listenToTabs, slide } from "./parts/tabs.ts";
import { $, later } from "./lib/dom.ts";
import { fresh } from "./filters.ts";
import { size } from "./lib/format.ts";
import { listenToLines } from "./parts/lines/lines.ts";
import { follow, listenToLink } from "./parts/address.ts";
import { closeLog, type Dropped, poll, restore, scanAgain, select, stopLog, take, welcome } from "./actions/logs.ts";
import { listenToSection } from "./parts/fluentbit/panel.ts";
import { fields, setMode, showOptions } from "./parts/options/options.ts";
import { calm, complain, page } from "./store.ts";
import { listenToPatterns } from "./parts/patterns/patterns.ts";
import { startTheme } from "./parts/theme.ts";

const on = <K extends keyof HTMLElementEventMap>(id: string, event: K, run: (e: HTMLElementEventMap[K]) => void): void => $(id).addEventListener(event, run);

/** chosen hears which of several radio buttons is chosen. */
function chosen(name: string, run: (value: string) => void): void {
  for (const input of document.querySelectorAll<HTMLInputElement>(`input[name=${name}]`)) input.addEventListener("change", () => run(input.value));
}

const dropped = (files: Iterable<File>): Dropped[] => [...files].map((f) => ({ name: f.name, body: f }));

function listenToFiles(): void {
  const files = $<HTMLInputElement>("files");
  for (const id of ["open", "choose", "refused-choose"]) on(id, "click", () => files.click());
  files.addEventListener("change", () => {
    void take(dropped(files.files ?? []));
    files.value = "";
  });

  // A file dropped beside the mark would make the browser leave the page.
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

  const dialog = $<HTMLDialogElement>("paste-dialog");
  const text = $<HTMLTextAreaElement>("paste-text");
  const pasted = (text: string): Dropped => ({ name: "pasted text", body: new Blob([text]) });
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

function listenToLogs(): void {
  on("log", "change", () => {
    const view = page.logs.find((l) => l.id === $<HTMLSelectElement>("log").value);
    if (!view) return;
    calm();
    select(view);
  });
  for (const id of ["close", "refused-close"]) on(id, "click", () => page.log && void closeLog(page.log.id));
  on("stop", "click", () => page.log && void stopLog(page.log.id));
  chosen("mode", () => void scanAgain());
  on("options-toggle", "click", () => showOptions($("options").hidden !== false));
  on("options", "submit", (e) => {
    e.preventDefault();
    void scanAgain();
  });
  on("options", "reset", (e) => {
    e.preventDefault();
    fields.set({});
  });
  // A tab in the background is slowed down: ask at once when it is back.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) void poll();
  });
}

function listenToFilters(): void {
  on("slider", "input", () => slide(Number($<HTMLInputElement>("slider").value)));
  chosen("axis", (value) => change({ axis: value as api.Axis, zoom: null }));
  on("zoom-in", "click", () => logChart.zoom(1 / 2));
  on("zoom-out", "click", () => logChart.zoom(2));
  on("pan-left", "click", () => logChart.pan(-0.5));
  on("pan-right", "click", () => logChart.pan(0.5));
  on("zoom-only", "click", chooseSight);
  on("zoom-reset", "click", () => change({ range: null, zoom: null }));
  chosen("only", (value) => change({ only: value === "1" }));
  const search = $<HTMLInputElement>("search");
  search.addEventListener("input", later(200, () => change({ text: search.value })));
}

async function main(): Promise<void> {
  const begin = await api.start();
  page.begin = begin;
  page.filters = fresh(begin.stop);
  fields.build(begin.options);
  fields.set(begin.given);
  setMode(begin.mode);
  $("version").textContent = `flb-anomaly ${begin.version}`;
  $("accepts").textContent = `Plain text, JSON lines or gzip, up to ${size(begin.maxSize)}`;
  startTheme();
  listenToFiles();
  listenToLogs();
  listenToFilters();
  listenToLines();
  listenToPatterns();
  listenToSection();
  listenToTabs();
  on("skip", "click", (e) => {
    e.preventDefault(); // what stands behind # is the link's
    $("main").focus();
  });
  await restore();
  if (!(await follow())) {
    if (page.logs[0]) select(page.logs[0]);
    else welcome();
  }
  listenToLink();
}

during(main()).catch(complain);
