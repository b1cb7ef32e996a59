// In a consultation the bar has two halves, customer and colleague; one never wonders who hears whom.
import { useCall, useCaller, useLink } from "../feed";
import type { AgentDoc } from "@yingda/desk";
import { Help } from "../help/ask";
import { useSay } from "../i18n";
import { callerText } from "../i18n/format";
import { isBrowserPhone } from "../phone";
import { Act } from "../ui/act";
import { Glyph } from "../ui/glyph";
import { Mute, MutedMark } from "./mute";
import { ordersOf } from "./orders";
import type { BarProps } from "./props";

/** Whether there is a third party apart: also while one speaks with the customer between. */
export function useConsults(agent: AgentDoc): boolean {
  const consult = useCall(agent.handling?.interaction_id)?.consult;
  return consult != null && consult.handling_id === agent.handling?.id;
}

export function ConsultFacts({ session, agent }: BarProps) {
  const say = useSay();
  const call = useCall(agent.handling?.interaction_id);
  const caller = useCaller(agent.handling);
  const consult = call?.consult ?? null;
  const withColleague = agent.state === "consulting";
  return (
    <div className="bar-facts halves">
      <span className="half" data-speaks={!withColleague}>
        <Glyph state={withColleague ? "holding" : "talking"} />
        <span className="bar-small">{say("consult.customer")}</span>
        <strong className="bar-caller">{callerText(caller, say)}</strong>
      </span>
      <span className="half" data-speaks={withColleague}>
        <Glyph state={consult?.state === "up" ? (withColleague ? "talking" : "holding") : "ringing"} />
        <span className="bar-small">{say("consult.third")}</span>
        <strong className="figure">{consult?.name}</strong>
      </span>
      <MutedMark agent={agent} here={isBrowserPhone(session, agent.device)} />
    </div>
  );
}

export function ConsultActs({ session, agent }: BarProps) {
  const say = useSay();
  const order = ordersOf(agent.id);
  const why = useLink().at === "live" ? null : say("bar.out_of_reach");
  const answered = useCall(agent.handling?.interaction_id)?.consult?.state === "up";
  const early = why ?? (answered ? null : say("consult.rings"));
  return (
    <div className="bar-acts">
      <Act label={say("consult.swap")} doing={say("consult.working")} hotkey="F8" why={early} act={() => order("swap")} />
      <Act label={say("consult.conference")} doing={say("consult.working")} hotkey="Shift+F9" why={early} act={() => order("conference")} />
      <Act label={say("consult.complete")} doing={say("consult.working")} kind="primary" hotkey="F9" why={why} act={() => order("transfer/complete")} />
      <Mute agent={agent} here={isBrowserPhone(session, agent.device)} why={why} />
      <Help agent={agent} why={why} />
      <Act label={say("consult.cancel")} doing={say("consult.working")} kind="strong" hotkey="F4" why={why} act={() => order("consult/cancel")} />
    </div>
  );
}
