// The rows that the table holds: those in sight and some pages around them.

import type { Row, Rows } from "../../api.ts";

const PAGE = 100; // rows asked for at once
const KEPT = 40; // pages held
const RETRY = 1000; // ms until rows that did not come are asked for again

export type Fetch = (at: number, n: number, signal: AbortSignal) => Promise<Rows>;

export class RowCache {
  private pages = new Map<number, Row[]>(); // in the order of their coming
  private asked = new Map<number, Promise<void>>();
  private aborter = new AbortController();
  private fetch: Fetch | null = null;

  /** came hears how many rows there are at each answer, retry when it is time to ask again for those in sight. */
  constructor(
    private readonly came: (total: number) => void,
    private readonly retry: () => void,
  ) {}

  /** reset forgets all rows: others take their place. */
  reset(fetch: Fetch): void {
    this.aborter.abort();
    this.aborter = new AbortController();
    this.fetch = fetch;
    this.pages.clear();
    this.asked.clear();
  }

  row(i: number): Row | null {
    return this.pages.get(pageOf(i))?.[i % PAGE] ?? null;
  }

  /** ask gets the row and those beside it, once. */
  ask(i: number): Promise<void> {
    if (!this.fetch) return Promise.resolve();
    const page = pageOf(i);
    let asked = this.asked.get(page);
    if (!asked) this.asked.set(page, (asked = this.load(page, this.fetch)));
    return asked;
  }

  /** askAnew does so again: what is there stays until the answer comes. */
  askAnew(i: number): Promise<void> {
    this.asked.delete(pageOf(i));
    return this.ask(i);
  }

  /** askAllAnew asks for the rows of a range again, which may be others by now, and forgets those beyond. */
  async askAllAnew([first, last]: readonly [number, number]): Promise<void> {
    for (const page of [...this.pages.keys()]) if (page < pageOf(first) || page > pageOf(last)) this.pages.delete(page);
    this.asked.clear();
    const all: Promise<void>[] = [];
    for (let page = pageOf(first); page <= pageOf(last); page++) all.push(this.ask(page * PAGE));
    await Promise.all(all);
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
      this.came(a.total);
    } catch {
      if (signal.aborted) return;
      setTimeout(() => {
        if (signal.aborted) return;
        this.asked.delete(page);
        this.retry();
      }, RETRY);
    }
  }
}

const pageOf = (i: number): number => Math.floor(i / PAGE);
