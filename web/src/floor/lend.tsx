// Borrowing agents (借调): they also serve the queue until the loan's end; whoever is lent can be given back at once.
import { useState } from "react";
import { desk } from "../api/client";
import { useCollection } from "../feed";
import type { AgentDoc } from "@yingda/desk";
import { useSay, useWord } from "../i18n";
import { Act } from "../ui/act";
import { Cancel, Duration, useNames, type DeedProps } from "./deed";

const HOUR_S = 3_600;

export function LendForm({ queues, done }: DeedProps) {
  const say = useSay();
  const word = useWord();
  const names = useNames(queues);
  const [chosen, choose] = useState("");
  const [seconds, setSeconds] = useState(HOUR_S);
  const agents = useCandidates(queues.map((queue) => queue.id));
  const agent = chosen || (agents[0]?.id ?? "");
  const act = async (): Promise<void> => {
    await Promise.all(queues.map((queue) => desk.floor.lend(queue.id, agent, seconds)));
    done();
  };
  return (
    <footer className="floor-acts floor-form" role="group" aria-label={say("floor.lend")}>
      <span>{say("floor.lend_ask", { queues: names })}</span>
      <select className="grow" aria-label={say("floor.agents")} value={agent} onChange={(event) => choose(event.target.value)}>
        {agents.map((each) => (
          <option key={each.id} value={each.id}>
            {`${each.number} ${each.name} · ${word("state", each.state)}`}
          </option>
        ))}
      </select>
      <Duration seconds={seconds} choose={setSeconds} />
      <Act label={say("floor.lend_do")} doing={say("floor.acting")} kind="primary" why={agent === "" ? say("floor.nobody_to_lend") : null} act={act} />
      <Cancel done={done} />
    </footer>
  );
}

/** Agents who do not serve all of these queues already: those who are free first. */
function useCandidates(queueIds: string[]): AgentDoc[] {
  const rank = (agent: AgentDoc): number => (agent.state === "idle" ? 0 : agent.state === "offline" ? 2 : 1);
  return Object.values(useCollection("agents"))
    .filter((agent) => !queueIds.every((id) => agent.queues.includes(id)))
    .sort((one, other) => rank(one) - rank(other) || one.number.localeCompare(other.number));
}
