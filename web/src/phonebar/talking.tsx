// With the customer, or with the customer on hold.
import { useState } from "react";
import type { AgentDoc } from "@yingda/desk";
import { useCall, useCaller, useFeed, useLink } from "../feed";
import { Help } from "../help/ask";
import { useSay } from "../i18n";
import { callerText } from "../i18n/format";
import { isBrowserPhone, phone, usePhone } from "../phone";
import { Act } from "../ui/act";
import { BusyMenu } from "./busy";
import { HoldReminder } from "./held";
import type { BarProps } from "./props";
import { Keypad } from "./keypad";
import { Mute, MutedMark } from "./mute";
import { ordersOf } from "./orders";
import { Quality } from "./quality";
import { TransferPanel } from "./transfer";
import { Conference, CustomerName } from "./who";

export function TalkingFacts({ session, agent }: BarProps) {
  const say = useSay();
  const call = useCall(agent.handling?.interaction_id);
  const caller = useCaller(agent.handling);
  const queue = useFeed((docs) => docs.queues[agent.handling?.queue_id ?? ""]?.name);
  const { microphone } = usePhone();
  const here = isBrowserPhone(session, agent.device);
  return (
    <div className="bar-facts">
      <CustomerName interactionId={agent.handling?.interaction_id} />
      <strong className="bar-caller">{callerText(caller, say)}</strong>
      <Conference agent={agent} />
      <span className="bar-queue">{queue}</span>
      {call?.recording ? <span className="bar-small recording" title={say("bar.recording")}>{say("bar.recording")}</span> : null}
      <MutedMark agent={agent} here={here} />
      {call?.sent && call.sent.result === null ? <span className="bar-small">{say("bar.in_flow", { flow: call.sent.flow })}</span> : <HoldReminder session={session} agent={agent} />}
      {microphone === null ? null : <span className="bar-small warn">{say(`microphone.${microphone}`)}</span>}
      <Quality agent={agent} here={here} />
    </div>
  );
}

/** Hang up by sending the customer to the rating flow (转评价); only where the centre has one. */
function Survey({ agent, why }: { agent: AgentDoc; why: string | null }) {
  const say = useSay();
  const there = useFeed((docs) => docs.queues[agent.handling?.queue_id ?? ""]?.survey === true);
  if (!there) return null;
  return <Act label={say("bar.survey")} doing={say("bar.surveying")} why={why} act={() => ordersOf(agent.id)("survey")} />;
}

export function TalkingActs({ session, agent }: BarProps) {
  const say = useSay();
  const order = ordersOf(agent.id);
  const here = isBrowserPhone(session, agent.device);
  const { talk } = usePhone();
  const heard = useLink().at === "live";
  const why = heard ? null : say("bar.out_of_reach");
  const [moving, setMoving] = useState(false);
  const held = agent.state === "holding";
  // With the server's API out of reach, the browser phone can still end its call by itself.
  const hangUp = !heard && talk !== "none" ? async () => phone.hangUp() : () => order("hang-up");
  return (
    <div className="bar-acts">
      {held ? (
        <Act key="retrieve" label={say("bar.retrieve")} doing={say("bar.retrieving")} kind="primary" hotkey="F8" why={why} act={() => order("retrieve")} />
      ) : (
        <Act key="hold" label={say("bar.hold")} doing={say("bar.holding")} hotkey="F8" why={why} act={() => order("hold")} />
      )}
      <Mute agent={agent} here={here} why={why} />
      <span className="menu">
        <Act label={say("transfer.open")} doing={say("transfer.open")} hotkey="F9" why={why} pressed={moving} act={async () => setMoving(!moving)} />
        {moving ? <TransferPanel agent={agent} close={() => setMoving(false)} /> : null}
      </span>
      <Keypad agent={agent} why={why} />
      <Help agent={agent} why={why} />
      <Survey agent={agent} why={why} />
      <BusyMenu agent={agent} label={say("bar.after")} hotkey="Shift+F4" why={why} />
      <Act
        label={say("bar.hang_up")}
        doing={say("bar.hanging_up")}
        kind="strong"
        hotkey="F4"
        why={heard || talk !== "none" ? null : why}
        act={hangUp}
      />
    </div>
  );
}
