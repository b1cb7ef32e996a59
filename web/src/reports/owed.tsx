// What the lists of owed calls share (missed calls, call-backs, left messages): pages from the server, a table, the deeds of a row.
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post } from "../api/client";
import type { Session } from "../api/types";
import { useAgent } from "../feed";
import { useSay } from "../i18n";
import { Empty, Failure, Skeleton } from "../ui/waiting";

export type Owed = "missed" | "callbacks" | "voicemail";

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
  total: number;
}

const REFRESH_MS = 5_000;
const COUNT_MS = 30_000;
const PAGE = 100;

/** How many there are; asked for more seldom than an open list. */
export function useOwedCount(what: Owed): number | undefined {
  const query = useQuery({
    queryKey: ["owed", what, "count"],
    queryFn: ({ signal }) => get<Page<unknown>>(`/${what}`, { limit: 1 }, signal),
    refetchInterval: COUNT_MS,
    retry: false,
  });
  return query.data?.total;
}

export interface Heading {
  name: string;
  number?: boolean;
}

/** A page after the other. cells: the `td`s of a row, in the order of `heads`; its deeds stand last. */
export function OwedTable<T extends { id: string }>(props: {
  what: Owed;
  filters?: Record<string, string>;
  none: string;
  heads: readonly Heading[];
  cells: (row: T) => React.ReactNode;
  deeds: (row: T) => React.ReactNode;
}) {
  const { what, filters = {}, none, heads, cells, deeds } = props;
  const say = useSay();
  const list = useInfiniteQuery({
    queryKey: ["owed", what, filters],
    queryFn: ({ pageParam, signal }) => get<Page<T>>(`/${what}`, { ...filters, limit: PAGE, ...(pageParam === "" ? {} : { cursor: pageParam }) }, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: REFRESH_MS,
    retry: false,
  });
  if (list.isPending) return <Skeleton rows={12} />;
  if (list.isError) return <Failure what={say("owed.failed")} error={list.error} again={() => void list.refetch()} />;
  const items = list.data.pages.flatMap((page) => page.items);
  if (items.length === 0) return <Empty>{none}</Empty>;
  return (
    <>
      <table className="table">
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head.name} className={head.number ? "number" : undefined}>
                {head.name}
              </th>
            ))}
            <th />
          </tr>
        </thead>
        <tbody>
          {items.map((row) => (
            <tr key={row.id}>
              {cells(row)}
              <td className="acts">{deeds(row)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {list.hasNextPage ? (
        <button type="button" className="button plain more" aria-busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {say("common.more")}
        </button>
      ) : null}
    </>
  );
}

/** What is done to one of them: `does("claim")` is what a button calls. */
export function useDeeds(what: Owed, id: string) {
  const client = useQueryClient();
  return (deed: string, body: object = {}) =>
    async (): Promise<void> => {
      await post(`/${what}/${id}/${deed}`, body);
      await client.invalidateQueries({ queryKey: ["owed"] });
    };
}

/** Why one cannot call from here now; null: one can. */
export function useAway(session: Session): string | null {
  const say = useSay();
  const agent = useAgent(session.agent?.id);
  if (session.agent === null) return say("owed.no_desk");
  return agent === undefined || agent.state === "offline" ? say("owed.sign_in_first") : null;
}
