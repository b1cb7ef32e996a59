// The agent's call for help (求助, F10): choose why, add a word if there is one; then who has seen it and who answers.
import { useState } from "react";
import type { AgentDoc, Rest } from "@yingda/desk";
import { post } from "../api/client";
import { useSay, useWord, type Say } from "../i18n";
import { Act, useDeed } from "../ui/act";
import { Icon } from "../ui/icons";
import { Menu } from "../ui/menu";
import { ordersOf } from "../phonebar/orders";
import "./help.css";

const REASONS = ["unsure", "upset", "demands_leader", "emergency", "other"] as const;
type Reason = (typeof REASONS)[number];

export function Help({ agent, why }: { agent: AgentDoc; why: string | null }) {
  return agent.help ? <Standing agent={agent} help={agent.help} /> : <Ask why={why} />;
}

function Ask({ why }: { why: string | null }) {
  const say = useSay();
  const word = useWord();
  const [text, setText] = useState("");
  const [alone, setAlone] = useState(false);
  const [chosen, choose] = useState<Reason>("other");
  const { busy, refusal, run } = useDeed(async () => {
    const { watching } = await post<{ watching: number }>("/desk/help", { reason: chosen, text: text.trim() });
    setAlone(watching === 0);
  });
  return (
    <span className="act">
      <Menu name={say("help.reason")} label={<span>{say(busy ? "help.asking" : "help.ask")}</span>} hotkey="F10" hint="F10" why={why} side="right">
        {(close) => (
          <>
            {REASONS.map((reason) => (
              <button key={reason} type="button" onFocus={() => choose(reason)} onMouseEnter={() => choose(reason)} onClick={() => (close(), void run())}>
                {word("help_reason", reason)}
              </button>
            ))}
            <input className="help-text" value={text} maxLength={200} aria-label={say("help.text")} placeholder={say("help.text")} onChange={(event) => setText(event.target.value)} />
          </>
        )}
      </Menu>
      {refusal === null && !alone ? null : (
        <span className="refusal" role="alert">
          {refusal ?? say("help.nobody")}
        </span>
      )}
    </span>
  );
}

/** What his leaders make of it, and the way to take it back. */
function Standing({ agent, help }: { agent: AgentDoc; help: Rest.LiveHelp }) {
  const say = useSay();
  const word = useWord();
  const answered = help.state === "answered";
  return (
    <span className="help-standing" role="status">
      <span className="help-state" data-answered={answered}>
        <Icon name="hand" /> {answered ? say("help.answered", { who: help.answered_by ?? "", how: word("help_way", help.how) }) : waitingText(help, say)}
      </span>
      {help.said === "" ? null : <span className="help-said">{say("help.said", { text: help.said })}</span>}
      <Act label={say(answered ? "help.done" : "help.cancel")} doing={say("help.cancelling")} act={() => ordersOf(agent.id)("help/cancel")} />
    </span>
  );
}

function waitingText(help: Rest.LiveHelp, say: Say): string {
  return help.seen === 0 ? say("help.unseen") : say("help.seen", { count: help.seen });
}
