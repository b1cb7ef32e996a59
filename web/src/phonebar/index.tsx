// The phone bar: 56 px on top of every room, never covered, never scrolled. What it shows is the agent's state as the
// server says it; what it offers is what can be done in that state.
import type { Session } from "../api/types";
import { useAgent, useStale } from "../feed";
import { useSay, useWord } from "../i18n";
import { usePhone, usePhoneFollowing } from "../phone";
import { Glyph } from "../ui/glyph";
import { Since } from "../ui/since";
import { IdleActs } from "./idle";
import { OfflineActs } from "./offline";
import type { BarProps } from "./props";
import "./phonebar.css";
import { useReasonName } from "./reasons";
import { RingingActs, RingingFacts } from "./ringing";
import { TalkingActs, TalkingFacts } from "./talking";
import { TakeOver } from "./takeover";
import { Unreachable } from "./unreachable";
import { UserMenu } from "./user";
import { useAttention } from "./attention";
import { ConsultActs, ConsultFacts, useConsults } from "./consulting";
import { EngagedActs, EngagedFacts } from "./engaged";
import { isRung, Rung } from "./rung";
import { Countdown, WrapupActs, WrapupFacts } from "./wrapup";

export function PhoneBar({ session }: { session: Session }) {
  const say = useSay();
  const agent = useAgent(session.agent?.id);
  const stale = useStale();
  usePhoneFollowing(session, agent);
  useAttention(agent);
  return (
    <header className="bar" data-state={session.agent === null ? undefined : (agent?.state ?? "offline")} data-stale={stale} aria-label={say("bar.label")}>
      {session.agent === null ? <p className="bar-note">{session.centre.name}</p> : null}
      {agent === undefined ? null : <Live session={session} agent={agent} />}
      <UserMenu session={session} agent={agent} />
    </header>
  );
}

function Live({ session, agent }: BarProps) {
  const word = useWord();
  const reason = useReasonName(true)(agent.reason);
  const elsewhere = usePhone().line === "elsewhere";
  return (
    <>
      <div className="bar-state" aria-live="polite">
        <Glyph state={agent.state} />
        <strong>{reason && agent.state === "busy" ? reason : word("state", agent.state)}</strong>
        <span className="bar-time">{agent.state === "wrapup" ? <Countdown agent={agent} /> : agent.since === null ? null : <Since at={agent.since} />}</span>
      </div>
      {elsewhere ? <TakeOver agent={agent} /> : null}
      <Part session={session} agent={agent} />
    </>
  );
}

function Part({ session, agent }: BarProps) {
  const consults = useConsults(agent);
  if (isRung(agent)) return <Rung session={session} agent={agent} />;
  if (consults) {
    return (
      <>
        <ConsultFacts session={session} agent={agent} />
        <ConsultActs session={session} agent={agent} />
      </>
    );
  }
  switch (agent.state) {
    case "offline":
      return <OfflineActs session={session} agent={agent} />;
    case "ringing":
      return (
        <>
          <RingingFacts session={session} agent={agent} />
          <RingingActs session={session} agent={agent} />
        </>
      );
    case "talking":
    case "holding":
      return (
        <>
          <TalkingFacts session={session} agent={agent} />
          <TalkingActs session={session} agent={agent} />
        </>
      );
    case "consulting":
    case "dialling":
    case "internal":
    case "assisting":
    case "supervising":
      return (
        <>
          <EngagedFacts session={session} agent={agent} />
          <EngagedActs session={session} agent={agent} />
        </>
      );
    case "wrapup":
      return (
        <>
          <WrapupFacts agent={agent} />
          <WrapupActs agent={agent} />
        </>
      );
    case "unreachable":
      return <Unreachable session={session} agent={agent} />;
    default:
      return <IdleActs session={session} agent={agent} />;
  }
}
