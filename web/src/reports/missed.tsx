// Missed calls (漏话): one row a number, until it is answered or reached. Take one, call it; what is served goes by itself.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post } from "../api/client";
import type { Micros } from "../api/types";
import { useAgent } from "../feed";
import { useSay, useWord } from "../i18n";
import { callerText, moment } from "../i18n/format";
import { Act } from "../ui/act";
import { Empty, Failure, Skeleton } from "../ui/waiting";

interface Missed {
  id: string;
  caller: string | null;
  queue_name: string | null;
  outcome: string;
  last_at: Micros;
  calls: number;
  attempts: number;
  tried_at: Micros | null;
  claimed_by: string | null;
  mine: boolean;
}

export interface Page<T> {
  items: T[];
  total: number;
}

const REFRESH_MS = 5_000;
const COUNT_MS = 30_000;
const MOST = 200;

export function useOwed<T>(what: "missed" | "callbacks") {
  return useQuery({
    queryKey: ["owed", what],
    queryFn: ({ signal }) => get<Page<T>>(`/${what}`, { limit: MOST }, signal),
    refetchInterval: REFRESH_MS,
    retry: false,
  });
}

/** How many there are; asked for more seldom than an open list. */
export function useOwedCount(what: "missed" | "callbacks"): number | undefined {
  const query = useQuery({
    queryKey: ["owed", what, "count"],
    queryFn: ({ signal }) => get<Page<unknown>>(`/${what}`, { limit: 1 }, signal),
    refetchInterval: COUNT_MS,
    retry: false,
  });
  return query.data?.total;
}

export function MissedPage({ agentId }: { agentId: string | undefined }) {
  const say = useSay();
  const word = useWord();
  const missed = useOwed<Missed>("missed");
  const items = missed.data?.items ?? [];
  if (missed.isPending) return <Skeleton rows={12} />;
  if (missed.isError) return <Failure what={say("owed.failed")} error={missed.error} again={() => void missed.refetch()} />;
  if (items.length === 0) return <Empty>{say("owed.no_missed")}</Empty>;
  return (
    <table className="table">
      <thead>
        <tr>
          <th>{say("contacts.caller")}</th>
          <th className="number">{say("owed.calls")}</th>
          <th>{say("owed.last")}</th>
          <th>{say("contacts.queue")}</th>
          <th>{say("contacts.outcome")}</th>
          <th>{say("owed.tries")}</th>
          <th>{say("owed.claimed")}</th>
          <th />
        </tr>
      </thead>
      <tbody>
        {items.map((row) => (
          <tr key={row.id}>
            <td className="figure strong">{callerText(row.caller, say)}</td>
            <td className="number">{row.calls}</td>
            <td className="figure">{moment(row.last_at, say)}</td>
            <td>{row.queue_name ?? say("common.none")}</td>
            <td>{word("outcome", row.outcome)}</td>
            <td className="figure">{row.attempts === 0 ? say("common.none") : say("owed.tried", { count: row.attempts, at: row.tried_at === null ? "" : moment(row.tried_at, say) })}</td>
            <td>{row.mine ? say("owed.mine") : (row.claimed_by ?? say("common.none"))}</td>
            <td className="acts">
              <Deeds row={row} agentId={agentId} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Deeds({ row, agentId }: { row: Missed; agentId: string | undefined }) {
  const say = useSay();
  const client = useQueryClient();
  const agent = useAgent(agentId);
  const does = (deed: string) => async (): Promise<void> => {
    await post(`/missed/${row.id}/${deed}`);
    await client.invalidateQueries({ queryKey: ["owed"] });
  };
  const taken = row.claimed_by !== null && !row.mine ? say("owed.taken", { who: row.claimed_by }) : null;
  const away = agentId === undefined ? say("owed.no_desk") : agent === undefined || agent.state === "offline" ? say("owed.sign_in_first") : null;
  return (
    <>
      {row.mine ? (
        <Act label={say("owed.release")} doing={say("owed.acting")} act={does("release")} />
      ) : (
        <Act label={say("owed.claim")} doing={say("owed.acting")} act={does("claim")} why={taken} />
      )}
      <Act label={say("owed.call")} doing={say("owed.calling")} act={does("call")} why={taken ?? away} kind="primary" />
    </>
  );
}
