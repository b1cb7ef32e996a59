// What is asked for and kept for a while, beside the live feed.
import type { Operations, Rest } from "@yingda/desk";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { desk } from "./client";
import type { BusyReason } from "./types";

const MINUTE_MS = 60_000;

/** The busy reasons of the centre; asked again each minute, as they may be published anew. */
export function useBusyReasons(isAgent: boolean): BusyReason[] {
  const room = isAgent ? "read_desk" : "read_floor";
  const query = useQuery({
    queryKey: ["busy-reasons", room],
    queryFn: ({ signal }) => desk.http.call(room, { signal }),
    staleTime: MINUTE_MS,
    refetchInterval: MINUTE_MS,
  });
  return query.data?.busy_reasons ?? [];
}

export type CallFilters = NonNullable<Operations["list_calls"]["query"]>;

/** The call list, newest first, page by page. */
export function useCalls(filters: CallFilters, limit: number, refreshMs: number | false) {
  return useInfiniteQuery({
    queryKey: ["calls", filters, limit],
    queryFn: ({ pageParam, signal }) => desk.http.call("list_calls", { query: { ...filters, cursor: pageParam, limit }, signal }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: refreshMs,
    placeholderData: (before) => before,
  });
}

export function useCallDetail(id: string) {
  return useQuery({
    queryKey: ["call", id],
    queryFn: ({ signal }) => desk.http.call("read_call", { path: { interaction_id: id }, signal }),
    refetchInterval: (query) => (query.state.data?.ended === null ? 2_000 : false),
  });
}

/** A row of today's figures; names and formulas are those of metrics.md section 7. null: nothing to divide. */
export type Figures = { queue_id?: string; agent_id?: string } & Pick<Rest.QueueFigures, "sums" | "metrics">;

export function useFigures(of: "queues" | "agents"): Figures[] {
  const query = useQuery({
    queryKey: ["figures", of],
    queryFn: ({ signal }) => desk.http.call(of === "queues" ? "read_queue_figures" : "read_agent_figures", { query: { day: "today" }, signal }),
    refetchInterval: 5_000,
    retry: false,
  });
  return query.data?.rows ?? [];
}
