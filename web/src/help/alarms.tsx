// Calls for help as leaders get them: in every room below the bar, seen and heard, with what can be done one click away.
import type { AgentDoc, Rest } from "@yingda/desk";
import { useEffect, useState } from "react";
import { post } from "../api/client";
import type { Session } from "../api/types";
import { useCollection, useLink } from "../feed";
import { useSay, useWord } from "../i18n";
import { chime } from "../phone/speaker";
import { Act } from "../ui/act";
import { Icon } from "../ui/icons";
import { Since } from "../ui/since";
import "./help.css";

const AGAIN_MS = 10_000;
const MODES = ["listen", "whisper", "barge", "take_over"] as const;

interface Asking extends AgentDoc {
  help: Rest.LiveHelp;
}

export function HelpAlarms({ session }: { session: Session }) {
  const say = useSay();
  const agents = Object.values(useCollection("agents"));
  const asking = agents.filter((agent): agent is Asking => agent.help != null && agent.id !== session.agent?.id);
  const open = asking.filter(({ help }) => help.state === "asked").map(({ help }) => help.id).join();
  useEffect(() => {
    if (open === "") return;
    chime();
    const again = setInterval(chime, AGAIN_MS);
    return () => clearInterval(again);
  }, [open]);
  if (session.user.role === "agent" || asking.length === 0) return null;
  return (
    <section className="help-alarms" aria-label={say("help.alarm")}>
      {asking.sort((one, other) => one.help.at - other.help.at).map((agent) => (
        <Alarm key={agent.help.id} agent={agent} listens={session.agent !== null} />
      ))}
    </section>
  );
}

/** listens: whether the leader has a device of his own to listen with. */
function Alarm({ agent, listens }: { agent: Asking; listens: boolean }) {
  const say = useSay();
  const word = useWord();
  const { help } = agent;
  const lost = useLink().at === "live" ? null : say("bar.out_of_reach");
  const [writing, setWriting] = useState(false);
  const [text, setText] = useState("");
  useSeen(agent.id, help.id);
  const talks = ["talking", "holding", "consulting"].includes(agent.state);
  const why = lost ?? (listens ? (talks ? null : say("floor.not_in_call")) : say("owed.no_desk"));
  const answer = (body: Record<string, string>) => post(`/floor/agents/${agent.id}/help/answer`, body);
  const send = async (): Promise<void> => {
    await answer({ how: "message", said: text.trim() });
    setWriting(false);
  };
  return (
    <div className="help-alarm" role="alert" data-answered={help.state === "answered"}>
      <strong>
        <Icon name="hand" /> {say("help.someone", { agent: `${agent.number} ${agent.name}` })}
      </strong>
      <Since at={help.at} />
      <span>
        {word("help_reason", help.reason)}
        {help.text === "" ? "" : ` · “${help.text}”`}
      </span>
      {help.state === "answered" ? <span className="quiet">{say("help.answered", { who: help.answered_by ?? "", how: word("help_way", help.how) })}</span> : null}
      <span className="help-acts">
        {MODES.map((mode) => (
          <Act key={mode} label={say(`floor.${mode}`)} doing={say("floor.acting")} why={why} act={() => post(`/floor/agents/${agent.id}/supervise`, { mode })} />
        ))}
        <Act label={say("help.message")} doing={say("help.message")} pressed={writing} act={async () => setWriting(!writing)} />
        <Act label={say("help.coming")} doing={say("floor.acting")} kind="primary" why={lost} act={() => answer({ how: "coming" })} />
      </span>
      {writing ? (
        <form className="help-reply" onSubmit={(event) => event.preventDefault()}>
          <input autoFocus value={text} maxLength={200} aria-label={say("help.reply")} placeholder={say("help.reply")} onChange={(event) => setText(event.target.value)} />
          <Act label={say("help.send")} doing={say("messages.sending")} type="submit" why={text.trim() === "" ? say("help.empty") : lost} act={send} />
        </form>
      ) : null}
    </div>
  );
}

/** The agent is told that it is before somebody's eyes, once this page really is. */
function useSeen(agentId: string, helpId: string): void {
  useEffect(() => {
    const see = (): void => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", see);
      void post(`/floor/agents/${agentId}/help/seen`).catch(() => {}); // it has just ended
    };
    document.addEventListener("visibilitychange", see);
    see();
    return () => document.removeEventListener("visibilitychange", see);
  }, [agentId, helpId]);
}
