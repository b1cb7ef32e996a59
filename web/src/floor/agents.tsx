// The agents: state, time in it, and what they have in hand. Click or Space selects; Ctrl selects several.
import { figureOf } from "../api/figures";
import { useFigures } from "../api/queries";
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
import type { LimitOf } from "./limits";

interface AgentTableProps {
  rows: AgentDoc[];
  selected: ReadonlySet<string>;
  select: (id: string, more: boolean) => void;
  limitOf: LimitOf;
  /** Their figures of the day (SUP-05) instead of what they have in hand. */
  day: boolean;
}

const TODAY = ["handled", "att", "acw", "aht", "occupancy", "signed_in"] as const;

export function AgentTable({ rows, selected, select, limitOf, day }: AgentTableProps) {
  const say = useSay();
  return (
    <table className="table rows" role="grid" aria-multiselectable="true">
      <thead>
        <tr>
          <th>{say("floor.agents")}</th>
          <th>{say("floor.state")}</th>
          <th className="number">{say("floor.time")}</th>
          {day ? (
            TODAY.map((metric) => (
              <th key={metric} className="number">
                {say(`figures.${metric}`)}
              </th>
            ))
          ) : (
            <>
              <th>{say("floor.work")}</th>
              <th>{say("floor.team")}</th>
            </>
          )}
        </tr>
      </thead>
      <tbody>
        {rows.map((agent) => (
          <Row key={agent.id} agent={agent} limit={limitOf(agent)} selected={selected.has(agent.id)} select={(more) => select(agent.id, more)}>
            {day ? <Day agentId={agent.id} /> : <Now agent={agent} />}
          </Row>
        ))}
      </tbody>
    </table>
  );
}

interface RowProps {
  agent: AgentDoc;
  limit: number | undefined;
  selected: boolean;
  select: (more: boolean) => void;
  children: React.ReactNode;
}

function Row({ agent, limit, selected, select, children }: RowProps) {
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
        <Since at={agent.since} mark={limit} />
      </td>
      {children}
    </tr>
  );
}

function Now({ agent }: { agent: AgentDoc }) {
  return (
    <>
      <td>
        <Work agent={agent} />
      </td>
      <td>{agent.team}</td>
    </>
  );
}

function Day({ agentId }: { agentId: string }) {
  const row = useFigures("agents").find((each) => each.agent_id === agentId);
  return TODAY.map((metric) => (
    <td key={metric} className="number">
      {figureOf(row, metric)}
    </td>
  ));
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
