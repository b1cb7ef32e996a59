// The calls in progress: who waits or talks where, and for how long in that state. Those who wait come first.
import { useCollection } from "../feed";
import type { AgentState, CallDoc } from "@yingda/desk";
import { useSay, useWord } from "../i18n";
import { callerText } from "../i18n/format";
import { Glyph } from "../ui/glyph";
import { Since } from "../ui/since";
import { Empty } from "../ui/waiting";
import { Waiting } from "./waiting";

const PLACE: Record<CallDoc["state"], number> = {
  waiting: 0, parked: 1, ringing: 2, arriving: 3, greeting: 4, dialling: 5, moving: 6, away: 7, meeting: 8, holding: 9, talking: 10, ending: 11,
};
const SHAPE: Partial<Record<CallDoc["state"], AgentState>> = { ringing: "ringing", talking: "talking", holding: "holding" };

export function CallsNow() {
  const say = useSay();
  const calls = Object.values(useCollection("calls")).sort((one, other) => PLACE[one.state] - PLACE[other.state] || one.started - other.started);
  return (
    <section className="card floor-calls">
      <h2>{say("floor.calls_now")}</h2>
      {calls.length === 0 ? <Empty>{say("floor.no_calls")}</Empty> : null}
      <table className="table" hidden={calls.length === 0}>
        <thead>
          <tr>
            <th>{say("contacts.caller")}</th>
            <th>{say("floor.state")}</th>
            <th className="number">{say("floor.time")}</th>
            <th>{say("contacts.queue")}</th>
            <th>{say("contacts.agent")}</th>
          </tr>
        </thead>
        <tbody>
          {calls.map((call) => (
            <Row key={call.id} call={call} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Served before all others, or kept for one agent. */
function Kept({ call }: { call: CallDoc }) {
  const say = useSay();
  const agent = useCollection("agents")[call.kept?.agent_id ?? ""];
  if (call.kept) return <em className="mark">{say("floor.kept_for", { who: agent?.name ?? "" })}</em>;
  return call.priority === 100 ? <em className="mark">{say("floor.prefer")}</em> : null;
}

function Row({ call }: { call: CallDoc }) {
  const say = useSay();
  const word = useWord();
  const queues = useCollection("queues");
  const agents = useCollection("agents");
  const agent = agents[call.agent_id ?? ""];
  const shape = SHAPE[call.state];
  return (
    <tr data-state={shape}>
      <td className="figure">{callerText(call.caller, say)}</td>
      <td>
        <span className="said">
          {shape === undefined ? <i className="glyph" /> : <Glyph state={shape} />}
          {word("call_state", call.state)}
        </span>
        <Kept call={call} />
      </td>
      <td className="number">
        <Since at={call.since} />
      </td>
      <td>{queues[call.queue_id ?? ""]?.name}</td>
      <td>
        {call.entry_id && call.state === "waiting" ? <Waiting call={call} entry={call.entry_id} /> : null}
        {agent === undefined ? null : (
          <>
            <span className="figure quiet">{agent.number}</span> {agent.name}
          </>
        )}
      </td>
    </tr>
  );
}
