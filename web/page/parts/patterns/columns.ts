// The columns of the list of patterns, from the left: its head and its rows come
// from this list.

import type { Pattern } from "../../api.ts";
import { filter, setAside, settingAside } from "../../actions/filter.ts";
import { type Child, h } from "../../lib/dom.ts";
import { clock, count, score } from "../../lib/format.ts";
import { patternText } from "../../lib/logtext.ts";
import type { Head } from "../../lib/sorting.ts";
import { spark } from "../../lib/spark.ts";
import { dates } from "../../store/derived.ts";
import { groups, inGroup } from "../../store/levels.ts";

export interface Column extends Head {
  draw(p: Pattern): Child[];
}

/** unit names a number where there is no room for the head of the table. */
const unit = (text: string): HTMLElement => h("span", { class: "unit" }, text);

export const columns: readonly Column[] = [
  { name: "shape", title: "Pattern", draw: drawPattern },
  { name: "lines", title: "Lines", number: true, sorts: [{ value: "count", order: "descending" }, { value: "rare", order: "ascending" }], draw: (p) => [count(p.count), unit(p.count === 1 ? " line" : " lines")] },
  { name: "anomalies", title: "Anomalies", number: true, sorts: [{ value: "", order: "descending" }], draw: (p) => [h("span", { class: p.flagged ? "red" : "" }, count(p.flagged), unit(p.flagged === 1 ? " anomaly" : " anomalies"))] },
  { name: "by-level", title: "Levels", draw: drawLevels },
  { name: "scores", title: "Score: mean, highest", number: true, sorts: [{ value: "strange", order: "descending" }], draw: (p) => [unit("score "), p.max > 0 ? `${score(p.mean)}, ${score(p.max)}` : "not judged"] },
  { name: "over-time", title: "Along the log", draw: (p) => [spark(p.bins)] },
  { name: "seen", title: "First seen", sorts: [{ value: "newest", order: "descending" }, { value: "first", order: "ascending" }], draw: (p) => [h("span", {}, unit("first "), when(p.since, p.first)), p.new ? h("span", { class: "tag new" }, "new") : ""] },
  { name: "until", title: "Last seen", sorts: [{ value: "last", order: "descending" }, { value: "gone", order: "ascending" }], draw: (p) => [unit("last "), when(p.until, p.last)] },
  { name: "judge", title: h("span", { class: "hidden" }, "Judge"), draw: drawJudge },
];

/** when is a time, or a line where there is none. */
const when = (ms: number, line: number): string => (ms ? clock(ms, dates()).replace(/\.\d+$/, "") : `line ${count(line)}`);

function drawPattern(p: Pattern): Child[] {
  const show = (): void => filter({ tab: "lines", pattern: p.id, patternText: p.text, only: false });
  return [h("button", { type: "button", "data-key": `lines-${p.id}`, title: p.sample, onclick: show }, ...patternText(p.text))];
}

function drawLevels(p: Pattern): Child[] {
  const parts = groups.map((g) => [g, inGroup(g, p.levels)] as const).filter(([, n]) => n > 0);
  const bar = h("div", { class: "shares", "aria-hidden": "true" });
  for (const [g, n] of parts) {
    const e = h("span", { class: `swatch-${g}` });
    e.style.flex = String(n);
    bar.append(e);
  }
  return [bar, h("span", { class: "small" }, parts.map(([g, n]) => `${count(n)} ${g === "none" ? "without a level" : g}`).join(", "))];
}

/** drawJudge has no button for lines of many patterns: no one id ignores them. */
function drawJudge(p: Pattern): Child[] {
  if (!p.record) return [];
  return [h("button", { type: "button", class: "quiet", "data-key": `normal-${p.id}`, onclick: () => setAside(p), title: settingAside(p), "aria-label": `This is normal: ${p.text}` }, "This is normal")];
}
