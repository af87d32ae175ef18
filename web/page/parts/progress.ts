// How far the log is read, or why it cannot be shown. The server is asked while
// it is scanned, and from time to time afterwards, so that it keeps the log.

import * as api from "../api.ts";
import { loseLog, stopLog, updateLog } from "../actions/logs.ts";
import { complain, say } from "../actions/tell.ts";
import { $, on, put } from "../lib/dom.ts";
import { count, plural, size } from "../lib/format.ts";
import { during } from "../lib/pending.ts";
import { isBusy, shownLog } from "../store/derived.ts";
import { state, subscribe } from "../store/store.ts";

const POLL = 400; // ms between questions while a log is scanned
const ALIVE = 60_000; // and afterwards

export function startProgress(): void {
  subscribe(() => [shownLog(), state.uploads, state.queued, state.filters.stop], draw);
  subscribe(() => [state.logID], () => {
    told = "";
    void poll();
  });
  subscribe(() => [state.uploads], () => void poll());
  on("stop", "click", () => state.logID && void stopLog(state.logID).then(poll));
  // A tab in the background is slowed down: ask at once when it is back.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) void poll();
  });
}

let timer = 0;
let told = ""; // the phase that was spoken of last

/** poll asks how far the log is that is shown, and goes on asking. */
const poll = (): Promise<void> => during(pollOnce());

async function pollOnce(): Promise<void> {
  clearTimeout(timer);
  const id = state.logID;
  if (!id) return;
  try {
    const now = await api.view(id);
    if (state.logID !== id) return;
    updateLog(id, now);
    if (now.id !== id) return; // which is asked for by now
    tell(now);
  } catch (e) {
    const lost = e instanceof api.Failure && e.status === 404;
    if (lost) loseLog(id);
    complain(e);
    if (lost) return;
  }
  clearTimeout(timer); // of a poll that came in between
  const log = shownLog();
  timer = window.setTimeout(() => void poll(), log && isBusy(log) ? POLL : ALIVE);
}

/** tell says that a log has come to its end. */
function tell(v: api.View): void {
  if (v.phase === told) return;
  told = v.phase;
  if (v.phase === "failed" && v.error && v.lines > 0) complain(v.error);
  if (v.phase === "done") say(`${v.name} is scanned: ${plural(v.lines, "line")}, ${count(v.flagged[state.filters.stop] ?? 0)} anomalies.`);
}

function draw(): void {
  const v = shownLog();
  if (!v) return;
  const refused = v.phase === "failed" && v.lines === 0;
  $("refused").hidden = !refused;
  $("parts").hidden = refused;
  if (refused) {
    put($("refused-title"), `${v.name} cannot be shown`);
    put($("refused-text"), v.error ?? "");
  }
  $("progress").hidden = !isBusy(v);
  if (isBusy(v)) drawProgress(v);
}

function drawProgress(v: api.View): void {
  const uploading = v.received < v.size && state.uploads.has(v.id);
  put($("progress-label"), { waiting: "Waiting", receiving: "Uploading", scanning: uploading ? "Uploading and scanning" : "Scanning", done: "", failed: "" }[v.phase]);
  const bar = $<HTMLProgressElement>("progress-bar");
  if (v.progress >= 0) bar.value = v.progress;
  else bar.removeAttribute("value");
  const parts = [v.size > 0 ? `${size(v.received)} of ${size(v.size)}` : size(v.received)];
  if (v.lines) parts.push(plural(v.lines, "line"), `${count(v.flagged[state.filters.stop] ?? 0)} anomalies so far`);
  if (state.queued) parts.push(`${plural(state.queued, "more log")} waiting`);
  put($("progress-text"), parts.join(" · "));
}
