// One line with all that is known of it, and the lines around it.

import type { Field, LineAnswer, Row } from "../api.ts";
import { filter, setAside, settingAside } from "../actions/filter.ts";
import { forgetLine, nextAnomaly, openLine, showAmongAll } from "../actions/lines.ts";
import { say } from "../actions/tell.ts";
import { $, h, keepFocus, on } from "../lib/dom.ts";
import { count, moment, score, zoneName } from "../lib/format.ts";
import { allMarks, findAll, lineText, logText, patternText } from "../lib/logtext.ts";
import { later } from "../lib/pending.ts";
import { isFlagged, textToMark } from "../store/derived.ts";
import { state, subscribe } from "../store/store.ts";

export function startDetail(): void {
  subscribe(() => [state.opened], draw);
  subscribe(() => [state.filters.stop], later(60, draw));
  subscribe(() => [state.zone], draw);
  on("view", "keydown", (e) => {
    // In a field it clears the field.
    if (e.key !== "Escape" || (e.target as HTMLElement).closest("input, textarea, select")) return;
    if (state.opened) close();
    else forgetLine(); // one that is on its way
  });
}

function close(): void {
  forgetLine();
  $("grid").focus({ preventScroll: true });
}

function draw(): void {
  const { opened } = state;
  const box = $("detail");
  const wasHidden = box.hidden;
  box.hidden = opened === null;
  if (!opened) return;
  const { row } = opened;
  box.setAttribute("aria-label", `Line ${count(row.n)}`);
  keepFocus(box, box, () => {
    box.replaceChildren(header(row), verdict(row), around(opened), row.c ? h("p", { class: "small" }, "The line goes on; only its beginning is shown.") : "", ...fields(opened), ...pattern(opened));
    showHere(box);
  });
  if (wasHidden) box.scrollTop = 0;
  say(`Line ${count(row.n)}${isFlagged(row) ? `, anomaly: ${row.r ?? ""}` : ""}`);
}

function header(row: Row): HTMLElement {
  return h(
    "header",
    {},
    h("h2", { id: "detail-title", tabindex: -1 }, `Line ${count(row.n)}`),
    h("button", { type: "button", class: "quiet", "data-key": "previous", "aria-label": "Previous anomaly", title: "Previous anomaly (p)", onclick: () => nextAnomaly(true) }, "↑"),
    h("button", { type: "button", class: "quiet", "data-key": "next", "aria-label": "Next anomaly", title: "Next anomaly (n)", onclick: () => nextAnomaly(false) }, "↓"),
    h("button", { type: "button", class: "quiet", "aria-label": "Close the line", onclick: close }, "✕"),
  );
}

function verdict(row: Row): HTMLElement {
  const flagged = isFlagged(row);
  const facts = [
    row.t ? `${moment(row.t)} ${zoneName(row.t)}` : "",
    row.l ? state.start.levels[row.l]! : "no level",
    row.j ? `score ${score(row.s)}` : "not judged: the model was still learning",
  ];
  return h(
    "div",
    { class: `verdict${flagged ? " flagged" : ""}` },
    h("p", {}, h("b", {}, flagged ? "Anomaly" : row.j ? "Nothing unusual" : "Learning"), flagged && row.r ? ": " : "", ...(flagged ? logText(row.r ?? "") : [])),
    h("p", { class: "small" }, facts.filter(Boolean).join(" · ")),
    flagged ? null : spared(row),
  );
}

const CALM = 0.5; // the score that auto flags from in a calm log

/** spared says why a line is not flagged that others of its score are. */
function spared(row: Row): HTMLElement | null {
  if (state.filters.stop !== 0 || row.b === undefined || row.s < CALM) return null;
  const why =
    row.b > row.s
      ? `Not flagged: its score is below ${score(row.b)}. In a calm log ${score(CALM)} is flagged; each flag raises that for the lines behind it, so that in a storm only the strangest go on being flagged.`
      : "Not flagged: it goes on with what was told shortly before, and is told again at growing intervals.";
  return h("p", { class: "small", id: "spared" }, why);
}

/** fields are the line's, with what is usual for each. */
function fields({ fields: all }: LineAnswer): HTMLElement[] {
  if (!all.length) return [];
  const row = (f: Field): HTMLElement =>
    h(
      "tr",
      { class: f.odd ? "odd" : null },
      h("th", { scope: "row" }, ...logText(f.name)),
      h("td", {}, f.odd ? h("mark", { class: "odd" }, ...logText(f.value)) : h("span", {}, ...logText(f.value))),
      h("td", { class: "usual" }, f.kind ? h("span", { class: "kind" }, f.kind) : "", ...logText(f.usual ?? "")),
    );
  const head = h("tr", {}, ...["Field", "Value", "Usual"].map((t) => h("th", { scope: "col" }, t)));
  return [h("h3", {}, "Its fields"), h("table", { class: "values" }, h("thead", {}, head), h("tbody", {}, ...all.map(row)))];
}

function around({ near, row }: LineAnswer): HTMLElement {
  return h("ul", { class: "near", "aria-label": "The line and those around it" }, ...near.map((r) => (r.n === row.n ? here(row) : neighbor(r))));
}

/** here is the line itself, all of it, among those around it. */
function here(r: Row): HTMLElement {
  return h(
    "li",
    { class: `here${isFlagged(r) ? " flagged" : ""}`, "aria-current": "true" },
    h("span", {}, count(r.n)),
    h("pre", { tabindex: 0, "aria-label": "The line", "data-key": `line-${r.n}` }, ...logText(r.x, allMarks(isFlagged(r) ? (r.o ?? []) : [], r.m ?? findAll(r.x, textToMark())))),
  );
}

function neighbor(r: Row): HTMLElement {
  const flagged = isFlagged(r);
  return h(
    "li",
    { class: flagged ? "flagged" : "" },
    h(
      "button",
      { type: "button", "data-key": `line-${r.n}`, onclick: () => void openLine(r.n) },
      h("span", {}, count(r.n)),
      h("span", {}, flagged ? h("span", { class: "hidden" }, "anomaly: ") : null, ...lineText(r.x.slice(0, 300), r.h, [])),
    ),
  );
}

/** showHere scrolls to the line in the middle of those around it. */
function showHere(box: HTMLElement): void {
  const list = box.querySelector<HTMLElement>(".near")!;
  const line = list.querySelector<HTMLElement>(".here")!;
  list.scrollTop = line.offsetTop - list.offsetTop - Math.max(0, list.clientHeight - line.clientHeight) / 2;
}

function pattern({ row, pattern: p }: LineAnswer): HTMLElement[] {
  const onlyThis = (): void => filter({ tab: "lines", pattern: p.id, patternText: p.text });
  const isNormal = (): void => {
    close();
    setAside(p);
  };
  return [
    h("h3", {}, "Its pattern"),
    h("pre", { tabindex: 0, "aria-label": "Pattern" }, ...patternText(p.text)),
    h(
      "p",
      { class: "buttons" },
      h("button", { type: "button", class: "quiet", "data-key": "place", onclick: () => void showAmongAll(row.n) }, "Show among all lines"),
      h("button", { type: "button", class: "quiet", "data-key": "only", onclick: onlyThis }, "Only this pattern"),
      // Lines of many patterns: no one id ignores them.
      p.record ? h("button", { type: "button", class: "quiet", onclick: isNormal, title: settingAside(p) }, "This is normal") : "",
    ),
  ];
}
