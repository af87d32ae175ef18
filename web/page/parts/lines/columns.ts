// The columns of the table of lines, from the left: its head, its rows and the
// widths come from this list.

import type { Row } from "../../api.ts";
import { type Child, h } from "../../lib/dom.ts";
import { clock, count, type Dates, moment, score } from "../../lib/format.ts";
import { allMarks, findAll, lineText, logText } from "../../lib/logtext.ts";
import { isFlagged } from "../../store/derived.ts";
import type { Sort } from "../../store/filters.ts";

/** Look is how the table shows its lines. */
export interface Look {
  levels: string[];
  stop: number; // whose flags count
  search: string;
  dates: Dates; // of times
  first: number; // of the log's times; one beyond has its whole date
  last: number;
  zone: string; // another look when it is another
}

export interface Column {
  name: string; // of the class of its cells
  title: string;
  field: string; // what CSV and JSON lines call it
  sorts?: readonly [Sort, "ascending" | "descending"][]; // that the head offers, one after the other
  width(look: Look): string; // where the table is wide; the style sheet has it narrow
  draw(row: Row, look: Look): Child[];
}

const LONGEST = 600; // characters of a line that are drawn

export const columns: readonly Column[] = [
  { name: "n", title: "Line", field: "line", sorts: [["", "ascending"], ["newest", "descending"]], width: () => "4.6rem", draw: (r) => [count(r.n)] },
  { name: "time", title: "Time", field: "time", sorts: [["latest", "descending"], ["time", "ascending"]], width: (look) => ({ "": "6.6rem", day: "8rem", year: "10.4rem" })[look.dates], draw: (r, look) => [r.t ? (r.t < look.first || r.t > look.last ? moment(r.t).slice(0, 16) : clock(r.t, look.dates)) : ""] },
  { name: "level", title: "Level", field: "level", width: () => "4.2rem", draw: (r, look) => [r.l ? h("span", { class: `l-${look.levels[r.l]}` }, look.levels[r.l]) : ""] },
  { name: "score", title: "Score", field: "anomaly_score", sorts: [["score", "descending"]], width: () => "5.4rem", draw: drawScore },
  { name: "why", title: "Why", field: "anomaly_reason", width: () => "minmax(10rem, 30rem)", draw: (r, look) => (isFlagged(r, look.stop) ? [h("span", { class: "hidden" }, "anomaly: "), ...logText(r.r ?? "")] : []) },
  { name: "text", title: "Text", field: "text", width: () => "minmax(0, 1fr)", draw: (r, look) => lineText(r.x.slice(0, LONGEST), r.h, allMarks(isFlagged(r, look.stop) ? (r.o ?? []) : [], r.m ?? findAll(r.x, look.search))) },
];

function drawScore(r: Row, look: Look): Child[] {
  if (!r.j) return [h("span", { title: "The model was still learning from this line" }, "learning")];
  const bar = h("i");
  bar.style.transform = `scaleX(${r.s})`;
  const raised = look.stop === 0 && r.b !== undefined && r.b > r.s && r.s >= CALM && !isFlagged(r, 0);
  if (!raised) return [h("span", { class: "meter", "aria-hidden": "true" }, bar), score(r.s)];
  // What would be flagged in a calm log, beside the bar that flags before it raised.
  const tick = h("b");
  tick.style.left = `${100 * r.b!}%`;
  const why = `not flagged: flags shortly before raised the bar to ${score(r.b!)}`;
  return [h("span", { class: "meter", "aria-hidden": "true" }, bar, tick), h("span", { class: "raised", title: `${score(r.s)}, ${why}` }, score(r.s), h("span", { class: "hidden" }, `, ${why}`))];
}

const CALM = 0.5; // the score that auto flags from in a calm log
