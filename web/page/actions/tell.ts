// The two ways to say something.

import { update } from "../store/store.ts";

/** complain shows what went wrong, until it is dismissed. */
export function complain(problem: unknown): void {
  if (problem instanceof DOMException && problem.name === "AbortError") return;
  update({ problem: problem instanceof Error ? problem.message : String(problem) });
}

export const calm = (): void => update({ problem: "" });

/** say tells what a person sees to those who do not. */
export const say = (status: string): void => update({ status });
