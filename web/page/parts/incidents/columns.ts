// The columns of the list of incidents, from the left: its head and its rows come
// from this list.

import type { Incident, Row } from "../../api.ts";
import { type Child, h } from "../../lib/dom.ts";
import { clock, count, plural, score, span } from "../../lib/format.ts";
import { allMarks, lineText, logText } from "../../lib/logtext.ts";
import type { Head } from "../../lib/sorting.ts";
import { spark } from "../../lib/spark.ts";
import { dates } from "../../store/derived.ts";
import { state } from "../../store/store.ts";

export interface Column extends Head {
  draw(i: Incident, open: boolean, toggle: () => void): Child[];
}

const LONGEST = 300; // characters of a line that are drawn

/** unit names a number where there is no room for the head of the table. */
const unit = (text: string): HTMLElement => h("span", { class: "unit" }, text);

export const columns: readonly Column[] = [
  { name: "when", title: "When", sorts: [{ value: "newest", order: "descending" }, { value: "first", order: "ascending" }], draw: drawWhen },
  { name: "what", title: "What", draw: drawWhat },
  { name: "level", title: "Level", sorts: [{ value: "level", order: "descending" }], draw: (i) => (i.level ? [h("span", { class: `l-${levelOf(i.level)}` }, levelOf(i.level))] : []) },
  { name: "lines", title: "Lines", number: true, sorts: [{ value: "lines", order: "descending" }], draw: drawLines },
  { name: "took", title: "How long", number: true, sorts: [{ value: "long", order: "descending" }], draw: (i) => [i.last > i.first ? span(i.last - i.first) : "", unit("")] },
  { name: "scores", title: "Score", number: true, sorts: [{ value: "score", order: "descending" }], draw: (i) => [unit("score "), score(i.score)] },
  { name: "line", title: "Along the log", draw: (i) => [spark(i.bins, "red")] },
];

const levelOf = (l: number): string => state.start.levels[l] ?? "";

function drawWhen(i: Incident): Child[] {
  const lines = i.from === i.to ? `line ${count(i.from)}` : `lines ${count(i.from)} to ${count(i.to)}`;
  if (!i.first) return [lines];
  return [h("span", {}, clock(i.first, dates()).replace(/\.\d+$/, "")), h("span", { class: "small" }, lines)];
}

function drawWhat(i: Incident, open: boolean, toggle: () => void): Child[] {
  const first = i.patterns[0];
  if (!first) return [];
  const more = i.patterns.length - 1 + (i.more ? 1 : 0);
  return [
    h("button", { type: "button", class: "open", "data-key": `open-${i.id}`, "aria-expanded": String(open), "aria-controls": open ? `incident-${i.id}` : null, onclick: toggle }, h("span", { class: "shape" }, ...marked(first.row))),
    h(
      "span",
      { class: "small tags" },
      h("span", { class: "why" }, ...logText(first.row.r ?? "")),
      " ",
      ...i.kinds.map((k) => h("span", { class: "tag" }, k.lines > 1 ? `${k.kind} ${count(k.lines)}` : k.kind)),
      more > 0 ? ` and ${plural(more, "other pattern")}` : "",
      i.quiet ? h("span", { class: "tag" }, "quiet") : "",
      i.group ? h("span", { class: "tag" }, ...logText(i.group)) : "",
    ),
  ];
}

/** marked is a line with what its reason speaks of marked. */
export const marked = (r: Row): Node[] => lineText(r.x.slice(0, LONGEST), r.h, allMarks(r.o ?? [], []));

function drawLines(i: Incident): Child[] {
  return [count(i.lines), unit(i.lines === 1 ? " line" : " lines"), i.flagged < i.lines ? h("span", { class: "small" }, `${count(i.flagged)} flagged`) : ""];
}
