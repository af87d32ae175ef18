// The table of lines. It holds the rows in sight and some pages around them,
// and asks the server for others: a log of millions of lines scrolls like one
// of a hundred.

import type { Row, Rows } from "../../api.ts";
import { h } from "../../lib/dom.ts";
import { begin } from "../../lib/pending.ts";
import { isFlagged } from "../../store/derived.ts";
import type { Place } from "../../store/store.ts";
import type { Column, Look } from "./columns.ts";

const PAGE = 100; // rows asked for at once
const KEPT = 40; // pages held
const HEAD = 30; // height of the header in px
const MARGIN = 6; // rows drawn beyond the edges
const RETRY = 1000; // ms until rows that did not come are asked for again

/** Browsers draw nothing beyond some 16 million pixels; far fewer are enough for a scroll bar. */
const TALLEST = 4_000_000;

export type Fetch = (at: number, n: number, signal: AbortSignal) => Promise<Rows>;

interface Drawn {
  element: HTMLElement;
  index: number;
  row: Row | null;
}

export class Grid {
  private readonly body = h("div", { class: "rows", role: "rowgroup" });
  private pages = new Map<number, Row[]>(); // in the order of their last use
  private asked = new Map<number, Promise<void>>();
  private aborter = new AbortController();
  private fetch: Fetch | null = null;
  private look: Look = { levels: [], stop: 0, search: "", dates: "" };
  private drawn: Drawn[] = [];
  private rowHeight = 30;
  private total = 0;
  private active = -1;
  private activeLine: number | null = null; // the active row's, if it is known
  private frame = 0;
  private painted: (() => void) | null = null; // ends the work that a frame is
  private settle = 0;

  /**
   * top is the first pixel in sight of a table at its full height. The real
   * scroll position follows: by small steps it moves as far as top does, by
   * large ones (somebody drags the bar) in proportion, and when it rests it is
   * put where the proportion wants it, which nobody sees.
   */
  private top = 0;
  private scrolled = 0;

  constructor(
    readonly element: HTMLElement,
    private readonly columns: readonly Column[],
    private readonly open: (row: Row, by: "key" | "pointer") => void,
    private readonly moved: (active: Place) => void,
  ) {
    const heads = columns.map((c, i) => h("span", { role: "columnheader", "aria-colindex": i + 1, "data-field": c.field }, c.title));
    element.setAttribute("aria-colcount", String(columns.length));
    element.append(h("div", { role: "rowgroup", class: "head" }, h("div", { role: "row", "aria-rowindex": 1, class: "head-row" }, ...heads)), this.body);
    element.addEventListener("scroll", () => this.onScroll(), { passive: true });
    element.addEventListener("keydown", (e) => this.onKey(e));
    new ResizeObserver(() => this.layout()).observe(element);
    this.body.addEventListener("click", (e) => {
      const i = this.indexOf(e.target as Element);
      // The second of two clicks, and one that ends a selection, mark text.
      if (i >= 0 && e.detail < 2 && getSelection()?.isCollapsed !== false) this.choose(i, "pointer");
    });
  }

  /** reset shows other lines, from the row at on. */
  reset(fetch: Fetch, look: Look, at = 0): void {
    this.aborter.abort();
    this.aborter = new AbortController();
    this.fetch = fetch;
    this.pages.clear();
    this.asked.clear();
    this.active = -1;
    this.activeLine = null;
    this.look = look;
    this.dress();
    this.scrollTo(at, "start");
    this.draw(true);
    void this.ask(this.pageOf(at)); // also where there was no row before
  }

  /** refresh asks again for what may have grown, and keeps its place. */
  refresh(): Promise<void> {
    // What is there stays in sight until the answer comes.
    const last = this.pageOf(Math.max(0, this.total - 1));
    this.asked.delete(last);
    return this.ask(last);
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
    if (n === this.total) return;
    // Who looks at the end of a log that grows goes on looking at its end.
    const atEnd = this.range > 0 && this.top >= this.range - 1;
    this.total = n;
    this.element.setAttribute("aria-rowcount", String(n + 1));
    if (atEnd) this.top = this.range;
    this.layout();
  }

  /**
   * anchor is a line to keep in sight when the table changes, and how many rows
   * it lies below the first: the active one, if that is in sight, else the first.
   * It is null when the table is at its beginning.
   */
  anchor(): { line: number; below: number } | null {
    if (this.top < this.rowHeight) return null;
    const first = Math.ceil(this.top / this.rowHeight);
    const last = Math.floor((this.top + this.inner) / this.rowHeight) - 1;
    const i = this.active >= first && this.active <= last ? this.active : first;
    const row = this.row(i);
    return row && { line: row.n, below: i - first };
  }

  /** choose makes a row the active one, and opens it if asked to. */
  choose(index: number, open: "key" | "pointer" | false, line: number | null = null): void {
    const i = Math.max(0, Math.min(index, this.total - 1));
    this.active = i;
    this.activeLine = line ?? this.row(i)?.n ?? null;
    this.scrollTo(i, "near");
    this.draw(true);
    this.moved({ index: i, line: this.activeLine });
    if (!open) return;
    const now = this.row(i);
    if (now) return this.open(now, open);
    void this.ask(this.pageOf(i)).then(() => {
      const late = this.row(i);
      if (late && this.active === i) this.open(late, open);
    });
  }

  /** openActive opens the active row. */
  openActive(): void {
    if (this.active >= 0) this.choose(this.active, "key", this.activeLine);
  }

  private pageOf(i: number): number {
    return Math.floor(i / PAGE);
  }

  private row(i: number): Row | null {
    return this.pages.get(this.pageOf(i))?.[i % PAGE] ?? null;
  }

  private indexOf(target: Element): number {
    const e = target.closest("[data-index]");
    return e ? Number(e.getAttribute("data-index")) : -1;
  }

  // Geometry

  private get inner(): number {
    return Math.max(0, this.element.clientHeight - HEAD);
  }
  private get full(): number {
    return this.total * this.rowHeight;
  }
  private get range(): number {
    return Math.max(0, this.full - this.inner);
  }

  private layout(): void {
    const before = this.rowHeight;
    this.rowHeight = parseFloat(getComputedStyle(this.element).getPropertyValue("--row")) || 30;
    this.body.style.height = `${Math.min(this.full, TALLEST)}px`;
    // Rows of another height: the active one stays where it is, else the first.
    const still = this.active >= 0 && this.active * before >= this.top && this.active * before < this.top + this.inner ? this.active : this.top / before;
    this.top = Math.max(0, Math.min(this.top + still * (this.rowHeight - before), this.range));
    if (this.active >= 0 && before !== this.rowHeight) this.scrollTo(this.active, "near");
    this.place();
    this.draw(true);
  }

  /** place puts the real scroll position where top is in proportion. */
  private place(): void {
    const real = Math.max(0, Math.min(this.full, TALLEST) - this.inner);
    const want = this.range > 0 ? Math.round((this.top / this.range) * real) : 0;
    if (Math.abs(this.element.scrollTop - want) > 1) this.element.scrollTop = want;
    this.scrolled = this.element.scrollTop;
  }

  private onScroll(): void {
    const now = this.element.scrollTop;
    const moved = now - this.scrolled;
    if (!moved) return;
    const real = Math.max(1, Math.min(this.full, TALLEST) - this.inner);
    this.scrolled = now;
    if (this.full <= TALLEST) this.top = now;
    else if (now <= 0) this.top = 0;
    else if (now >= real - 1) this.top = this.range;
    else if (Math.abs(moved) < this.inner * 2) this.top = Math.max(0, Math.min(this.range, this.top + moved));
    else this.top = (now / real) * this.range;
    clearTimeout(this.settle);
    this.settle = window.setTimeout(() => {
      this.place();
      this.draw();
    }, 200);
    this.draw();
  }

  scrollTo(index: number, where: "start" | "near"): void {
    const y = index * this.rowHeight;
    if (where === "start") this.top = y;
    else if (y < this.top) this.top = y;
    else if (y + this.rowHeight > this.top + this.inner) this.top = y + this.rowHeight - this.inner;
    else return;
    this.top = Math.max(0, Math.min(this.top, this.range));
    this.place();
  }

  // Drawing

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
    const first = Math.max(0, Math.floor(this.top / this.rowHeight) - MARGIN);
    const last = Math.min(this.total, Math.ceil((this.top + this.inner) / this.rowHeight) + MARGIN);
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
      const row = this.row(i);
      if (d.index !== i || d.row !== row || d.element.dataset["look"] !== this.lookKey()) this.fill(d, i, row);
      d.element.classList.toggle("active", i === this.active);
      d.element.style.transform = `translateY(${Math.round(this.scrolled + i * this.rowHeight - this.top)}px)`;
      if (!row) void this.ask(this.pageOf(i));
    }
    if (this.active >= first && this.active < last) this.element.setAttribute("aria-activedescendant", `row-${this.active}`);
    else this.element.removeAttribute("aria-activedescendant");
  }

  private lookKey(): string {
    return `${this.look.stop}|${this.look.dates}|${this.look.search}`;
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

  /** ask gets a page of rows, once. */
  private ask(page: number): Promise<void> {
    if (!this.fetch) return Promise.resolve();
    let asked = this.asked.get(page);
    if (!asked) this.asked.set(page, (asked = this.load(page, this.fetch)));
    return asked;
  }

  private async load(page: number, fetch: Fetch): Promise<void> {
    const { signal } = this.aborter;
    try {
      const a = await fetch(page * PAGE, PAGE, signal);
      if (signal.aborted) return;
      this.pages.delete(page);
      this.pages.set(page, a.rows);
      for (const [old] of this.pages) {
        if (this.pages.size <= KEPT) break;
        this.pages.delete(old);
        this.asked.delete(old);
      }
      // A page that came short is asked for again when the log has grown.
      if (a.rows.length < PAGE) this.asked.delete(page);
      if (this.active >= 0 && this.pageOf(this.active) === page) this.activeLine ??= this.row(this.active)?.n ?? null;
      this.setTotal(a.total);
      this.draw();
    } catch {
      if (signal.aborted) return;
      setTimeout(() => {
        if (signal.aborted) return;
        this.asked.delete(page);
        this.draw(); // which asks for what is in sight
      }, RETRY);
    }
  }

  private onKey(e: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(this.inner / this.rowHeight) - 1);
    const from = this.active < 0 ? Math.ceil(this.top / this.rowHeight) - 1 : this.active;
    const to = { ArrowDown: from + 1, ArrowUp: Math.max(0, from - 1), PageDown: from + page, PageUp: from - page, Home: 0, End: this.total - 1 }[e.key];
    if (e.ctrlKey || e.metaKey || e.altKey || !this.total) return;
    if (to !== undefined) this.choose(to, false);
    else if (e.key === "Enter") this.openActive();
    else return;
    e.preventDefault();
  }
}
