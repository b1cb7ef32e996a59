// One desk is live: another window of this browser is the phone. Says so, and brings it here; not in the middle of a call,
// which lives in that window.
import type { AgentDoc } from "@yingda/desk";
import { useSay } from "../i18n";
import { phone } from "../phone";
import { Act } from "../ui/act";

export function TakeOver({ agent }: { agent: AgentDoc }) {
  const say = useSay();
  const engaged = ["ringing", "talking", "holding", "consulting"].includes(agent.state);
  return (
    <span className="bar-elsewhere">
      <span className="bar-small warn">{say("bar.elsewhere")}</span>
      <Act label={say("bar.take_over")} doing={say("bar.taking_over")} why={engaged ? say("bar.move_after_call") : null} act={() => phone.start(true)} />
    </span>
  );
}
