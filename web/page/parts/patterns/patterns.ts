// The list of patterns.

import * as api from "../../api.ts";
import { latest } from "../../lib/pending.ts";
import { groups } from "../chart/plot.ts";
import { shape } from "../detail.ts";
import { change } from "../tabs.ts";
import { $, h, keepFocus, put } from "../../lib/dom.ts";
import { query } from "../../filters.ts";
import { count, plural, score } from "../../lib/format.ts";
import { ofGroup } from "../summary.ts";
import { setAside } from "../fluentbit/panel.ts";
import { complain, page } from "../../store.ts";

const PATTERNS = 100; // listed at once
const ASKED = 400; // at most, of one answer

let wanted = PATTERNS;
const next = latest();

/** fewPatterns lists the first of them alone, after the list has changed. */
export const fewPatterns = (): void => void (wanted = PATTERNS);

function morePatterns(): void {
  wanted += PATTERNS;
  void drawPatterns();
}

export async function drawPatterns(): Promise<void> {
  const { filters, log } = page;
  if (!log) return;
  const signal = next();
  const sort = $<HTMLSelectElement>("sort").value;
  try {
    const all: api.Pattern[] = [];
    let total = 1;
    while (all.length < Math.min(wanted, total)) {
      // Of a pattern, all lines count: what is asked is how strange it is.
      const q = query({ ...filters, only: false, pattern: "" }, { at: all.length, n: Math.min(ASKED, wanted - all.length), sort });
      const answer = await api.patterns(log.id, q, signal);
      if (signal.aborted) return;
      total = answer.total;
      if (!answer.patterns.length) break;
      all.push(...answer.patterns);
    }
    put($("patterns-text"), `${plural(total, "pattern")}${all.length < total ? `, ${count(all.length)} shown` : ""}`);
    keepFocus($("patterns"), $("tab-patterns"), () => $("patterns").replaceChildren(...all.map(patternRow)));
    $("patterns-more").hidden = all.length >= total;
  } catch (e) {
    if (!signal.aborted) complain(e);
  }
}

function patternRow(p: api.Pattern): HTMLElement {
  const parts = groups.map((g) => [g, ofGroup(g, p.levels)] as const).filter(([, n]) => n > 0);
  const bar = h(
    "div",
    { class: "shares", "aria-hidden": "true" },
    ...parts.map(([g, n]) => {
      const e = h("span", { class: `swatch-${g}` });
      e.style.flex = String(n);
      return e;
    }),
  );
  // Where there is no room for the head of the table.
  const unit = (text: string): HTMLElement => h("span", { class: "unit" }, text);
  const cell = (kind: string, ...children: (Node | string)[]): HTMLElement => h("td", { role: "cell", class: kind }, ...children);
  return h(
    "tr",
    { role: "row" },
    cell("shape", h("button", { type: "button", "data-key": `lines-${p.id}`, title: p.sample, onclick: () => change({ tab: "lines", pattern: p.id, patternText: p.text, only: false }) }, ...shape(p.text))),
    cell("num lines", count(p.count), unit(p.count === 1 ? " line" : " lines")),
    cell(`num anomalies${p.flagged ? " red" : ""}`, count(p.flagged), unit(p.flagged === 1 ? " anomaly" : " anomalies")),
    cell("by-level", bar, h("span", { class: "small" }, parts.map(([g, n]) => `${count(n)} ${g === "none" ? "without a level" : g}`).join(", "))),
    cell("num scores", unit("score "), p.max > 0 ? `${score(p.mean)}, ${score(p.max)}` : "not judged"),
    // Lines of many patterns: no one expression ignores them.
    cell("judge", p.ignore ? h("button", { type: "button", class: "quiet", "data-key": `normal-${p.id}`, onclick: () => setAside(p), "aria-label": `This is normal: ${p.text}` }, "This is normal") : ""),
  );
}

export function listenToPatterns(): void {
  $("sort").addEventListener("change", () => {
    fewPatterns();
    void drawPatterns();
  });
  $("patterns-more").addEventListener("click", morePatterns);
}
