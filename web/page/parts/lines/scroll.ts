// Where a table of any height is scrolled to. Browsers draw nothing beyond some
// 16 million pixels: the scroll bar is that of a table which is never so tall.

/** TALLEST is how tall the table really is at most, in px: enough for a scroll bar. */
const TALLEST = 4_000_000;

export class Scroll {
  rowHeight = 36; // until the style sheet says another
  rows = 0;

  /**
   * top is the first pixel in sight of a table at its full height. The real
   * scroll position follows: by small steps it moves as far as top does, by
   * large ones (somebody drags the bar) in proportion, and when it rests it is
   * put where the proportion wants it, which nobody sees.
   */
  top = 0;
  real = 0;

  constructor(
    private readonly element: HTMLElement,
    private readonly head: number, // height that is no row's
  ) {}

  /** inner is the height that rows have in sight. */
  get inner(): number {
    return Math.max(0, this.element.clientHeight - this.head);
  }

  /** tall is the real height of all rows. */
  get tall(): number {
    return Math.min(this.full, TALLEST);
  }

  get atEnd(): boolean {
    return this.range > 0 && this.top >= this.range - 1;
  }

  private get full(): number {
    return this.rows * this.rowHeight;
  }

  private get range(): number {
    return Math.max(0, this.full - this.inner);
  }

  moveTo(top: number): void {
    this.top = Math.max(0, Math.min(top, this.range));
  }

  toEnd(): void {
    this.top = this.range;
  }

  /** follow moves as the real scroll position has moved; it is false when that has not. */
  follow(): boolean {
    const now = this.element.scrollTop;
    const moved = now - this.real;
    if (!moved) return false;
    const end = Math.max(1, this.tall - this.inner);
    this.real = now;
    if (this.full <= TALLEST) this.top = now;
    else if (now <= 0) this.top = 0;
    else if (now >= end - 1) this.top = this.range;
    else if (Math.abs(moved) < this.inner * 2) this.moveTo(this.top + moved);
    else this.top = (now / end) * this.range;
    return true;
  }

  /** settle puts the real scroll position where top is in proportion. */
  settle(): void {
    const end = Math.max(0, this.tall - this.inner);
    const want = this.range > 0 ? Math.round((this.top / this.range) * end) : 0;
    if (Math.abs(this.element.scrollTop - want) > 1) this.element.scrollTop = want;
    this.real = this.element.scrollTop;
  }

  /** reveal scrolls as little as it takes to have a row in sight. */
  reveal(index: number): void {
    const y = index * this.rowHeight;
    if (y < this.top) this.moveTo(y);
    else if (y + this.rowHeight > this.top + this.inner) this.moveTo(y + this.rowHeight - this.inner);
    else return;
    this.settle();
  }

  /** place is where a row is to be drawn. */
  place(index: number): number {
    return Math.round(this.real + index * this.rowHeight - this.top);
  }

  isInSight(index: number): boolean {
    return index * this.rowHeight >= this.top && index * this.rowHeight < this.top + this.inner;
  }
}
