// Figures, times and numbers as people here write them: 03:27, 1:03:27, 138 1234 5678, 11-21 周六 14:05, 72.4 %, "–".
import type { Say } from "./index";
import { dayBounds, wall } from "./zone";

const SECOND = 1_000_000;
const NOTHING = "–";
const two = (value: number): string => String(value).padStart(2, "0");
const NARROW = "\u202f";

export function seconds(total: number | null | undefined): string {
  if (total === null || total === undefined) return NOTHING;
  const whole = Math.floor(total);
  const hours = Math.floor(whole / 3600);
  const rest = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** µs as a duration. */
export function duration(micros: number | null | undefined): string {
  return seconds(micros === null || micros === undefined ? null : micros / SECOND);
}

/** A share of 1 with one digit. null: nothing to divide. */
export function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? NOTHING : `${(share * 100).toFixed(1)}${NARROW}%`;
}

/** Seconds in words, for sentences: 12 秒, 3 分 05 秒. */
export function spell(total: number, language: string): string {
  const minutes = Math.floor(total / 60);
  if (language === "zh-CN") return minutes ? `${minutes} 分 ${total % 60} 秒` : `${total} 秒`;
  return minutes ? `${minutes} min ${total % 60} s` : `${total} s`;
}

/** A telephone number in groups. Foreign numbers stay as they are; of masked ones of this country the +86 goes. */
export function phoneNumber(number: string): string {
  const digits = national(number);
  if (/^1[3-9]\d{9}$/.test(digits)) return groups(digits, 3, 4);
  if (/^[48]00\d{7}$/.test(digits)) return groups(digits, 3, 3);
  if (/^0(10|2\d)\d{7,8}$/.test(digits)) return groups(digits, 3, digits.length - 7);
  if (/^0[3-9]\d{2}\d{7,8}$/.test(digits)) return groups(digits, 4, digits.length - 8);
  return number.includes("*") ? number.replace(/^\+86/, "") : number;
}

/** A number of this country as people dial it: without +86, and with the 0 of an area code. */
function national(number: string): string {
  const digits = number.replace(/^\+86/, "");
  const area = digits !== number && !/^(1[3-9]\d{9}|[48]00\d{7})$/.test(digits);
  return area ? `0${digits}` : digits;
}

function groups(digits: string, first: number, second: number): string {
  return [digits.slice(0, first), digits.slice(first, first + second), digits.slice(first + second)].join(" ");
}

/** The caller of a contact; null: he withheld his number; undefined: not known here. */
export function callerText(caller: string | null | undefined, say: Say): string {
  if (caller === undefined) return say("common.none");
  return caller ? phoneNumber(caller) : say("common.withheld");
}

/** 11-21 周六 14:05; with the year if it is not this one. */
export function moment(micros: number, say: Say): string {
  const at = wall(micros / 1000);
  const year = at.year === wall(Date.now()).year ? "" : `${at.year}-`;
  return `${year}${two(at.month)}-${two(at.day)} ${say(`weekday.d${at.weekday}`)} ${two(at.hour)}:${two(at.minute)}`;
}

/** "2026-11-21" as 11-21 周六 */
export function dayText(day: string, say: Say): string {
  return moment(dayBounds(day).from, say).replace(/ \d\d:\d\d$/, "");
}

/** 14:05:09 */
export function clockTime(micros: number): string {
  const at = wall(micros / 1000);
  return `${two(at.hour)}:${two(at.minute)}:${two(at.second)}`;
}
