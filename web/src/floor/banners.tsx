// What leaders have set going and is still on: one line each, with its end, until it ends or is ended here.
import { desk } from "../api/client";
import { useCollection, useSecondsLeft } from "../feed";
import type { AgentDoc, QueueDoc } from "@yingda/desk";
import { useSay } from "../i18n";
import { seconds } from "../i18n/format";
import { Act } from "../ui/act";
import { Icon } from "../ui/icons";

export function Banners() {
  const queues = Object.values(useCollection("queues")).sort((one, other) => one.name.localeCompare(other.name));
  const agents = useCollection("agents");
  const loans = queues.flatMap((queue) => (queue.loans ?? []).map((loan) => ({ queue, loan, agent: agents[loan.agent_id] })));
  const emergencies = queues.filter((queue) => queue.emergency);
  if (loans.length + emergencies.length === 0) return null;
  return (
    <ul className="floor-banners">
      {emergencies.map((queue) => (
        <Announced key={queue.id} queue={queue} />
      ))}
      {loans.map(({ queue, loan, agent }) => (
        <Lent key={`${queue.id} ${loan.agent_id}`} queue={queue} agent={agent} agentId={loan.agent_id} until={loan.until} />
      ))}
    </ul>
  );
}

function Left({ until }: { until: number }) {
  return <span className="figure">{seconds(useSecondsLeft(until))}</span>;
}

function Announced({ queue }: { queue: QueueDoc }) {
  const say = useSay();
  const emergency = queue.emergency;
  if (!emergency) return null;
  const words = emergency.announce["say"] ?? emergency.announce["file"] ?? say("floor.source_own");
  return (
    <li className="urgent">
      <Icon name="warning" />
      <strong>{say("floor.emergency_on", { queue: queue.name })}</strong>
      <q>{words}</q>
      <Left until={emergency.until} />
      <Act label={say("floor.emergency_stop")} doing={say("floor.acting")} act={() => desk.floor.emergency(queue.id, false)} />
    </li>
  );
}

function Lent({ queue, agent, agentId, until }: { queue: QueueDoc; agent: AgentDoc | undefined; agentId: string; until: number }) {
  const say = useSay();
  const who = agent === undefined ? agentId : `${agent.number} ${agent.name}`;
  return (
    <li>
      <span>{say("floor.lent", { who, queue: queue.name })}</span>
      <Left until={until} />
      <Act label={say("floor.give_back")} doing={say("floor.acting")} act={() => desk.floor.giveBack(queue.id, agentId)} />
    </li>
  );
}
