// Which logs are open, and which one is shown; the start page while there is none.

import * as api from "../api.ts";
import { closeLog, showLog } from "../actions/logs.ts";
import { calm } from "../actions/tell.ts";
import { $, findFocus, h, on } from "../lib/dom.ts";
import { size } from "../lib/format.ts";
import { shownLog } from "../store/derived.ts";
import { state, subscribe, update } from "../store/store.ts";

export function startLogs(): void {
  $("version").textContent = `flb-anomaly ${state.start.version}`;
  $("accepts").textContent = `Plain text or JSON lines, also as gzip, zstd, xz or bzip2, up to ${size(state.start.maxSize)}`;
  subscribe(() => [state.logID, ids().join()], drawList);
  subscribe(() => [state.logID], showPage);
  on("log", "change", () => {
    const view = state.logs.find((l) => l.id === $<HTMLSelectElement>("log").value);
    if (!view) return;
    calm();
    showLog(view);
  });
  for (const id of ["close", "refused-close"]) on(id, "click", () => state.logID && void closeLog(state.logID));
}

const ids = (): string[] => state.logs.map((l) => l.id);

function drawList(): void {
  $("logs").hidden = state.logs.length === 0;
  $("log").replaceChildren(...state.logs.map((l) => h("option", { value: l.id, selected: l.id === state.logID }, l.name)));
  keep();
}

/** showPage shows the log, or the start page. */
export function showPage(): void {
  const log = shownLog();
  $("welcome").hidden = log !== null;
  $("view").hidden = log === null;
  $("log-title").textContent = log?.name ?? "";
  document.title = log ? `${log.name} · flb-anomaly` : "flb-anomaly";
  findFocus($("main")); // from the button of a log that is gone
}

/** keep remembers the logs for a reload of the page: who knows an id may see the log, and nobody else does. */
function keep(): void {
  try {
    sessionStorage.setItem("logs", JSON.stringify(ids()));
  } catch {
    // A browser that keeps nothing: then a reload finds what the link names.
  }
}

/** restoreLogs finds the logs that were open before a reload, and those of the command line. */
export async function restoreLogs(): Promise<void> {
  let wanted = state.start.views;
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem("logs") ?? "[]");
    if (Array.isArray(kept)) wanted = [...new Set([...wanted, ...kept.filter((id) => typeof id === "string")])];
  } catch {
    // As if nothing were kept.
  }
  const found = await Promise.allSettled(wanted.map((id) => api.view(id)));
  const logs = found.flatMap((f) => (f.status === "fulfilled" ? [f.value] : []));
  update({ logs: logs.filter((l, i) => logs.findIndex((o) => o.id === l.id) === i) });
  keep(); // also when none is left
}
