// The store: all that the page knows, in one place. Parts read state, change it
// by update, and subscribe to what they show. They never call each other.

import type * as api from "../api.ts";
import { type Filters, fresh, type Link } from "./filters.ts";

export interface State {
  start: api.Start; // what the server said first
  logs: readonly api.View[]; // that are open on this page
  logID: string; // the one that is shown, empty for none
  filters: Filters;
  chart: api.Chart | null; // of the log and the filters

  opened: api.LineAnswer | null; // the line in the side panel
  active: Place | null; // the table's active row
  jump: Jump | null; // where the table is to go
  stepFrom: number | null; // the line that n and p go from, null for the active row's

  nextScan: Scan; // what is chosen for it
  optionsOpen: boolean;
  optionError: { option: string; text: string } | null;

  uploads: ReadonlyMap<string, AbortController>; // logs on their way from this page
  queued: number; // logs that come after the one that is on its way
  lostLink: Link | null; // of a log that is gone: for the next one

  theme: Theme;
  zone: Zone;
  problem: string; // what went wrong, until it is dismissed
  status: string; // tells what a person sees to those who do not
}

/** Place is a row of the table; its line is null until the row has come. */
export interface Place {
  index: number;
  line: number | null;
}

/** Jump is a row to go to. With a total it may lie beyond what the table knows of, and is shown below some others. */
export interface Jump {
  index: number;
  line: number;
  among?: { total: number; below: number };
}

export interface Scan {
  mode: api.Mode;
  options: api.Given;
}

/** Zone is what times are shown in: the log's own, the browser's, or UTC. */
export type Zone = "log" | "browser" | "utc";

export type Theme = "" | "light" | "dark"; // empty: as the system has it

/** state is what the page knows now. It is never changed in place: only update gives another. */
export let state: Readonly<State> = {
  start: { version: "", maxSize: 0, options: [], given: {}, mode: "stream", stops: [0], stop: 0, levels: [], views: [], ignoreFile: "" },
  logs: [],
  logID: "",
  filters: fresh(0),
  chart: null,
  opened: null,
  active: null,
  jump: null,
  stepFrom: null,
  nextScan: { mode: "stream", options: {} },
  optionsOpen: false,
  optionError: null,
  uploads: new Map(),
  queued: 0,
  lostLink: null,
  theme: "",
  zone: "log",
  problem: "",
  status: "",
};

interface Subscriber {
  select: () => readonly unknown[];
  seen: readonly unknown[];
  run: (now: readonly unknown[], before: readonly unknown[]) => void;
}

const subscribers: Subscriber[] = [];
let telling = false;
let stale = false; // state has changed since the subscribers were last gone through

/**
 * subscribe runs something whenever one of the values that it selects has
 * changed. Subscribers run in the order in which they came, before update
 * returns; what they update themselves is told when all have run.
 */
export function subscribe<T extends readonly unknown[]>(select: () => T, run: (now: T, before: T) => void): void {
  subscribers.push({ select, seen: select(), run: run as Subscriber["run"] });
}

/** subscribeNow runs it at once, too. */
export function subscribeNow(select: () => readonly unknown[], run: () => void): void {
  subscribe(select, run);
  run();
}

export function update(part: Partial<State>): void {
  state = { ...state, ...part };
  stale = true;
  if (telling) return;
  telling = true;
  try {
    while (stale) {
      stale = false;
      for (const s of subscribers) tell(s);
    }
  } finally {
    telling = false;
  }
}

function tell(s: Subscriber): void {
  const now = s.select();
  const before = s.seen;
  if (now.length === before.length && now.every((v, i) => Object.is(v, before[i]))) return;
  s.seen = now;
  s.run(now, before);
}
