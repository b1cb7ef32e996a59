// Try it: the author presses the keys himself and reads what a caller would hear. Each press plays the call anew from its
// arrival with the text as it stands now, so a mended flow goes on from the same place; the call can be kept as a test.
import { useEffect, useState } from "react";
import { desk } from "../api/client";
import { useSay } from "../i18n";
import { Act, useDeed } from "../ui/act";
import type { Rest } from "@yingda/desk";
import type { At } from "./api";
import type { Draft } from "./draft";
import { Steps } from "./steps";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

export function Rehearsal({ draft, show, mayWrite }: { draft: Draft; show: (at: At) => void; mayWrite: boolean }) {
  const say = useSay();
  const [done, setDone] = useState<string[]>([]);
  const [played, setPlayed] = useState<Rest.Rehearsed | null>(null);
  const [step, setStep] = useState("");
  const { document, written } = draft;
  const play = async (steps: string[]): Promise<void> => {
    const body = { name: document.name, text: draft.present().text, do: steps, session: {} };
    setPlayed(await desk.http.call("rehearse_flow", { body }));
    setDone(steps);
  };
  const begin = useDeed(() => play([]));
  useEffect(() => void begin.run(), []);
  const press = (key: string) => () => play([...done, key]);
  const why = played?.ended ? say("flows.ended") : null;
  const keep = (): void => {
    if (played === null) return;
    draft.write({ tests: `${written.tests.trimEnd()}\n${asTest(say("flows.test_name", { number: done.join(" ") }), done, played.steps)}`.trimStart() });
  };
  return (
    <div className="rehearsal">
      {played === null ? <p className="quiet">{begin.refusal}</p> : <Steps steps={played.steps} name={document.name} show={show} />}
      <div className="keypad" role="group" aria-label={say("flows.keys")}>
        {KEYS.map((key) => (
          <Act key={key} label={key} doing={key} act={press(key)} why={why} />
        ))}
      </div>
      <div className="rehearsal-acts">
        <Act label={say("flows.silence")} doing={say("flows.silence")} act={press("silence")} why={why} />
        <Act label={say("flows.hang_up")} doing={say("flows.hang_up")} act={press("hangup")} why={why} />
        <Act label={say("flows.again")} doing={say("flows.again")} act={() => play([])} />
        {mayWrite ? (
          <button type="button" className="button plain" onClick={keep}>
            {say("flows.keep_test")}
          </button>
        ) : null}
      </div>
      <form
        className="rehearsal-step"
        onSubmit={(event) => {
          event.preventDefault();
          if (step.trim() !== "") void play([...done, step.trim()]).then(() => setStep(""), () => undefined);
        }}
      >
        <input aria-label={say("flows.step")} placeholder={say("flows.step_hint")} value={step} onChange={(event) => setStep(event.target.value)} />
      </form>
    </div>
  );
}

/** The call as a scripted test: quoted as JSON, which YAML reads. */
function asTest(says: string, done: string[], steps: Rest.StepOut[]): string {
  const seen = steps.flatMap((one) => one.seen.map((what) => `    - ${JSON.stringify(what.text)}`));
  return [`- says: ${JSON.stringify(says)}`, `  do: ${JSON.stringify(done)}`, seen.length ? "  see:" : "  see: []", ...seen, ""].join("\n");
}
