// The table of lines. It draws the rows in sight and asks for others as they
// come: a log of millions of lines scrolls like one of a hundred.

import type { Row } from "../../api.ts";
import { h, keepFocus } from "../../lib/dom.ts";
import { begin } from "../../lib/pending.ts";
import { isFlagged } from "../../store/derived.ts";
import type { Sort } from "../../store/filters.ts";
import type { Place } from "../../store/store.ts";
import type { Column, Look } from "./columns.ts";
import { type Fetch, RowCache } from "./rows.ts";
import { Scroll } from "./scroll.ts";

const HEAD = 30; // height of the header in px
const MARGIN = 6; // rows drawn beyond the edges
const REST = 200; // ms without a move after which scrolling has come to rest

interface Drawn {
  element: HTMLElement;
  index: number;
  row: Row | null;
}

export class Grid {
  private readonly body = h("div", { class: "rows", role: "rowgroup" });
  private readonly head = h("div", { role: "row", "aria-rowindex": 1, class: "head-row" });
  private readonly rows = new RowCache((total) => this.came(total), () => this.draw());
  private readonly scroll: Scroll;
  private look: Look = { levels: [], stop: 0, search: "", dates: "", first: 0, last: 0, zone: "" };
  private drawn: Drawn[] = [];
  private active = -1;
  private activeLine: number | null = null; // the active row's, if it is known
  private frame = 0;
  private painted: (() => void) | null = null; // ends the work that a frame is
  private rest = 0;
  private sort: Sort = "";

  constructor(
    readonly element: HTMLElement,
    private readonly columns: readonly Column[],
    private readonly open: (row: Row, by: "key" | "pointer") => void,
    private readonly moved: (active: Place) => void,
    private readonly sortBy: (sort: Sort) => void,
  ) {
    this.scroll = new Scroll(element, HEAD);
    element.setAttribute("aria-colcount", String(columns.length));
    element.append(h("div", { role: "rowgroup", class: "head" }, this.head), this.body);
    this.showSort("");
    element.addEventListener("scroll", () => this.onScroll(), { passive: true });
    element.addEventListener("keydown", (e) => this.onKey(e));
    new ResizeObserver(() => this.layout()).observe(element);
    this.body.addEventListener("click", (e) => {
      const row = (e.target as Element).closest<HTMLElement>("[data-index]");
      // The second of two clicks, and one that ends a selection, mark text.
      if (row && e.detail < 2 && getSelection()?.isCollapsed !== false) this.choose(Number(row.dataset["index"]), "pointer");
    });
  }

  /** showSort has the heads offer to sort by them, and say what the table is sorted by. */
  showSort(sort: Sort): void {
    this.sort = sort;
    const head = (c: Column, i: number): HTMLElement => {
      const sorts = c.sorts ?? [];
      const now = sorts.findIndex(([s]) => s === sort);
      const other = sorts[(now + 1) % sorts.length];
      const title = other ? h("button", { type: "button", class: "sort", "data-key": c.field, onclick: () => this.sortBy(other[0] === sort ? "" : other[0]) }, c.title) : c.title;
      return h("span", { role: "columnheader", "aria-colindex": i + 1, "data-field": c.field, "aria-sort": sorts[now]?.[1] }, title);
    };
    keepFocus(this.head, this.element, () => this.head.replaceChildren(...this.columns.map(head)));
  }

  /** reset shows other lines, from the row at on. */
  reset(fetch: Fetch, look: Look, at = 0): void {
    this.rows.reset(fetch);
    this.active = -1;
    this.activeLine = null;
    this.look = look;
    this.dress();
    this.scrollTo(at);
    this.draw(true);
    void this.rows.ask(at); // also where there was no row before
  }

  /** refresh asks again for what may have grown, and keeps its place. */
  refresh(): Promise<void> {
    if (this.sort) return this.rows.askAllAnew(this.inSight()).then(() => this.draw());
    return this.rows.askAnew(Math.max(0, this.scroll.rows - 1));
  }

  /** inSight are the first and the last row that are drawn. */
  private inSight(): [number, number] {
    const { top, inner, rowHeight } = this.scroll;
    return [Math.max(0, Math.floor(top / rowHeight) - MARGIN), Math.max(0, Math.min(this.scroll.rows, Math.ceil((top + inner) / rowHeight) + MARGIN) - 1)];
  }

  /** restyle shows the same lines by other flags or with another search. */
  restyle(look: Look): void {
    const before = this.lookKey();
    this.look = look;
    if (this.lookKey() === before) return;
    this.dress();
    this.draw(true);
  }

  private dress(): void {
    for (const dates of ["day", "year"]) this.element.classList.toggle(`dates-${dates}`, this.look.dates === dates);
    this.element.style.setProperty("--wide", this.columns.map((c) => c.width(this.look)).join(" "));
  }

  setTotal(n: number): void {
    if (n === this.scroll.rows) return;
    // Who looks at the end of a log that grows goes on looking at its end.
    const { atEnd } = this.scroll;
    this.scroll.rows = n;
    this.element.setAttribute("aria-rowcount", String(n + 1));
    if (atEnd) this.scroll.toEnd();
    this.layout();
  }

  private came(total: number): void {
    if (this.active >= 0) this.activeLine ??= this.rows.row(this.active)?.n ?? null;
    this.setTotal(total);
    this.draw();
  }

  /**
   * anchor is a line to keep in sight when the table changes, and how many rows
   * it lies below the first: the active one, if that is in sight, else the first.
   * It is null when the table is at its beginning.
   */
  anchor(): { line: number; below: number; isActive: boolean } | null {
    const { top, inner, rowHeight } = this.scroll;
    if (top < rowHeight) return null;
    const first = Math.ceil(top / rowHeight);
    const last = Math.floor((top + inner) / rowHeight) - 1;
    const i = this.active >= first && this.active <= last ? this.active : first;
    const row = this.rows.row(i);
    return row && { line: row.n, below: i - first, isActive: i === this.active };
  }

  /** choose makes a row the active one, and opens it if asked to. */
  choose(index: number, open: "key" | "pointer" | false, line: number | null = null): void {
    const i = Math.max(0, Math.min(index, this.scroll.rows - 1));
    const row = this.rows.row(i);
    this.active = i;
    this.activeLine = line ?? row?.n ?? null;
    this.scroll.reveal(i);
    this.draw(true);
    this.moved({ index: i, line: this.activeLine });
    if (!open) return;
    if (row) return this.open(row, open);
    void this.rows.ask(i).then(() => {
      const late = this.rows.row(i);
      if (late && this.active === i) this.open(late, open);
    });
  }

  /** openActive opens the active row. */
  openActive(): void {
    if (this.active >= 0) this.choose(this.active, "key", this.activeLine);
  }

  /** scrollTo has a row as the first in sight. */
  scrollTo(index: number): void {
    this.scroll.moveTo(index * this.scroll.rowHeight);
    this.scroll.settle();
  }

  private layout(): void {
    const { scroll } = this;
    const before = scroll.rowHeight;
    // Rows of another height: the active one stays where it is, else the first.
    const still = this.active >= 0 && scroll.isInSight(this.active) ? this.active : scroll.top / before;
    scroll.rowHeight = parseFloat(getComputedStyle(this.element).getPropertyValue("--row")) || scroll.rowHeight;
    this.body.style.height = `${scroll.tall}px`;
    scroll.moveTo(scroll.top + still * (scroll.rowHeight - before));
    if (this.active >= 0 && before !== scroll.rowHeight) scroll.reveal(this.active);
    scroll.settle();
    this.draw(true);
  }

  private onScroll(): void {
    if (!this.scroll.follow()) return;
    clearTimeout(this.rest);
    this.rest = window.setTimeout(() => {
      this.scroll.settle();
      this.draw();
    }, REST);
    this.draw();
  }

  private draw(now = false): void {
    if (this.frame && !now) return;
    if (now) {
      cancelAnimationFrame(this.frame);
      this.paint();
    } else {
      this.painted = begin();
      this.frame = requestAnimationFrame(() => this.paint());
    }
  }

  private paint(): void {
    this.frame = 0;
    this.painted?.();
    this.painted = null;
    const { top, inner, rowHeight } = this.scroll;
    const first = Math.max(0, Math.floor(top / rowHeight) - MARGIN);
    const last = Math.min(this.scroll.rows, Math.ceil((top + inner) / rowHeight) + MARGIN);
    const want = Math.max(0, last - first);
    while (this.drawn.length < want) {
      const element = h("div", { role: "row", class: "row" });
      this.body.append(element);
      this.drawn.push({ element, index: -1, row: null });
    }
    while (this.drawn.length > want) this.drawn.pop()!.element.remove();
    // A row keeps its element while it is in sight: screen readers and
    // selections stay where they are.
    for (let i = first; i < last; i++) {
      const d = this.drawn[i % want]!;
      const row = this.rows.row(i);
      if (d.index !== i || d.row !== row || d.element.dataset["look"] !== this.lookKey()) this.fill(d, i, row);
      d.element.classList.toggle("active", i === this.active);
      d.element.style.transform = `translateY(${this.scroll.place(i)}px)`;
      if (!row) void this.rows.ask(i);
    }
    if (this.active >= first && this.active < last) this.element.setAttribute("aria-activedescendant", `row-${this.active}`);
    else this.element.removeAttribute("aria-activedescendant");
  }

  private lookKey(): string {
    return Object.values(this.look).slice(1).join("|"); // the levels are the server's
  }

  private fill(d: Drawn, i: number, row: Row | null): void {
    const e = d.element;
    d.index = i;
    d.row = row;
    e.id = `row-${i}`;
    e.dataset["index"] = String(i);
    e.dataset["look"] = this.lookKey();
    e.setAttribute("aria-rowindex", String(i + 2));
    const flagged = row !== null && isFlagged(row, this.look.stop);
    e.className = `row${flagged ? " flagged" : ""}${row ? "" : " loading"}`;
    e.replaceChildren(
      ...this.columns.map((c, column) => h("span", { role: "gridcell", "aria-colindex": column + 1, class: c.name }, ...(row ? c.draw(row, this.look) : c.name === "text" ? ["…"] : []))),
    );
  }

  private onKey(e: KeyboardEvent): void {
    const { top, inner, rowHeight, rows } = this.scroll;
    const page = Math.max(1, Math.floor(inner / rowHeight) - 1);
    const from = this.active < 0 ? Math.ceil(top / rowHeight) - 1 : this.active;
    const to = { ArrowDown: from + 1, ArrowUp: Math.max(0, from - 1), PageDown: from + page, PageUp: from - page, Home: 0, End: rows - 1 }[e.key];
    if (e.ctrlKey || e.metaKey || e.altKey || !rows || e.target !== this.element) return;
    if (to !== undefined) this.choose(to, false);
    else if (e.key === "Enter") this.openActive();
    else return;
    e.preventDefault();
  }
}
