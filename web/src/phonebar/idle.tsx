// Between calls: ready, not ready with a reason, sign out.
import { useSay, useWord } from "../i18n";
import { useLink } from "../feed";
import { Act } from "../ui/act";
import { BusyMenu } from "./busy";
import type { BarProps } from "./props";
import { DialField } from "./dial";
import { ordersOf } from "./orders";

export function IdleActs({ agent }: BarProps) {
  const say = useSay();
  const word = useWord();
  const order = ordersOf(agent.id);
  const why = useLink().at === "live" ? null : say("bar.out_of_reach");
  const busy = agent.state === "busy";
  return (
    <>
      <div className="bar-facts">
        <DialField agent={agent} why={why} />
        {agent.failure ? <span className="bar-small warn">{say("dial.failed", { target: agent.failure.target.replace(/^[a-z]+:/, ""), outcome: word("failure", agent.failure.outcome) })}</span> : null}
      </div>
      <div className="bar-acts">
        {busy ? (
          <Act
            label={say("bar.set_idle")}
            doing={say("bar.setting_idle")}
            kind="primary"
            hotkey="Shift+F2"
            why={why}
            act={() => order("idle")}
          />
        ) : null}
        <BusyMenu agent={agent} label={say("bar.set_busy")} hotkey={busy ? undefined : "Shift+F2"} why={why} />
        <Act label={say("bar.sign_out")} doing={say("bar.signing_out")} why={why} act={() => order("sign-out")} />
      </div>
    </>
  );
}
