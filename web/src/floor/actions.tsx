// What a leader may do for the selected agents: one strip at the bottom. Each deed is confirmed in its own words.
import { useState } from "react";
import { desk } from "../api/client";
import { useBusyReasons } from "../api/queries";
import { useLink } from "../feed";
import type { AgentDoc } from "@yingda/desk";
import { useSay } from "../i18n";
import { Act } from "../ui/act";
import { SkillsForm } from "./skills";
import { GiveTasks } from "./tasks";

type Deed = "idle" | "busy" | "sign_out" | "release";
type Form = "skills" | "tasks";

const ON_CALLS: AgentDoc["state"][] = ["talking", "holding", "consulting", "assisting", "internal", "dialling"];
const MODES = { listen: "L", whisper: "W", barge: "B", take_over: "T" } as const;
type Mode = keyof typeof MODES;

const DEEDS: Record<Deed, (agentId: string, reason: string) => Promise<void>> = {
  idle: desk.floor.idle,
  busy: desk.floor.busy,
  sign_out: desk.floor.signOut,
  release: desk.floor.release,
};

export function ActionStrip({ agents, clear }: { agents: AgentDoc[]; clear: () => void }) {
  const say = useSay();
  const [asked, setAsked] = useState<Deed | null>(null);
  const [form, open] = useState<Form | null>(null);
  const lost = useLink().at === "live" ? null : say("bar.out_of_reach");
  const signedIn = agents.filter((agent) => agent.state !== "offline");
  const who = names(signedIn, (first, count) => say("floor.people", { first, count }));
  if (agents.length === 0) return <footer className="floor-acts quiet">{say("floor.select")}</footer>;
  if (asked !== null && signedIn.length > 0) return <Confirm deed={asked} who={who} agents={signedIn} done={() => setAsked(null)} />;
  const [single] = agents;
  if (form === "tasks") return <GiveTasks agents={agents} who={names(agents, (first, count) => say("floor.people", { first, count }))} done={() => open(null)} />;
  if (form === "skills" && agents.length === 1 && single !== undefined) return <SkillsForm agent={single} done={() => open(null)} />;
  const why = signedIn.length === 0 ? say("state.offline") : lost;
  const noCall = why ?? (signedIn.some(({ state }) => ON_CALLS.includes(state)) ? null : say("floor.not_in_call"));
  return (
    <footer className="floor-acts">
      <strong>{agents.length === 1 ? names(agents, () => "") : say("floor.selected", { count: agents.length })}</strong>
      {agents.length === 1 && agents[0] !== undefined ? <Watch agent={agents[0]} lost={lost} /> : null}
      {(["release", "idle", "busy", "sign_out"] as Deed[]).map((deed) => (
        <Ask key={deed} deed={deed} why={deed === "release" ? noCall : why} ask={() => setAsked(deed)} />
      ))}
      {agents.length === 1 ? (
        <button type="button" className="button plain" onClick={() => open("skills")}>
          {say("floor.skills")}
        </button>
      ) : null}
      <button type="button" className="button plain" onClick={() => open("tasks")}>
        {say("tasks.give")}
      </button>
      <button type="button" className="button quiet" onClick={clear}>
        {say("floor.clear")}
      </button>
    </footer>
  );
}

/** Opens the question that comes before the deed. */
function Ask({ deed, why, ask }: { deed: Deed; why: string | null; ask: () => void }) {
  const say = useSay();
  return (
    <button type="button" className="button plain" aria-disabled={why !== null} data-why={why ?? undefined} data-key={deed === "release" ? "X" : undefined} onClick={() => why === null && ask()}>
      {say(`floor.force_${deed}`)}
      {deed === "release" ? <kbd>X</kbd> : null}
    </button>
  );
}

/** Listening and more, through the leader's own device. The keys work while the table of agents has the focus. */
function Watch({ agent, lost }: { agent: AgentDoc; lost: string | null }) {
  const say = useSay();
  const talks = agent.handling !== null && ["talking", "holding", "consulting"].includes(agent.state);
  const why = lost ?? (talks ? null : say("floor.not_in_call"));
  return (
    <>
      {(Object.keys(MODES) as Mode[]).map((mode) => (
        <span key={mode} data-key={MODES[mode]}>
          <Act
            label={`${say(`floor.${mode}`)} ${MODES[mode]}`}
            doing={say("floor.acting")}
            why={why}
            act={() => desk.floor.supervise(agent.id, mode)}
          />
        </span>
      ))}
    </>
  );
}

interface ConfirmProps {
  deed: Deed;
  who: string;
  agents: AgentDoc[];
  done: () => void;
}

function Confirm({ deed, who, agents, done }: ConfirmProps) {
  const say = useSay();
  const reasons = useBusyReasons(false);
  const options = [{ id: "not_ready", name: say("reason.not_ready") }, ...reasons];
  const [reason, setReason] = useState("not_ready");
  const act = async (): Promise<void> => {
    await Promise.all(agents.map((agent) => DEEDS[deed](agent.id, reason)));
    done();
  };
  return (
    <footer className="floor-acts" role="group" aria-label={say(`floor.force_${deed}`)}>
      <span>{say(`floor.confirm_${deed}`, { who })}</span>
      {deed === "busy" ? (
        <select aria-label={say("bar.choose_reason")} value={reason} onChange={(event) => setReason(event.target.value)}>
          {options.map((each) => (
            <option key={each.id} value={each.id}>
              {each.name}
            </option>
          ))}
        </select>
      ) : null}
      <Act label={say(`floor.force_${deed}`)} doing={say("floor.acting")} kind="primary" act={act} />
      <button type="button" className="button quiet" onClick={done}>
        {say("common.cancel")}
      </button>
    </footer>
  );
}

function names(agents: AgentDoc[], several: (first: string, count: number) => string): string {
  const first = agents[0];
  if (first === undefined) return "";
  const name = `${first.number} ${first.name}`;
  return agents.length === 1 ? name : several(name, agents.length);
}
