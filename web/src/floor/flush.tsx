// Flushing a queue (清空队列): what becomes of everybody who waits there is chosen, and counted, before it happens.
import { useState } from "react";
import { desk } from "../api/client";
import { useCollection } from "../feed";
import { useSay } from "../i18n";
import { callerText } from "../i18n/format";
import { Act } from "../ui/act";
import { Cancel, useNames, type DeedProps } from "./deed";

const WAYS = ["end", "move", "callback", "message"] as const;
type Way = (typeof WAYS)[number];

const NAMED = 3;

export function FlushForm({ queues, done }: DeedProps) {
  const say = useSay();
  const names = useNames(queues);
  const [then, choose] = useState<Way>("callback");
  const [to, setTo] = useState("");
  const affected = useAffected(queues.map((queue) => queue.id));
  const others = Object.values(useCollection("queues")).filter((queue) => !queues.includes(queue));
  const target = to || (others[0]?.id ?? "");
  const why = then === "move" && target === "" ? say("floor.no_other_queue") : null;
  const act = async (): Promise<void> => {
    await Promise.all(queues.map((queue) => desk.floor.flush(queue.id, { then, ...(then === "move" ? { to: target } : {}) })));
    done();
  };
  return (
    <footer className="floor-acts floor-form" role="group" aria-label={say("floor.flush")}>
      <span>{affected}</span>
      <select aria-label={say("floor.flush_then")} value={then} onChange={(event) => choose(event.target.value as Way)}>
        {WAYS.map((way) => (
          <option key={way} value={way}>
            {say(`floor.flush_${way}`)}
          </option>
        ))}
      </select>
      {then === "move" ? (
        <select aria-label={say("floor.queues")} value={target} onChange={(event) => setTo(event.target.value)}>
          {others.map((queue) => (
            <option key={queue.id} value={queue.id}>
              {queue.name}
            </option>
          ))}
        </select>
      ) : null}
      <Act label={say("floor.flush_do", { queues: names })} doing={say("floor.acting")} kind="primary" why={why} act={act} />
      <Cancel done={done} />
    </footer>
  );
}

/** Who is concerned, in a sentence: those who wait; whom an agent is being rung for, or talks to, stays. */
function useAffected(queueIds: string[]): string {
  const say = useSay();
  const calls = Object.values(useCollection("calls")).filter((call) => call.entry_id && queueIds.includes(call.queue_id ?? ""));
  const waiting = calls.filter((call) => call.state === "waiting");
  const ringing = calls.filter((call) => call.state === "ringing").length;
  if (waiting.length === 0) return say("floor.flush_nobody");
  const who = waiting.slice(0, NAMED).map((call) => callerText(call.caller, say)).join(say("floor.and"));
  const more = waiting.length > NAMED ? say("floor.flush_more") : "";
  const spared = ringing > 0 ? say("floor.flush_spared", { count: ringing }) : "";
  return say("floor.flush_ask", { count: waiting.length, who: who + more }) + spared;
}
