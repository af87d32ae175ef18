// The options as a section for Fluent Bit, and what is set aside as normal,
// which puts lines into it.

import * as api from "../../api.ts";
import { takeBack } from "../../actions/filter.ts";
import { complain, say } from "../../actions/tell.ts";
import { $, copy, h, keepFocus, on, onChoice } from "../../lib/dom.ts";
import { plural } from "../../lib/format.ts";
import { patternText } from "../../lib/logtext.ts";
import { latest, steadily } from "../../lib/pending.ts";
import { shownLog } from "../../store/derived.ts";
import type { Normal } from "../../store/filters.ts";
import { state, subscribe, subscribeNow } from "../../store/store.ts";
import { type Format, section } from "./config.ts";

const ASKED = 400; // patterns at most, of one answer

let format: Format = "classic";

// What is set aside, by id, as the log has it: its id in records depends on the
// option Seed, and a log that grows has more of it. null is one that it has not.
let found: ReadonlyMap<string, api.Pattern | null> = new Map();

export function startFluentBit(): void {
  onChoice("format", (value) => {
    format = value as Format;
    drawSection();
  });
  on("copy-section", "click", () => {
    void copy(sectionText(), $("copy-section")).then((done) => {
      if (done) return say("Copied.");
      getSelection()?.selectAllChildren($("section"));
      say("The browser does not let the page copy. The section is selected.");
    });
  });
  subscribe(() => [state.logID], () => {
    found = new Map();
  });
  subscribeNow(() => [shownLog()?.options, shownLog()?.mode, state.filters.stop, state.filters.normal], drawSection);
  subscribeNow(() => [state.logID, state.filters.normal], drawNormal);
  subscribe(() => [state.logID, state.filters.tab, state.filters.normal], () => void refresh());
  const growing = steadily(refresh);
  subscribe(() => [state.logID, shownLog()?.lines, shownLog()?.phase], ([id], [before]) => {
    if (id === before && state.filters.normal.length) growing();
  });
}

const next = latest();

/** refresh asks the log for what is set aside. */
async function refresh(): Promise<void> {
  const { logID, filters } = state;
  if (!logID || filters.tab !== "section") return;
  const signal = next();
  const now = new Map<string, api.Pattern | null>(filters.normal.map((n) => [n.id, null]));
  const pattern = filters.normal.map((n) => n.id).join(",");
  try {
    for (let at = 0, total = pattern ? 1 : 0; at < total; at += ASKED) {
      const answer = await api.patterns(logID, new URLSearchParams({ pattern, at: String(at), n: String(ASKED) }), signal);
      if (signal.aborted) return;
      total = answer.total;
      for (const p of answer.patterns) now.set(p.id, p);
    }
    found = now;
    drawSection();
    drawNormal();
  } catch (e) {
    if (!signal.aborted) complain(e);
  }
}

function sectionText(): string {
  const { start, filters } = state;
  const patterns = filters.normal.flatMap((n) => found.get(n.id) ?? []);
  return section(format, start.options, shownLog()?.options ?? {}, start.stops[filters.stop]!, { patterns, lines: shownLog()?.lines ?? 0 });
}

function drawSection(): void {
  $("section").textContent = sectionText();
  $("section-note").textContent = shownLog()?.mode === "batch" ? "Fluent Bit judges as stream mode does: by the lines before each." : "";
}

function drawNormal(): void {
  const { normal } = state.filters;
  const link = $<HTMLAnchorElement>("ignore-file");
  link.hidden = normal.length === 0;
  link.href = api.ignoreURL(state.logID, new URLSearchParams({ hide: normal.map((n) => n.id).join(",") }));
  $("ignore-note").textContent = state.start.ignoreFile ? `What is set aside here is written to ${state.start.ignoreFile}.` : "";
  const lines = ({ id }: Normal): string => {
    const p = found.get(id);
    return p ? plural(p.lines, "line") : p === null ? "not in this log" : "";
  };
  const one = (n: Normal): HTMLElement =>
    h("li", {}, h("code", {}, ...patternText(n.text)), h("span", { class: "small" }, lines(n)), h("button", { type: "button", class: "quiet", "data-key": n.id, onclick: () => takeBack(n.id), "aria-label": `Take back: ${n.text}` }, "Take back"));
  const none = h("li", { class: "small" }, "Nothing yet. “This is normal” beside a pattern puts it here, with an Ignore line above.");
  keepFocus($("normal"), $("tab-section"), () => $("normal").replaceChildren(...(normal.length ? normal.map(one) : [none])));
}
