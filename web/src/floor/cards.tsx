// The agents as cards: two hundred on one screen of 1920×1080. State, time in it, and who asks for help.
import type { AgentDoc } from "@yingda/desk";
import { useSay, useWord } from "../i18n";
import { Glyph } from "../ui/glyph";
import { Icon } from "../ui/icons";
import { rowKeys } from "../ui/rows";
import { Since } from "../ui/since";
import type { LimitOf } from "./limits";

interface AgentCardsProps {
  rows: AgentDoc[];
  selected: ReadonlySet<string>;
  select: (id: string, more: boolean) => void;
  limitOf: LimitOf;
}

export function AgentCards({ rows, selected, select, limitOf }: AgentCardsProps) {
  const say = useSay();
  return (
    <ul className="agent-cards" role="listbox" aria-multiselectable="true" aria-label={say("floor.agents")}>
      {rows.map((agent) => (
        <Card key={agent.id} agent={agent} limit={limitOf(agent)} selected={selected.has(agent.id)} select={(more) => select(agent.id, more)} />
      ))}
    </ul>
  );
}

interface CardProps {
  agent: AgentDoc;
  limit: number | undefined;
  selected: boolean;
  select: (more: boolean) => void;
}

function Card({ agent, limit, selected, select }: CardProps) {
  const word = useWord();
  return (
    <li role="option" tabIndex={0} aria-selected={selected} data-state={agent.state} data-help={agent.help != null} onClick={(event) => select(event.ctrlKey || event.metaKey)} onKeyDown={(event) => rowKeys(event, select)}>
      <span className="card-who">
        {agent.help ? <Icon name="hand" /> : <Glyph state={agent.state} />}
        <span className="figure">{agent.number}</span> {agent.name}
      </span>
      <span className="card-since">
        {word("state", agent.state)} <Since at={agent.since} mark={limit} />
      </span>
    </li>
  );
}
