// The summary (服务小结) of the contact in hand. It is there during the call and stays until it is saved, also when
// wrap-up has ended by its limit: nothing is typed twice, nothing typed is lost.
import { useSyncExternalStore } from "react";
import { useCaller, useFeed } from "../feed";
import type { AgentDoc } from "@yingda/desk";
import { useSay } from "../i18n";
import { callerText } from "../i18n/format";
import { ordersOf } from "../phonebar/orders";
import { useDeed } from "../ui/act";
import { Choice } from "../ui/choice";
import { keyName, useKey } from "../ui/keys";
import { usePreference } from "../ui/preferences";
import { Codes } from "./codes";
import { drafts, type Draft } from "./drafts";
import { saveSummary } from "./saving";

export function Summary({ agent }: { agent: AgentDoc }) {
  useSyncExternalStore(drafts.subscribe, drafts.version);
  const { handling } = agent;
  const caller = useCaller(handling);
  const left = drafts.unsaved();
  if (handling !== null) return <Form key={handling.id} draft={drafts.of(handling.id, caller, handling.queue_id)} agent={agent} />;
  return left === undefined ? null : <Form key={left.handlingId} draft={left} agent={agent} />;
}

function Form({ draft, agent }: { draft: Draft; agent: AgentDoc }) {
  const say = useSay();
  const [known] = usePreference("codes");
  const queue = useFeed((docs) => docs.queues[draft.queueId ?? ""]?.name);
  const change = (part: Partial<Draft>): void => drafts.change(draft.handlingId, part);
  const present = agent.handling?.id === draft.handlingId;
  const { busy, refusal, run } = useDeed(() => saveSummary(draft.handlingId));
  const save = async (): Promise<void> => {
    const done = draft.saved || (await run());
    if (done && present && agent.state === "wrapup") await ordersOf(agent.id)("wrap-up/finish");
  };
  useKey("Ctrl+Enter", () => void save());
  return (
    <section className="card summary" aria-label={say("summary.heading")}>
      <header>
        <h2>{say("summary.heading")}</h2>
        {present ? null : (
          <p className="warn">
            {say("desk.unsaved")} · <span className="figure">{callerText(draft.caller, say)}</span> {queue}
          </p>
        )}
      </header>
      <Codes codes={draft.codes} known={known} change={(codes) => change({ codes })} />
      <Choice
        shown
        label={say("summary.resolved")}
        value={draft.resolved === null ? "open" : draft.resolved ? "yes" : "no"}
        onChange={(value) => change({ resolved: value === "open" ? null : value === "yes" })}
        options={(["yes", "no", "open"] as const).map((value) => ({ value, label: say(`summary.${value}`) }))}
      />
      <label className="note">
        <span className="choice-label">{say("summary.note")}</span>
        <textarea rows={3} maxLength={4000} value={draft.note} placeholder={say("summary.note_hint")} onChange={(event) => change({ note: event.target.value })} />
      </label>
      <footer>
        <button type="button" className="button primary" aria-disabled={busy} aria-busy={busy} onClick={() => busy || void save()}>
          {say(busy ? "summary.saving" : "summary.save")}
          <kbd>{keyName("Ctrl+Enter")}</kbd>
        </button>
        <span role="status">{draft.saved ? `✓ ${say("summary.saved")}` : ""}</span>
        <span className="refused" role="alert">
          {refusal}
        </span>
      </footer>
    </section>
  );
}
