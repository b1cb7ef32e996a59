// When a task is due, as people say it.
import { dayAfter, dayBounds, today } from "../i18n/zone";

export type Later = "none" | "m30" | "h2" | "morning";

const MINUTE = 60_000_000;
const NINE = 9 * 60 * MINUTE;

/** µs UTC; morning: nine o'clock of the centre's tomorrow. null: at no special time. */
export function laterBy(later: Later, now: number): number | null {
  switch (later) {
    case "none":
      return null;
    case "m30":
      return Math.round(now) + 30 * MINUTE;
    case "h2":
      return Math.round(now) + 120 * MINUTE;
    case "morning":
      return dayBounds(dayAfter(today(), 1)).from + NINE;
  }
}
