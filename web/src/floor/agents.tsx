// The agents: state, time in it, and what they have in hand. Click or Space selects; Ctrl selects several.
import { useCaller, useFeed } from "../feed";
import type { AgentDoc } from "@yingda/desk";
import { useSay, useWord } from "../i18n";
import { Bars } from "../phonebar/quality";
import { callerText } from "../i18n/format";
import { useReasonName } from "../phonebar/reasons";
import { Glyph } from "../ui/glyph";
import { Icon } from "../ui/icons";
import { rowKeys } from "../ui/rows";
import { Since } from "../ui/since";
import { Empty } from "../ui/waiting";

interface AgentTableProps {
  rows: AgentDoc[];
  total: number;
  selected: ReadonlySet<string>;
  select: (id: string, more: boolean) => void;
  absent: boolean;
  showAbsent: (on: boolean) => void;
}

export function AgentTable({ rows, total, selected, select, absent, showAbsent }: AgentTableProps) {
  const say = useSay();
  return (
    <>
      <table className="table rows" role="grid" aria-multiselectable="true">
        <thead>
          <tr>
            <th>{say("floor.agents")}</th>
            <th>{say("floor.state")}</th>
            <th className="number">{say("floor.time")}</th>
            <th>{say("floor.work")}</th>
            <th>{say("floor.team")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((agent) => (
            <Row key={agent.id} agent={agent} selected={selected.has(agent.id)} select={(more) => select(agent.id, more)} />
          ))}
        </tbody>
      </table>
      {total === 0 ? <Empty>{say("floor.no_agents")}</Empty> : null}
      {total > 0 && rows.length === 0 ? <Empty>{say("floor.all_offline")}</Empty> : null}
      <button type="button" className="button quiet absent" aria-pressed={absent} onClick={() => showAbsent(!absent)}>
        {say(absent ? "floor.hide_offline" : "floor.show_offline")}
      </button>
    </>
  );
}

function Row({ agent, selected, select }: { agent: AgentDoc; selected: boolean; select: (more: boolean) => void }) {
  const word = useWord();
  return (
    <tr tabIndex={0} aria-selected={selected} data-state={agent.state} onClick={(event) => select(event.ctrlKey || event.metaKey)} onKeyDown={(event) => rowKeys(event, select)}>
      <td className="edge">
        {agent.help ? <Icon name="hand" /> : null}
        <span className="figure quiet">{agent.number}</span> {agent.name}
      </td>
      <td>
        <span className="said">
          <Glyph state={agent.state} />
          {word("state", agent.state)}
        </span>
      </td>
      <td className="number">
        <Since at={agent.since} />
      </td>
      <td>
        <Work agent={agent} />
      </td>
      <td>{agent.team}</td>
    </tr>
  );
}

/** The reason of a busy agent, or queue and caller of the contact in hand. */
function Work({ agent }: { agent: AgentDoc }) {
  const say = useSay();
  const reason = useReasonName(false);
  const contact = agent.offer ?? agent.handling;
  const caller = useCaller(contact);
  const queue = useFeed((docs) => docs.queues[contact?.queue_id ?? ""]?.name);
  if (agent.state === "busy") return <>{reason(agent.reason)}</>;
  if (contact === null) return null;
  return (
    <>
      {queue} <span className="figure">{callerText(caller, say)}</span>
      {agent.handling?.line ? <Bars line={agent.handling.line} /> : null}
    </>
  );
}
