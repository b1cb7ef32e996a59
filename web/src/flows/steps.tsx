// A call as it was played: what the caller did, what he heard, and where in the document he was. A click goes there.
import { useSay, type Key } from "../i18n";
import type { At, Step } from "./api";

const WORDS: Record<string, Key> = {
  play: "flows.did_play", log: "flows.did_log", exit: "flows.did_exit", disconnect: "flows.did_disconnect", record: "flows.did_record", transfer: "flows.did_transfer", invoke: "flows.did_invoke",
};

export function Steps({ steps, name, show }: { steps: Step[]; name: string; show: (at: At) => void }) {
  const say = useSay();
  return (
    <ol className="steps">
      {steps.map((step, index) => (
        <li key={index}>
          <p className="step-caller">{step.step === "" ? say("flows.arrives") : step.step}</p>
          {step.seen.map((seen, at) => {
            const [kind = "", ...rest] = seen.text.split(" ");
            const word = WORDS[kind];
            const here = seen.document === name && seen.line > 0;
            return (
              <button key={at} type="button" className="step-seen" disabled={!here} data-kind={kind} onClick={() => show({ part: "flow", line: seen.line })}>
                <span className="quiet">{word === undefined ? kind : say(word)}</span> <span>{rest.join(" ")}</span>
                <span className="figure quiet step-line">{here ? seen.line : seen.document}</span>
              </button>
            );
          })}
          {step.fault === "" ? null : <p className="step-fault">▲ {step.fault}</p>}
        </li>
      ))}
    </ol>
  );
}
