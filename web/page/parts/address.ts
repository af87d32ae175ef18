// The link: the address says what is shown, so that it can be copied, bookmarked
// and gone back to.

import * as api from "../api.ts";
import { $, copy, later } from "../lib/dom.ts";
import { fromHash, type Link, toHash } from "../filters.ts";
import { expect, select, setLogs } from "../actions/logs.ts";
import { complain, page, say } from "../store.ts";

export function currentLink(): Link {
  const { begin, filters, log } = page;
  return { log: log?.id ?? "", mode: log && log.mode !== begin.mode ? log.mode : null, options: log?.options ?? {}, filters };
}

function write(): void {
  if (page.log) history.replaceState(null, "", `#${toHash(currentLink(), page.begin.stops, page.begin.stop)}`);
}

export const remember = later(150, write);

export const forgetLink = (): void => history.replaceState(null, "", location.pathname);

/** follow shows what a link says: its log if it is still here, else its filters for another one. */
export async function follow(): Promise<boolean> {
  const { begin } = page;
  const link = fromHash(location.hash, begin.stops, begin.stop, begin.levels);
  if (!link.log) return false;
  let view = page.logs.find((l) => l.id === link.log);
  try {
    view ??= await api.view(link.log);
  } catch {
    const file = page.log ? undefined : page.logs[0]; // of the command line
    if (file) {
      select(file, link);
      complain(`The log of this link is not here any more. Its filters are put to ${file.name}.`);
      return true;
    }
    expect(link);
    complain("The log of this link is not here any more. Drop it again: the link's options and filters will be used.");
    return false;
  }
  const { id } = view;
  if (!page.logs.some((l) => l.id === id)) setLogs([...page.logs, view]);
  select(view, link);
  return true;
}

export function listenToLink(): void {
  addEventListener("hashchange", () => void follow());
  $("link").addEventListener("click", () => {
    write();
    void copy(location.href, $("link")).then((done) => {
      if (done) say("Copied.");
      else complain(`The browser does not let the page copy. Here it is: ${location.href}`);
    });
  });
}
