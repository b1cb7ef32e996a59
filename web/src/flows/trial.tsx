// Trial calls (试拨): the text as it stands here is heard by a real phone, unpublished. Any phone of the centre dials the
// code; who is signed in has his own phone rung. Where the call is shows here while it lasts.
import { useState } from "react";
import type { Rest } from "@yingda/desk";
import { desk } from "../api/client";
import { useAgent, useCollection } from "../feed";
import { useSay } from "../i18n";
import { clockTime } from "../i18n/format";
import { ordersOf } from "../phonebar/orders";
import { Act } from "../ui/act";
import { Since } from "../ui/since";
import type { Draft } from "./draft";
import { entered, placeText, whereIs } from "./places";

export function Trial({ draft, agentId, go }: { draft: Draft; agentId: string | null; go: (node: string) => void }) {
  const say = useSay();
  const agent = useAgent(agentId ?? undefined);
  const [trial, setTrial] = useState<(Rest.TrialOut & { text: string }) | null>(null);
  const { text } = draft.written;
  const keep = async (): Promise<string> => {
    if (trial !== null && trial.text === text && trial.until > Date.now() * 1_000) return trial.code;
    const path = { document_id: draft.document.document_id };
    const made = await desk.http.call("try_flow_by_phone", { path, body: { text } });
    setTrial({ ...made, text });
    return made.code;
  };
  const ring = async (): Promise<void> => ordersOf(agentId ?? "")("dial", { to: { kind: "number", id: await keep() } });
  const free = agent !== undefined && ["idle", "busy", "wrapup"].includes(agent.state);
  return (
    <section className="trial" aria-label={say("trial.heading")}>
      <h3>{say("trial.heading")}</h3>
      <p className="quiet">{say("trial.hint")}</p>
      <div className="rehearsal-acts">
        <Act label={say("trial.ring")} doing={say("trial.ringing")} act={ring} why={free ? null : say(agent?.state === "offline" || agent === undefined ? "trial.not_signed_in" : "trial.engaged")} />
        <Act label={say("trial.code")} doing={say("flows.working")} act={async () => void (await keep())} />
      </div>
      {trial === null ? null : (
        <p role="status">
          {say("trial.dial")} <strong className="figure trial-code">{trial.code}</strong> {say("trial.until", { time: clockTime(trial.until) })}
          {trial.text === text ? null : <> {say("trial.older")}</>}
        </p>
      )}
      {trial === null ? null : <Running code={trial.code} go={go} />}
    </section>
  );
}

/** The calls that are in the text at this moment. */
function Running({ code, go }: { code: string; go: (node: string) => void }) {
  const calls = Object.values(useCollection("calls")).filter((call) => call.called === code && call.node);
  return (
    <ul className="live-callers">
      {calls.map((call) => {
        const { place } = whereIs(call.node ?? "");
        return (
          <li key={call.id}>
            <span className="figure">{call.caller}</span>
            <button type="button" className="button quiet" onClick={() => go(place)}>
              {placeText(place)}
            </button>
            <Since at={entered(call)} />
          </li>
        );
      })}
    </ul>
  );
}
