// The columns of the table of lines, from the left: its head, its rows and the
// widths come from this list.

import type { Row } from "../../api.ts";
import { type Child, h } from "../../lib/dom.ts";
import { clock, count, type Dates, score } from "../../lib/format.ts";
import { findAll, logText } from "../../lib/logtext.ts";
import { isFlagged } from "../../store/derived.ts";

/** Look is how the table shows its lines. */
export interface Look {
  levels: string[];
  stop: number; // whose flags count
  search: string;
  dates: Dates; // of times
}

export interface Column {
  name: string; // of the class of its cells
  title: string;
  field: string; // what CSV and JSON lines call it
  width(look: Look): string; // where the table is wide; the style sheet has it narrow
  draw(row: Row, look: Look): Child[];
}

const LONGEST = 600; // characters of a line that are drawn

export const columns: readonly Column[] = [
  { name: "n", title: "Line", field: "line", width: () => "4.6rem", draw: (r) => [count(r.n)] },
  { name: "time", title: "Time", field: "time", width: (look) => ({ "": "6.6rem", day: "8rem", year: "10.4rem" })[look.dates], draw: (r, look) => [r.t ? clock(r.t, look.dates) : ""] },
  { name: "level", title: "Level", field: "level", width: () => "4.2rem", draw: (r, look) => [r.l ? h("span", { class: `l-${look.levels[r.l]}` }, look.levels[r.l]) : ""] },
  { name: "score", title: "Score", field: "anomaly_score", width: () => "5.4rem", draw: drawScore },
  { name: "why", title: "Why", field: "anomaly_reason", width: () => "minmax(10rem, 24rem)", draw: (r, look) => (isFlagged(r, look.stop) ? [h("span", { class: "hidden" }, "anomaly: "), ...logText(r.r ?? "")] : []) },
  { name: "text", title: "Text", field: "text", width: () => "minmax(0, 1fr)", draw: (r, look) => logText(r.x.slice(0, LONGEST), r.m ?? findAll(r.x, look.search)) },
];

function drawScore(r: Row): Child[] {
  if (!r.j) return [h("span", { title: "The model was still learning from this line" }, "learning")];
  const bar = h("i");
  bar.style.transform = `scaleX(${r.s})`;
  return [h("span", { class: "meter", "aria-hidden": "true" }, bar), score(r.s)];
}
