// The table of lines. It holds the rows in sight and some pages around them,
// and asks the server for others: a log of millions of lines scrolls like one
// of a hundred.

import type { Row, Rows } from "./api.ts";
import { h, logText } from "./dom.ts";
import { clock, count, score } from "./format.ts";

const PAGE = 100; // rows asked for at once
const KEPT = 40; // pages held
const HEAD = 30; // height of the header in px
const MARGIN = 6; // rows drawn beyond the edges

/** Browsers draw nothing beyond some 16 million pixels; far fewer are enough for a scroll bar. */
const TALLEST = 4_000_000;

export interface Look {
  levels: string[];
  stop: number; // whose flags count
  search: string;
  dated: boolean; // times with their date
}

export type Fetch = (at: number, n: number, signal: AbortSignal) => Promise<Rows>;

interface Drawn {
  element: HTMLElement;
  index: number;
  row: Row | null;
}

export class Grid {
  private readonly body = h("div", { class: "rows", role: "rowgroup" });
  private pages = new Map<number, Row[]>(); // in the order of their last use
  private asked = new Set<number>();
  private aborter = new AbortController();
  private fetch: Fetch | null = null;
  private look: Look = { levels: [], stop: 0, search: "", dated: false };
  private drawn: Drawn[] = [];
  private rowHeight = 30;
  private total = 0;
  private active = -1;
  private frame = 0;
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
    private readonly open: (row: Row, index: number) => void,
    private readonly moved: (index: number) => void,
  ) {
    const heads = ["Line", "Time", "Level", "Score", "Why", "Text"].map((t, i) => h("span", { role: "columnheader", "aria-colindex": i + 1, class: i === 0 ? "n" : "" }, t));
    element.append(h("div", { role: "rowgroup", class: "head" }, h("div", { role: "row", "aria-rowindex": 1, class: "head-row" }, ...heads)), this.body);
    element.addEventListener("scroll", () => this.onScroll(), { passive: true });
    element.addEventListener("keydown", (e) => this.onKey(e));
    new ResizeObserver(() => this.layout()).observe(element);
    this.body.addEventListener("click", (e) => {
      const i = this.indexOf(e.target as Element);
      if (i >= 0) this.choose(i, true);
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
    this.restyle(look);
    this.scrollTo(at, "start");
    this.draw(true);
    void this.ask(Math.floor(at / PAGE)); // also where there was no row before
  }

  /** refresh asks again for what may have grown, and keeps its place. */
  refresh(): void {
    // What is there stays in sight until the answer comes.
    const last = Math.floor(Math.max(0, this.total - 1) / PAGE);
    this.asked.delete(last);
    void this.ask(last);
  }

  /** restyle shows the same lines by other flags or with another search. */
  restyle(look: Look): void {
    this.look = look;
    this.element.classList.toggle("dated", look.dated);
    this.draw(true);
  }

  setTotal(n: number): void {
    if (n === this.total) return;
    this.total = n;
    this.element.setAttribute("aria-rowcount", String(n + 1));
    this.layout();
  }

  get rows(): number {
    return this.total;
  }

  /** activeRow is the row that the keyboard is at. */
  get activeRow(): Row | null {
    return this.active >= 0 ? this.row(this.active) : null;
  }

  /** choose makes a row the active one. */
  choose(index: number, open: boolean): void {
    this.active = Math.max(0, Math.min(index, this.total - 1));
    this.scrollTo(this.active, "near");
    this.draw(true);
    this.moved(this.active);
    if (!open) return;
    const row = this.row(this.active);
    if (row) this.open(row, this.active);
    else void this.ask(Math.floor(this.active / PAGE)).then(() => {
      const late = this.row(index);
      if (late) this.open(late, index);
    });
  }

  private row(i: number): Row | null {
    return this.pages.get(Math.floor(i / PAGE))?.[i % PAGE] ?? null;
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
    // Rows of another height: the same ones stay in sight.
    this.top = Math.min((this.top / before) * this.rowHeight, this.range);
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
      this.frame = 0;
      this.paint();
    } else {
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        this.paint();
      });
    }
  }

  private paint(): void {
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
      if (!row) void this.ask(Math.floor(i / PAGE));
    }
    if (this.active >= first && this.active < last) this.element.setAttribute("aria-activedescendant", `row-${this.active}`);
    else this.element.removeAttribute("aria-activedescendant");
  }

  private lookKey(): string {
    return `${this.look.stop}|${this.look.dated}|${this.look.search}`;
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
    const cell = (column: number, kind: string, ...children: (Node | string)[]): HTMLElement => h("span", { role: "gridcell", "aria-colindex": column, class: kind }, ...children);
    if (!row) {
      e.replaceChildren(...["n", "time", "level", "score", "why"].map((k, c) => cell(c + 1, k)), cell(6, "text", "…"));
      return;
    }
    const level = row.l ? this.look.levels[row.l]! : "";
    const bar = h("i");
    bar.style.transform = `scaleX(${row.s})`;
    e.replaceChildren(
      cell(1, "n", count(row.n)),
      cell(2, "time", row.t ? clock(row.t, this.look.dated) : ""),
      cell(3, `level l-${level}`, level),
      row.j ? cell(4, "score", h("span", { class: "meter", "aria-hidden": "true" }, bar), score(row.s)) : cell(4, "score", h("span", { title: "The model was still learning from this line" }, "learning")),
      cell(5, "why", flagged ? h("span", { class: "hidden" }, "anomaly: ") : "", ...(flagged ? logText(row.r ?? "") : [])),
      cell(6, "text", ...logText(row.x.length > 600 ? row.x.slice(0, 600) : row.x, this.look.search)),
    );
  }

  private async ask(page: number): Promise<void> {
    if (!this.fetch || this.asked.has(page)) return;
    const { signal } = this.aborter;
    this.asked.add(page);
    try {
      const a = await this.fetch(page * PAGE, PAGE, signal);
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
      this.setTotal(a.total);
      this.draw();
    } catch {
      // Asked again when it is drawn again.
      if (!signal.aborted) setTimeout(() => this.asked.delete(page), 1000);
    }
  }

  private onKey(e: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(this.inner / this.rowHeight) - 1);
    const from = this.active < 0 ? Math.ceil(this.top / this.rowHeight) - 1 : this.active;
    const to = { ArrowDown: from + 1, ArrowUp: Math.max(0, from - 1), PageDown: from + page, PageUp: from - page, Home: 0, End: this.total - 1 }[e.key];
    if (e.ctrlKey || e.metaKey || e.altKey || !this.total) return;
    if (to !== undefined) this.choose(to, false);
    else if (e.key === "Enter" && this.active >= 0) this.choose(this.active, true);
    else return;
    e.preventDefault();
  }
}

/** isFlagged reads a row's flag at a stop of the slider. */
export const isFlagged = (row: Row, stop: number): boolean => ((row.f >>> stop) & 1) === 1;
