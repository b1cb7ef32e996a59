// The desk (工作台) in its smallest true form: own queues and day at the left; the contact in hand, its summary and the
// recent contacts in the middle.
import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect } from "react";
import type { Session } from "../api/types";
import { CustomerCard } from "../customer/card";
import { useAgent, useStale } from "../feed";
import type { AgentDoc } from "@yingda/desk";
import { Rooms } from "../floor/rooms";
import { Messages } from "../messages";
import { isBrowserPhone } from "../phone";
import { usePreference } from "../ui/preferences";
import "./desk.css";
import { Current } from "./current";
import { OwnDay } from "./day";
import { OwedCounts } from "../reports/count";
import { Others } from "./others";
import { OwnQueues } from "./queues";
import { Recent } from "./recent";
import { Script } from "../script";
import { Tasks } from "./tasks";
import { Summary } from "./summary";

const SoundCheck = lazy(() => import("../soundcheck").then(({ SoundCheck }) => ({ default: SoundCheck })));

/** The books follow the call by a moment. */
const BOOKS_MS = [400, 1_500, 4_000];

export function DeskRoom({ session }: { session: Session }) {
  const agent = useAgent(session.agent?.id);
  const stale = useStale();
  const queries = useQueryClient();
  const phase = `${agent?.handling?.id ?? ""} ${agent?.state ?? ""}`;
  useEffect(() => {
    const timers = BOOKS_MS.map((pause) => setTimeout(() => void queries.invalidateQueries({ queryKey: ["calls"] }), pause));
    return () => timers.forEach(clearTimeout);
  }, [phase, queries]);
  if (agent === undefined) return null;
  const contact = agent.offer ?? agent.handling;
  return (
    <div className="desk" data-stale={stale}>
      <aside className="desk-side">
        <OwnQueues agent={agent} />
        <Others agent={agent} />
        <OwnDay agentId={agent.id} />
        <OwedCounts />
        <Tasks contact={contact?.interaction_id ?? null} />
        <Messages session={session} />
      </aside>
      <div className="desk-middle">
        <Current agent={agent} />
        <Rooms own={agent.id} />
        <FirstSound session={session} agent={agent} />
        {contact === null ? null : (
          <CustomerCard key={contact.interaction_id} session={session} interactionId={contact.interaction_id} beside={<Script interactionId={contact.interaction_id} handlingId={agent.handling?.interaction_id === contact.interaction_id ? agent.handling.id : null} />} />
        )}
        <Summary agent={agent} />
        {contact === null ? <Recent /> : null}
      </div>
    </div>
  );
}

/** Before the first call in this browser: does the sound work? Shown until it did once; signing in needs no more. */
function FirstSound({ session, agent }: { session: Session; agent: AgentDoc }) {
  const [fine] = usePreference("soundFine");
  const [kept] = usePreference("device");
  const devices = session.agent?.devices ?? [];
  const device = devices.find(({ extension }) => extension === kept) ?? devices[0];
  if (fine || agent.state !== "offline" || !isBrowserPhone(session, device?.extension)) return null;
  return (
    <Suspense>
      <SoundCheck />
    </Suspense>
  );
}
