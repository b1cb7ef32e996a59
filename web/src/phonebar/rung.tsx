// A call that rings without an offer of distribution: a colleague consults, an inside call, a customer who comes back.
import { useLink } from "../feed";
import { useSay, useWord } from "../i18n";
import { callerText } from "../i18n/format";
import { answeredAt, isBrowserPhone } from "../phone";
import { Act } from "../ui/act";
import { answered } from "./answer";
import type { BarProps } from "./props";
import { ordersOf } from "./orders";

/** What the agent asked for himself answers by itself. */
const OWN = ["own", "take", "supervise"];

export function isRung({ rung }: BarProps["agent"]): boolean {
  return rung != null && !OWN.includes(rung.why);
}

export function Rung({ session, agent }: BarProps) {
  const say = useSay();
  const word = useWord();
  const heard = useLink().at === "live";
  const here = isBrowserPhone(session, agent.device);
  const why = here ? null : say(answeredAt(session, agent.device));
  return (
    <>
      <div className="bar-facts">
        <strong className="bar-caller">{callerText(agent.rung?.caller, say)}</strong>
        <span className="bar-small">{word("rung", agent.rung?.why)}</span>
      </div>
      <div className="bar-acts">
        <Act label={say("bar.answer")} doing={say("bar.answering")} kind="primary" hotkey="F2" why={why} act={() => answered(say)} />
        <Act label={say("bar.decline")} doing={say("bar.declining")} why={heard ? null : say("bar.out_of_reach")} act={() => ordersOf(agent.id)("decline")} />
      </div>
    </>
  );
}
