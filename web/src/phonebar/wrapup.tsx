// After the call: counts down, says what comes next, can be made longer or finished.
import { useCaller, useFeed, useLink, useSecondsLeft } from "../feed";
import type { AgentDoc } from "@yingda/desk";
import { saveIfWritten } from "../desk/saving";
import { useSay } from "../i18n";
import { callerText, seconds } from "../i18n/format";
import { Act } from "../ui/act";
import { Since } from "../ui/since";
import { BusyMenu } from "./busy";
import { ordersOf } from "./orders";
import { useReasonName } from "./reasons";

const EXTENSION_S = 30;

/** What is left; where the queue sets no limit, what has passed. */
export function Countdown({ agent }: { agent: AgentDoc }) {
  const left = useSecondsLeft(agent.wrapup_until);
  return left === null ? <Since at={agent.since} /> : <span className="figure">{seconds(left)}</span>;
}

export function WrapupFacts({ agent }: { agent: AgentDoc }) {
  const say = useSay();
  const name = useReasonName(true);
  const caller = useCaller(agent.handling);
  const queue = useFeed((docs) => docs.queues[agent.handling?.queue_id ?? ""]?.name);
  const next = agent.next_state?.state === "busy" ? name(agent.next_state.reason) || say("state.busy") : say("state.idle");
  return (
    <div className="bar-facts">
      <span className="bar-next">{say("bar.next", { state: next })}</span>
      <strong className="bar-caller">{callerText(caller, say)}</strong>
      <span className="bar-queue">{queue}</span>
    </div>
  );
}

export function WrapupActs({ agent }: { agent: AgentDoc }) {
  const say = useSay();
  const order = ordersOf(agent.id);
  const why = useLink().at === "live" ? null : say("bar.out_of_reach");
  const finish = async (): Promise<void> => {
    if (agent.handling !== null) await saveIfWritten(agent.handling.id);
    await order("wrap-up/finish");
  };
  return (
    <div className="bar-acts">
      <Act
        label={say("bar.extend")}
        doing={say("bar.extending")}
        why={agent.wrapup_until === null ? say("bar.unlimited") : why}
        act={() => order("wrap-up/extend", { seconds: EXTENSION_S })}
      />
      <BusyMenu agent={agent} label={say("bar.after")} hotkey="Shift+F4" why={why} />
      <Act label={say("bar.finish")} doing={say("bar.finishing")} kind="primary" hotkey="Ctrl+Enter" why={why} act={finish} />
    </div>
  );
}
