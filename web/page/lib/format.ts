// Numbers and times as people read them.

const whole = new Intl.NumberFormat("en-US");

export const count = (n: number): string => whole.format(n);

export const plural = (n: number, what: string): string => `${count(n)} ${what}${n === 1 ? "" : "s"}`;

export function size(bytes: number): string {
  if (bytes >= 1 << 30) return `${(bytes / (1 << 30)).toFixed(1)} GiB`;
  if (bytes >= 1 << 20) return `${(bytes / (1 << 20)).toFixed(1)} MiB`;
  return `${count(Math.ceil(bytes / 1024))} KiB`;
}

export function share(part: number, all: number): string {
  if (!all || !part) return "0 %";
  const p = (100 * part) / all;
  return `${p >= 10 ? p.toFixed(0) : p >= 1 ? p.toFixed(1) : p >= 0.01 ? p.toFixed(2) : "< 0.01"} %`;
}

/** contamination is a stop of the slider in words. */
export function contamination(value: number): string {
  return value === 0 ? "auto" : `${Number((value * 100).toPrecision(3))} %`;
}

export const score = (s: number): string => s.toFixed(2);

/** zone is what times are written in: minutes ahead of UTC, or the browser's own. */
let zone: number | "browser" = 0;

export function setZone(z: number | "browser"): void {
  zone = z;
}

/** ahead is how far a time of the zone is ahead of UTC, in minutes. */
const ahead = (ms: number): number => (zone === "browser" ? -new Date(ms).getTimezoneOffset() : zone);

/** wallClock is a time that reads in UTC as the given one does in the zone. */
export const wallClock = (ms: number): number => ms + ahead(ms) * 60_000;

/** zoneName is how the zone is called, at a time. */
export const zoneName = (ms: number): string => offsetName(ahead(ms));

export function offsetName(minutes: number): string {
  if (minutes === 0) return "UTC";
  const two = (n: number): string => String(Math.floor(n)).padStart(2, "0");
  return `UTC${minutes < 0 ? "−" : "+"}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
}

const iso = (ms: number): string => new Date(wallClock(ms)).toISOString();

export const date = (ms: number): string => iso(ms).slice(0, 10);

/** Dates is what a time of day needs before it, to be told from that of another day or year. */
export type Dates = "" | "day" | "year";

export function datesOf(first: number, last: number): Dates {
  if (date(first) === date(last)) return "";
  return date(first).slice(0, 4) === date(last).slice(0, 4) ? "day" : "year";
}

/** day is a date, with its year where a log has several. */
export const day = (ms: number, dates: Dates): string => (dates === "year" ? date(ms) : date(ms).slice(5));

/** clock is a time of day, with its date where a log has several. */
export function clock(ms: number, dates: Dates): string {
  return dates ? `${day(ms, dates)} ${iso(ms).slice(11, 19)}` : iso(ms).slice(11, 23);
}

export const moment = (ms: number): string => `${date(ms)} ${iso(ms).slice(11, 23)}`;

export function span(ms: number): string {
  const s = ms / 1000;
  if (s < 1) return `${Math.round(ms)} ms`;
  if (s < 120 && s % 60 !== 0) return `${Number(s.toFixed(s < 10 ? 1 : 0))} s`;
  const m = Math.round(s / 60);
  if (m < 120 && m !== 60) return `${m} min`;
  if (m < 48 * 60) return `${Math.floor(m / 60)} h ${m % 60 ? `${m % 60} min` : ""}`.trim();
  return `${(s / 86400).toFixed(1)} days`;
}
