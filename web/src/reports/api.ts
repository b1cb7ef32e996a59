// Sheets as the server makes them: which columns there are, how a value of a unit is shown, and files with progress.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { get, post } from "../api/client";
import type { Micros } from "../api/types";
import { duration, percent } from "../i18n/format";

export const SHEETS = ["queues", "agents", "contacts", "trunks", "callbacks", "flows"] as const;
export type SheetName = (typeof SHEETS)[number];
export const GRAINS = ["quarter", "half_hour", "hour", "day", "week", "month", "whole"] as const;
export type Grain = (typeof GRAINS)[number];

/** A metric: its formula in words is what a tooltip says. */
export interface Column {
  name: string;
  zh: string;
  en: string;
  unit: "count" | "share" | "µs" | "per hour" | "erlang" | "ccs";
  grain: "C" | "S" | "G";
  formula_zh: string;
  formula_en: string;
}

export interface Line {
  key: string;
  name: string;
  number: string;
  start: Micros;
  end: Micros;
  day: string;
  label: string;
  open: boolean;
  values: Record<string, number | null>;
  facts: { first_in?: Micros; last_out?: Micros | null; busy_hour?: Micros };
}

export interface Sheet {
  sheet: SheetName;
  zone: string;
  begin: Micros;
  end: Micros;
  now: Micros;
  columns: Column[];
  available: string[];
  lines: Line[];
  total: Record<string, number | null>;
}

/** What is asked for; lists are repeated in the query. */
export interface SheetQuery {
  from: string;
  to: string;
  grain: Grain;
  by: "time" | "key";
  key: string[];
  team: string;
  column: string[];
}

export function queryText(query: SheetQuery): string {
  const words = new URLSearchParams({ from: query.from, to: query.to, grain: query.grain, by: query.by });
  for (const key of query.key) words.append("key", key);
  for (const column of query.column) words.append("column", column);
  if (query.team) words.set("team", query.team);
  return words.toString();
}

export function useSheet(name: SheetName, query: SheetQuery, refreshMs: number | false) {
  const text = queryText(query);
  return useQuery({
    queryKey: ["sheet", name, text],
    queryFn: ({ signal }) => get<Sheet>(`/reports/sheets/${name}?${text}`, {}, signal),
    refetchInterval: refreshMs,
    placeholderData: keepPreviousData,
    retry: false,
  });
}

/** The definition of every metric; it changes with the program only. */
export function useMetrics(): Column[] {
  const query = useQuery({
    queryKey: ["metrics"],
    queryFn: ({ signal }) => get<Column[]>("/reports/metrics", {}, signal),
    staleTime: Infinity,
  });
  return query.data ?? [];
}

export function shown(value: number | null | undefined, unit: Column["unit"]): string {
  if (value === null || value === undefined) return "–";
  if (unit === "share") return percent(value);
  if (unit === "µs") return duration(value);
  if (unit === "count") return String(value);
  return value.toFixed(unit === "erlang" ? 2 : 1);
}

export interface Export {
  export_id: string;
  state: "making" | "ready" | "failed";
  done: number;
  total: number | null;
  file: string;
  sentence: string;
}

const POLL_MS = 300;

/** Let the server make a file; `tell` hears how far it is. The answer is ready or failed. */
export async function makeFile(path: string, body: unknown, tell: (file: Export) => void): Promise<Export> {
  let file = await post<Export>(path, body);
  while (file.state === "making") {
    tell(file);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    file = await get<Export>(`/reports/exports/${file.export_id}`);
  }
  return file;
}
