// Engaged without a customer of one's own on the line: dialling, an inside call, helping a colleague, listening as a leader.
import type { CallDoc } from "@yingda/desk";
import { useCall, useLink } from "../feed";
import { desk } from "../api/client";
import { useSay } from "../i18n";
import { callerText } from "../i18n/format";
import { answeredAt, isBrowserPhone } from "../phone";
import { Act } from "../ui/act";
import { Keypad } from "./keypad";
import { Mute, MutedMark } from "./mute";
import { ordersOf } from "./orders";
import type { BarProps } from "./props";

/** A mobile answers nothing by itself, not even what its agent has asked for. */
const RINGS = ["preparing", "inviting", "ringing"];

export function EngagedFacts({ session, agent }: BarProps) {
  const say = useSay();
  const call = useCall(agent.handling?.interaction_id);
  const watched = agent.watching ?? null;
  const whom = watched !== null ? say(`engaged.${watched.mode as "listen"}`) : callerText(farEnd(call, agent.id), say);
  const answer = answeredAt(session, agent.device);
  const rings = call?.parties.some((party) => party.agent_id === agent.id && RINGS.includes(party.state)) ?? false;
  return (
    <div className="bar-facts">
      <strong className="bar-caller">{whom}</strong>
      {rings && answer === "bar.from_mobile" ? <span className="bar-small">{say(answer)}</span> : null}
      <MutedMark agent={agent} here={isBrowserPhone(session, agent.device)} />
    </div>
  );
}

/** Whom one is engaged with: who was called, or who calls where the call is not one's own. */
function farEnd(call: CallDoc | undefined, agentId: string): string | null | undefined {
  const own = call?.direction !== "inbound" && call?.agent_id === agentId;
  return own ? (call?.called ?? call?.caller) : call?.caller;
}

export function EngagedActs({ session, agent }: BarProps) {
  const say = useSay();
  const why = useLink().at === "live" ? null : say("bar.out_of_reach");
  const inFlow = (useCall(agent.handling?.interaction_id)?.flow ?? null) !== null;
  const stop = agent.watching ? () => desk.floor.stopSupervising() : () => ordersOf(agent.id)("hang-up");
  return (
    <div className="bar-acts">
      <Mute agent={agent} here={isBrowserPhone(session, agent.device)} why={why} />
      {inFlow ? <Keypad agent={agent} why={why} keysOnly /> : null}
      <Act label={say("bar.hang_up")} doing={say("bar.hanging_up")} kind="strong" hotkey="F4" why={why} act={stop} />
    </div>
  );
}
