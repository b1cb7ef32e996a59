// Figures as the server gives them: shares between 0 and 1, times in µs, counts. How each is shown.
import { duration, percent } from "../i18n/format";
import type { Figures } from "./queries";

const SHARES = new Set(["answer_rate", "abandon_rate", "service_level", "occupancy", "utilisation"]);
const TIMES = new Set(["att", "aht", "acw", "hold_time", "asa", "ada", "signed_in", "mean_queue_time"]);

/** A metric as text; "–" where there is nothing to divide, or no row at all. */
export function figureOf(row: Figures | undefined, metric: string): string {
  const value = row?.metrics[metric] ?? row?.sums[metric];
  if (value === undefined || value === null) return "–";
  if (SHARES.has(metric)) return percent(value);
  if (TIMES.has(metric)) return duration(value);
  return String(value);
}
