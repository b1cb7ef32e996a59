// What any colleague may take (代接): callers of the own queues who wait or ring elsewhere, and calls that were parked.
import { useCollection, useLink } from "../feed";
import type { AgentDoc, CallDoc } from "@yingda/desk";
import { useSay, useWord } from "../i18n";
import { callerText } from "../i18n/format";
import { ordersOf } from "../phonebar/orders";
import { Act } from "../ui/act";
import { Since } from "../ui/since";

const PLACE: Partial<Record<CallDoc["state"], number>> = { parked: 0, ringing: 1, waiting: 2 };
const FREE = ["idle", "busy"];
/** More are a matter of the queues' figures above. */
const SHOWN = 6;

export function Others({ agent }: { agent: AgentDoc }) {
  const say = useSay();
  const calls = takeable(Object.values(useCollection("calls")), agent);
  const lost = useLink().at === "live" ? null : say("bar.out_of_reach");
  if (calls.length === 0 || agent.state === "offline") return null;
  const why = lost ?? (FREE.includes(agent.state) ? null : say("others.engaged"));
  return (
    <section className="card others" aria-label={say("others.heading")}>
      <h2>{say("others.heading")}</h2>
      <ul>
        {calls.slice(0, SHOWN).map((call) => (
          <Line key={call.id} call={call} agent={agent} why={why} />
        ))}
      </ul>
      {calls.length > SHOWN ? <p className="quiet others-more">{say("others.more", { count: calls.length - SHOWN })}</p> : null}
    </section>
  );
}

/** Those of others that can be taken now: parked ones, then whom somebody rings for, then who waits longest. */
export function takeable(calls: CallDoc[], agent: AgentDoc): CallDoc[] {
  const own = [agent.offer?.interaction_id, agent.handling?.interaction_id, agent.rung?.interaction_id];
  const rank = (call: CallDoc): number => PLACE[call.state] ?? 9;
  return calls
    .filter((call) => call.state in PLACE && (call.parked != null || call.entry_id != null) && !own.includes(call.id))
    .sort((one, other) => rank(one) - rank(other) || one.since - other.since);
}

function Line({ call, agent, why }: { call: CallDoc; agent: AgentDoc; why: string | null }) {
  const say = useSay();
  const word = useWord();
  const queue = useCollection("queues")[call.queue_id ?? ""]?.name;
  const order = ordersOf(agent.id);
  const take = (): Promise<void> =>
    call.parked != null ? order("take", { slot: call.parked }) : order("pick-up", { entry_id: call.entry_id ?? "" });
  return (
    <li data-state={call.state}>
      <span className="figure others-caller">{callerText(call.caller, say)}</span>
      <span className="quiet">
        {word("call_state", call.state)} {call.parked ?? ""} <Since at={call.since} /> {queue}
      </span>
      <Act label={say(call.parked != null ? "others.take" : "others.pick_up")} doing={say("others.taking")} why={why} act={take} />
    </li>
  );
}
