// Call-backs that are owed, the earliest promise first. An agent takes one and calls; a leader assigns or cancels it.
import { useQueryClient } from "@tanstack/react-query";
import { post } from "../api/client";
import type { Micros, Session } from "../api/types";
import { useAgent, useCollection } from "../feed";
import { useSay, useWord } from "../i18n";
import { callerText, moment } from "../i18n/format";
import { Act } from "../ui/act";
import { Menu } from "../ui/menu";
import { Empty, Failure, Skeleton } from "../ui/waiting";
import { useOwed } from "./missed";

interface Callback {
  id: string;
  contact_id: string | null;
  caller: string | null;
  source: string;
  queue_name: string | null;
  requested: Micros;
  promised_by: Micros;
  attempts: number;
  calling: boolean;
  last_result: string | null;
  late: boolean;
}

export function CallbacksPage({ session }: { session: Session }) {
  const say = useSay();
  const word = useWord();
  const owed = useOwed<Callback>("callbacks");
  const items = owed.data?.items ?? [];
  if (owed.isPending) return <Skeleton rows={12} />;
  if (owed.isError) return <Failure what={say("owed.failed")} error={owed.error} again={() => void owed.refetch()} />;
  if (items.length === 0) return <Empty>{say("owed.no_callbacks")}</Empty>;
  return (
    <table className="table">
      <thead>
        <tr>
          <th>{say("owed.promised")}</th>
          <th>{say("contacts.caller")}</th>
          <th>{say("contacts.queue")}</th>
          <th>{say("owed.source")}</th>
          <th>{say("owed.requested")}</th>
          <th>{say("owed.tries")}</th>
          <th />
        </tr>
      </thead>
      <tbody>
        {items.map((row) => (
          <tr key={row.id}>
            <td className="figure">
              {row.late ? <strong>▲ {moment(row.promised_by, say)}</strong> : moment(row.promised_by, say)}
            </td>
            <td className="figure strong">{callerText(row.caller, say)}</td>
            <td>{row.queue_name ?? say("common.none")}</td>
            <td>{word("callback_source", row.source)}</td>
            <td className="figure">{moment(row.requested, say)}</td>
            <td>
              {row.calling ? say("owed.now") : row.attempts === 0 ? say("common.none") : `${row.attempts} · ${word("attempt", row.last_result)}`}
            </td>
            <td className="acts">
              <Deeds row={row} session={session} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Deeds({ row, session }: { row: Callback; session: Session }) {
  const say = useSay();
  const client = useQueryClient();
  const agent = useAgent(session.agent?.id);
  const does = (deed: string, body: object = {}) => async (): Promise<void> => {
    await post(`/callbacks/${row.id}/${deed}`, body);
    await client.invalidateQueries({ queryKey: ["owed"] });
  };
  const calling = row.calling ? say("owed.now") : null;
  const away = session.agent === null ? say("owed.no_desk") : agent === undefined || agent.state === "offline" ? say("owed.sign_in_first") : null;
  return (
    <>
      <Act label={say("owed.take")} doing={say("owed.calling")} act={does("take")} why={calling ?? away} kind="primary" />
      {session.user.role === "agent" ? null : (
        <>
          <Assign why={calling} does={does} />
          <Menu label={say("owed.cancel")} name={say("owed.cancel")} side="right" why={calling}>
            {() => <Act label={say("owed.cancel_sure")} doing={say("owed.acting")} act={does("cancel")} />}
          </Menu>
        </>
      )}
    </>
  );
}

/** To one of those who are signed in: he gets it as soon as he is free. */
function Assign({ why, does }: { why: string | null; does: (deed: string, body: object) => () => Promise<void> }) {
  const say = useSay();
  const agents = Object.values(useCollection("agents")).filter((agent) => agent.state !== "offline");
  return (
    <Menu label={say("owed.assign")} name={say("owed.assign")} side="right" why={why ?? (agents.length === 0 ? say("floor.all_offline") : null)}>
      {() =>
        agents.map((agent) => (
          <Act key={agent.id} label={say("owed.assign_to", { who: `${agent.number} ${agent.name}` })} doing={say("owed.acting")} act={does("assign", { agent_id: agent.id })} />
        ))
      }
    </Menu>
  );
}
