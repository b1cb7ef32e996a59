// Days and hours of the centre's own time zone, wherever the browser stands.

export type Weekday = 0 | 1 | 2 | 3 | 4 | 5 | 6;

export interface WallTime {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  weekday: Weekday;
}

let format = formatOf(undefined);

function formatOf(zone: string | undefined): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
}

/** The centre's zone (IANA name). A browser that does not know it keeps its own. */
export function setZone(zone: string): void {
  try {
    format = formatOf(zone);
  } catch {
    format = formatOf(undefined);
  }
}

/** What a clock on the centre's wall shows at `milliseconds` UTC. */
export function wall(milliseconds: number): WallTime {
  const parts = new Map(format.formatToParts(milliseconds).map((part) => [part.type, Number(part.value)]));
  const read = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  const [year, month, day] = [read("year"), read("month"), read("day")];
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay() as Weekday;
  return { year, month, day, hour: read("hour"), minute: read("minute"), second: read("second"), weekday };
}

/** ms UTC at which a day begins. The second look is for zones that change their clocks that day. */
function midnight(year: number, month: number, day: number): number {
  const wanted = Date.UTC(year, month - 1, day);
  const ahead = (at: number): number => {
    const seen = wall(at);
    return Date.UTC(seen.year, seen.month - 1, seen.day, seen.hour, seen.minute, seen.second) - at;
  };
  const first = wanted - ahead(wanted);
  return wanted - ahead(first);
}

/** [from, to) of a day ("2026-11-21") in µs UTC. */
export function dayBounds(day: string): { from: number; to: number } {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return { from: midnight(year, month, date) * 1000, to: midnight(year, month, date + 1) * 1000 };
}

/** The day that is `days` after "2026-11-21". */
export function dayAfter(day: string, days: number): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(Date.UTC(year, month - 1, date + days)).toISOString().slice(0, 10);
}

/** Today, as 2026-11-21. */
export function today(): string {
  const { year, month, day } = wall(Date.now());
  return new Date(Date.UTC(year, month - 1, day)).toISOString().slice(0, 10);
}
