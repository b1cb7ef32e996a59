// An offer: who calls, for which queue, how long he has waited, and how long it still rings. No dialog: the bar itself.
import { useCaller, useFeed, useLink, useSecondsLeft, serverNow } from "../feed";
import type { OfferDoc } from "@yingda/desk";
import { useSay, useWord } from "../i18n";
import { callerText } from "../i18n/format";
import { answeredAt, isBrowserPhone, usePhone } from "../phone";
import { Act } from "../ui/act";
import { Since } from "../ui/since";
import { useMemo } from "react";
import { answered } from "./answer";
import type { BarProps } from "./props";
import { ordersOf } from "./orders";
import { CustomerName } from "./who";

export function RingingFacts({ session, agent }: BarProps) {
  const say = useSay();
  const word = useWord();
  const offer = agent.offer;
  const caller = useCaller(offer);
  const queue = useFeed((docs) => docs.queues[offer?.queue_id ?? ""]?.name);
  if (offer === null) return <div className="bar-facts" />;
  return (
    <div className="bar-facts">
      <CustomerName interactionId={offer.interaction_id} />
      <strong className="bar-caller">{callerText(caller, say)}</strong>
      <span className="bar-queue">
        {queue}
        {offer.medium === "callback" ? ` · ${word("medium", "callback")}` : ""}
      </span>
      {offer.waiting_since ? (
        <span className="bar-small">
          {say("bar.waited")} <Since at={offer.waiting_since} />
        </span>
      ) : null}
      {isBrowserPhone(session, agent.device) || offer.at_desk ? null : <span className="bar-small">{say(answeredAt(session, agent.device))}</span>}
      <RingLine key={offer.id} offer={offer} />
    </div>
  );
}

/** The line that shrinks: one animation, begun where the server's clock stands. */
function RingLine({ offer }: { offer: OfferDoc }) {
  const say = useSay();
  const end = offer.since + offer.ring_limit_s * 1_000_000;
  const left = useSecondsLeft(end) ?? 0;
  const passed = useMemo(() => Math.max(0, (serverNow() - offer.since) / 1_000_000), [offer.since]);
  return (
    <>
      <span className="bar-small">{say("bar.left_to_ring", { seconds: left })}</span>
      <i
        className="ring-line"
        role="progressbar"
        aria-label={say("bar.ring_line")}
        aria-valuenow={left}
        aria-valuemin={0}
        aria-valuemax={offer.ring_limit_s}
        style={{ animationDuration: `${offer.ring_limit_s}s`, animationDelay: `${-passed}s` }}
      />
    </>
  );
}

export function RingingActs({ session, agent }: BarProps) {
  const say = useSay();
  const { line } = usePhone();
  const heard = useLink().at === "live";
  const here = isBrowserPhone(session, agent.device);
  const lost = heard ? null : say("bar.out_of_reach");
  const order = ordersOf(agent.id);
  const why = !here ? say(answeredAt(session, agent.device)) : line === "elsewhere" ? say("bar.elsewhere") : null;
  return (
    <div className="bar-acts">
      {agent.offer?.at_desk ? (
        <Act label={say("bar.call_back")} doing={say("bar.answering")} kind="primary" hotkey="F2" why={lost} act={() => order("accept")} />
      ) : (
        <Act label={say("bar.answer")} doing={say("bar.answering")} kind="primary" hotkey="F2" why={why} act={() => answered(say)} />
      )}
      <Act label={say("bar.decline")} doing={say("bar.declining")} why={lost} act={() => order("decline")} />
    </div>
  );
}
