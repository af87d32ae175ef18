// What the server is asked. Every answer is about one view: one log under one
// set of options.

import { during } from "./lib/pending.ts";

export interface Option {
  name: string;
  flag: string;
  type: string;
  default: string;
  range: string;
  help: string;
  multiple?: boolean;
}

export type Mode = "stream" | "batch";
export type Given = Record<string, string[]>;

export interface Start {
  version: string;
  maxSize: number;
  options: Option[];
  given: Given;
  mode: Mode;
  stops: number[];
  stop: number;
  levels: string[];
  views: string[];
  ignoreFile: string; // that "This is normal" writes to, empty for none
}

export interface View {
  id: string;
  name: string;
  mode: Mode;
  options: Given;
  phase: "waiting" | "receiving" | "scanning" | "done" | "failed";
  error?: string;
  size: number;
  received: number;
  text: number;
  progress: number;
  lines: number;
  judged: number;
  timed: number;
  flagged: number[];
  levels: number[];
  first: number;
  last: number;
  cut: number;
  patterns: number;
  live: boolean; // it may keep one waiting
  zone: number; // minutes that the log's times are ahead of UTC
  seconds: number;
}

export interface Row {
  n: number;
  t: number;
  l: number;
  j: boolean;
  s: number;
  f: number;
  p: string;
  r?: string;
  k?: string; // kind of anomaly
  b?: number; // the score that auto flagged from
  x: string;
  h?: number; // how much of x is the message, fewer than all
  c?: boolean;
  m?: Mark[]; // what a regular expression matches in x
  o?: Mark[]; // what the reason speaks of
}

export type Mark = readonly [from: number, to: number];

export interface Rows {
  total: number;
  from: number;
  rows: Row[];
}

export interface Chart {
  axis: Axis;
  from: number;
  width: number;
  first: number;
  last: number;
  lines: number[][];
  flagged: number[][];
  outside?: { before: number; after: number; least: number; most: number }; // lines at times far from the others'
  total: { lines: number; judged: number; flagged: number[]; levels: number[]; eachLevel: number[] };
}

export interface Pattern {
  id: string;
  record: string; // the id that records have; empty for lines of many patterns
  text: string;
  sample: string;
  lines: number; // that it has in the whole log
  count: number;
  flagged: number;
  mean: number;
  max: number;
  first: number;
  last: number;
  since: number;
  until: number;
  new: boolean;
  bins: number[];
  levels: number[];
}

export interface Incident {
  id: string;
  group?: string;
  first: number;
  last: number;
  from: number;
  to: number;
  lines: number;
  flagged: number;
  level: number;
  score: number;
  quiet?: boolean;
  kinds: { kind: string; lines: number }[];
  patterns: { row: Row; lines: number; flagged: number; pattern: Pick<Pattern, "id" | "record" | "text" | "lines"> }[];
  more?: number;
  bins: number[];
}

export interface Incidents {
  total: number;
  left?: number;
  quiet?: number;
  sort: string;
  incidents: Incident[];
}

export interface Compared {
  id: string;
  record: string;
  text: string;
  before: number;
  after: number;
  flagged: number;
  level: number;
  times: number;
  line: number;
}

export interface Comparison {
  before: number;
  after: number;
  new: Compared[];
  gone: Compared[];
  changed: Compared[];
  same: number;
  more: number;
  fields: {
    new: ComparedField[];
    gone: ComparedField[];
    changed: ComparedField[];
    same: number;
    more: number;
  };
}

export interface ComparedField {
  name: string;
  before: number; // lines that have it
  after: number;
  times: number; // how many times as often it comes among lines with fields
}

export interface Field {
  name: string;
  value: string;
  kind?: string;
  usual?: string;
  odd?: boolean;
}

export interface LineAnswer {
  row: Row;
  fields: Field[];
  near: Row[];
  index: number;
  total: number;
  pattern: Pattern;
}

export type Axis = "time" | "line";

/** Failure is an answer that is an error, in a sentence for people. */
export class Failure extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly option?: string,
  ) {
    super(message);
  }
}

const call = <T>(path: string, init?: RequestInit): Promise<T> => during(ask<T>(path, init));

async function request(path: string, init?: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch (e) {
    if (e instanceof DOMException && e.name === "AbortError") throw e;
    throw new Failure("The server does not answer. Is flb-anomaly serve still running?", 0);
  }
}

async function ask<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await request(path, init);
  if (response.status === 204) return undefined as T;
  let answer: unknown;
  try {
    answer = await response.json();
  } catch {
    throw new Failure(`The server answered with status ${response.status} and nothing that can be read.`, response.status);
  }
  if (!response.ok) {
    const { error, option } = answer as { error?: string; option?: string };
    throw new Failure(error ?? `The server answered with status ${response.status}.`, response.status, option);
  }
  return answer as T;
}

const at = (id: string, rest: string, query?: URLSearchParams): string => `/api/views/${encodeURIComponent(id)}${rest}${query ? `?${query}` : ""}`;

export const start = (): Promise<Start> => call("/api/start");

/** example is a log to try the page with. */
export const example = (): Promise<Blob> => during(request("/api/example").then((r) => r.blob()));

export interface NewView {
  name?: string;
  mode: Mode;
  options: Given;
  size?: number;
  of?: string;
  modified?: number;
}

export const create = (v: NewView): Promise<View> =>
  call("/api/views", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(v) });

/** upload sends a log; the answer comes when it is judged. The browser reads the file as it sends it. */
export const upload = (id: string, body: Blob, signal: AbortSignal): Promise<View> =>
  call(at(id, "/text"), { method: "PUT", headers: { "Content-Type": "application/octet-stream" }, body, signal });

/** stop ends a scan; what it has come to stays. */
export const stop = (id: string): Promise<void> => call(at(id, "/stop"), { method: "POST" });

export const close = (id: string): Promise<void> => call(at(id, ""), { method: "DELETE", keepalive: true });

export const view = (id: string): Promise<View> => call(at(id, ""));

export const rows = (id: string, q: URLSearchParams, signal?: AbortSignal): Promise<Rows> => call(at(id, "/rows", q), { signal });

export const line = (id: string, q: URLSearchParams, signal?: AbortSignal): Promise<LineAnswer> => call(at(id, "/line", q), { signal });

export const seek = (id: string, q: URLSearchParams): Promise<{ line: number; index: number }> => call(at(id, "/seek", q));

export const chart = (id: string, q: URLSearchParams, signal?: AbortSignal): Promise<Chart> => call(at(id, "/chart", q), { signal });

export const patterns = (id: string, q: URLSearchParams, signal?: AbortSignal): Promise<{ total: number; patterns: Pattern[] }> =>
  call(at(id, "/patterns", q), { signal });

export const incidents = (id: string, q: URLSearchParams, signal?: AbortSignal): Promise<Incidents> => call(at(id, "/incidents", q), { signal });

export const compare = (id: string, q: URLSearchParams, signal?: AbortSignal): Promise<Comparison> => call(at(id, "/compare", q), { signal });

/** setNormal writes to the server's file of what is normal. */
export const setNormal = (id: string, pattern: string, normal: boolean): Promise<void> =>
  call(at(id, "/normal"), { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ pattern, normal }) });

export const reportURL = (id: string, q: URLSearchParams): string => at(id, "/report", q);

export const ignoreURL = (id: string, q: URLSearchParams): string => at(id, "/ignore", q);

export const exportURL = (id: string, q: URLSearchParams): string => at(id, "/export", q);
