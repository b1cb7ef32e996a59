// How many are in which state, calls in progress, alarms.
import { useCollection } from "../feed";
import type { AgentDoc, AgentState } from "@yingda/desk";
import { useAlarm, useSay, useWord } from "../i18n";
import { Broadcast } from "../messages/broadcast";
import { Glyph } from "../ui/glyph";
import { Icon } from "../ui/icons";

const SHOWN: AgentState[] = ["idle", "ringing", "talking", "holding", "wrapup", "busy", "unreachable", "offline"];

export function Counts({ agents }: { agents: AgentDoc[] }) {
  const say = useSay();
  const word = useWord();
  const told = useAlarm();
  const trunks = useCollection("trunks");
  const alarms = Object.values(useCollection("alarms"));
  const asking = agents.filter((agent) => agent.help).length;
  const count = (state: AgentState): number => agents.filter((agent) => agent.state === state).length;
  return (
    <section className="counts" aria-label={say("floor.state")}>
      {SHOWN.map((state) => (
        <span key={state} className="count" data-state={state} data-none={count(state) === 0}>
          <Glyph state={state} />
          {word("state", state)}
          <strong className="figure">{count(state)}</strong>
        </span>
      ))}
      {asking === 0 ? null : (
        <span className="count alarm">
          <Icon name="hand" /> {say("help.waiting", { count: asking })}
        </span>
      )}
      {alarms.map((alarm) => (
        <span key={alarm.id} className="count alarm" role="alert" title={alarm.sentence}>
          <Icon name="warning" />
          {told(alarm, trunks[alarm.id.slice(alarm.kind.length + 1)]?.name ?? "")}
        </span>
      ))}
      <span className="count-acts">
        <Broadcast />
      </span>
    </section>
  );
}
