// The zone that times are shown in.

import { $, h, on } from "../lib/dom.ts";
import { offsetName } from "../lib/format.ts";
import { followZone, shownLog } from "../store/derived.ts";
import { state, subscribeNow, update, type Zone } from "../store/store.ts";

const zones: readonly Zone[] = ["log", "browser", "utc"];

/** startZone comes before the parts that write times: it is told of a change first. */
export function startZone(): void {
  try {
    const kept = localStorage.getItem("zone");
    update({ zone: zones.find((z) => z === kept) ?? "log" });
  } catch {
    // A browser that keeps nothing.
  }
  on("zone", "change", () => {
    update({ zone: $<HTMLSelectElement>("zone").value as Zone });
    try {
      localStorage.setItem("zone", state.zone);
    } catch {
      // Then it is for this time.
    }
  });
  subscribeNow(() => [state.zone, shownLog()?.zone, shownLog()?.first], draw);
}

function draw(): void {
  followZone();
  const log = shownLog();
  const here = -new Date(log?.last ?? Date.now()).getTimezoneOffset();
  const words: Record<Zone, string> = { log: `Log's time (${offsetName(log?.zone ?? 0)})`, browser: `Browser's time (${offsetName(here)})`, utc: "UTC" };
  // UTC is what the log has, mostly.
  const shown = zones.filter((z) => z !== "utc" || (log?.zone ?? 0) !== 0 || state.zone === "utc");
  $("zone").replaceChildren(...shown.map((z) => h("option", { value: z, selected: z === state.zone }, words[z])));
}
