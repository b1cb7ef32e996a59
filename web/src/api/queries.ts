// What is asked for and kept for a while, beside the live feed.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { get } from "./client";
import type { BusyReason, CallDetail, CallPage, DeskState } from "./types";

const MINUTE_MS = 60_000;

/** The busy reasons of the centre; asked again each minute, as they may be published anew. */
export function useBusyReasons(isAgent: boolean): BusyReason[] {
  const path = isAgent ? "/desk" : "/floor";
  const query = useQuery({
    queryKey: ["busy-reasons", path],
    queryFn: ({ signal }) => get<Partial<DeskState>>(path, {}, signal),
    staleTime: MINUTE_MS,
    refetchInterval: MINUTE_MS,
  });
  return query.data?.busy_reasons ?? [];
}

export interface CallFilters {
  from?: number;
  to?: number;
  queue?: string;
  agent?: string;
  outcome?: string;
  number?: string;
  figure?: string;
  figure_from?: string;
  figure_to?: string;
}

/** The call list, newest first, page by page. */
export function useCalls(filters: CallFilters, limit: number, refreshMs: number | false) {
  return useInfiniteQuery({
    queryKey: ["calls", filters, limit],
    queryFn: ({ pageParam, signal }) => get<CallPage>("/calls", { ...filters, cursor: pageParam, limit }, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: refreshMs,
    placeholderData: (before) => before,
  });
}

export function useCallDetail(id: string) {
  return useQuery({
    queryKey: ["call", id],
    queryFn: ({ signal }) => get<CallDetail>(`/calls/${encodeURIComponent(id)}`, {}, signal),
    refetchInterval: (query) => (query.state.data?.ended === null ? 2_000 : false),
  });
}

/** A row of today's figures; names and formulas are those of metrics.md section 7. null: nothing to divide. */
export interface Figures {
  queue_id?: string;
  agent_id?: string;
  sums: Record<string, number>;
  metrics: Record<string, number | null>;
}

export function useFigures(of: "queues" | "agents"): Figures[] {
  const query = useQuery({
    queryKey: ["figures", of],
    queryFn: ({ signal }) => get<{ rows: Figures[] }>(`/figures/${of}`, { day: "today" }, signal),
    refetchInterval: 5_000,
    retry: false,
  });
  return query.data?.rows ?? [];
}
