// Call-backs that are owed, the earliest promise first. An agent takes one and calls; a leader assigns or cancels it.
import type { Micros, Session } from "../api/types";
import { useCollection } from "../feed";
import { useSay, useWord } from "../i18n";
import { callerText, moment } from "../i18n/format";
import { Act } from "../ui/act";
import { Menu } from "../ui/menu";
import { OwedTable, useAway, useDeeds } from "./owed";

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
  const names = ["owed.promised", "contacts.caller", "contacts.queue", "owed.source", "owed.requested", "owed.tries"] as const;
  const heads = names.map((name) => ({ name: say(name) }));
  return (
    <OwedTable<Callback>
      what="callbacks"
      none={say("owed.no_callbacks")}
      heads={heads}
      cells={(row) => (
        <>
          <td className="figure">{row.late ? <strong>▲ {moment(row.promised_by, say)}</strong> : moment(row.promised_by, say)}</td>
          <td className="figure strong">{callerText(row.caller, say)}</td>
          <td>{row.queue_name ?? say("common.none")}</td>
          <td>{word("callback_source", row.source)}</td>
          <td className="figure">{moment(row.requested, say)}</td>
          <td>{row.calling ? say("owed.now") : row.attempts === 0 ? say("common.none") : `${row.attempts} · ${word("attempt", row.last_result)}`}</td>
        </>
      )}
      deeds={(row) => <Deeds row={row} session={session} />}
    />
  );
}

function Deeds({ row, session }: { row: Callback; session: Session }) {
  const say = useSay();
  const does = useDeeds("callbacks", row.id);
  const away = useAway(session);
  const calling = row.calling ? say("owed.now") : null;
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
