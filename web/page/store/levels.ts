// The levels that can be told apart in a chart.

import { state } from "./store.ts";

/** groups are those levels, as the server counts them. */
export const groups = ["none", "debug", "info", "warn", "error"] as const;

export type Group = (typeof groups)[number];

/** levelsOf are the levels that a group stands for. */
export const levelsOf: Record<Group, string[]> = {
  none: ["none"],
  debug: ["trace", "debug"],
  info: ["info", "notice"],
  warn: ["warn"],
  error: ["error", "critical", "fatal"],
};

/** inGroup adds up counts by level, as the server gives them. */
export const inGroup = (g: Group, counts: number[]): number => levelsOf[g].reduce((n, l) => n + (counts[state.start.levels.indexOf(l)] ?? 0), 0);
