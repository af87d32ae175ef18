// The address says what is shown, so that it can be copied, bookmarked and gone
// back to.

import * as api from "../api.ts";
import { expect, showLog } from "../actions/logs.ts";
import { complain, say } from "../actions/tell.ts";
import { $, copy, on } from "../lib/dom.ts";
import { later } from "../lib/pending.ts";
import { currentLink, shownLog } from "../store/derived.ts";
import { fromHash, toHash } from "../store/link.ts";
import { state, subscribe, update } from "../store/store.ts";

export function startAddress(): void {
  subscribe(() => [state.logID, shownLog()?.mode, shownLog()?.options, state.filters], later(150, write));
  subscribe(() => [state.logID], () => {
    // That of a log that is gone stays: it brings its filters back.
    if (!state.logID && !state.lostLink) history.replaceState(null, "", location.pathname);
  });
  addEventListener("hashchange", () => void follow());
  on("link", "click", () => {
    write();
    void copy(location.href, $("link")).then((done) => {
      if (done) say("Copied.");
      else complain(`The browser does not let the page copy. Here it is: ${location.href}`);
    });
  });
}

function write(): void {
  if (state.logID) history.replaceState(null, "", `#${toHash(currentLink(), state.start.stops, state.start.stop)}`);
}

/** follow shows what the address says: its log if it is still here, else its filters for another one. */
export async function follow(): Promise<boolean> {
  const { start } = state;
  const link = fromHash(location.hash, start.stops, start.stop, start.levels);
  if (!link.log) {
    // It may say how the first log is to be looked at.
    update({ filters: { ...state.filters, tab: link.filters.tab } });
    return false;
  }
  let view = state.logs.find((l) => l.id === link.log);
  try {
    view ??= await api.view(link.log);
  } catch {
    const file = state.logID ? undefined : state.logs[0]; // of the command line
    if (file) {
      showLog(file, link);
      complain(`The log of this link is not here any more. Its filters are put to ${file.name}.`);
      return true;
    }
    expect(link);
    complain("The log of this link is not here any more. Drop it again: the link's options and filters will be used.");
    return false;
  }
  const { id } = view;
  showLog(view, link, state.logs.some((l) => l.id === id) ? state.logs : [...state.logs, view]);
  return true;
}
