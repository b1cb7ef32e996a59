// The scripted tests as they came out: each with its way through the flow, and the first line that was not as expected.
import { useSay } from "../i18n";
import { Act } from "../ui/act";
import { Empty } from "../ui/waiting";
import type { At, Outcome, Verdict } from "./api";
import { Steps } from "./steps";

interface TestsProps {
  verdict: Verdict | null;
  name: string;
  run: () => Promise<void>;
  show: (at: At) => void;
}

export function Tests({ verdict, name, run, show }: TestsProps) {
  const say = useSay();
  if (verdict === null)
    return (
      <Empty>
        {say("flows.tests_hint")} <Act label={say("flows.run")} doing={say("flows.running")} act={run} />
      </Empty>
    );
  const failed = verdict.tests.filter((one) => !one.passed).length;
  const faults = verdict.findings.filter((one) => one.severity === "error").length;
  return (
    <>
      <p className="tests-sum" role="status" data-passes={verdict.passes}>
        {faults > 0 ? say("flows.tests_faulty", { count: faults }) : say("flows.tests_sum", { count: verdict.tests.length, failed })}
      </p>
      {verdict.tests.map((outcome, index) => (
        <Result key={index} outcome={outcome} name={name} show={show} />
      ))}
    </>
  );
}

function Result({ outcome, name, show }: { outcome: Outcome; name: string; show: (at: At) => void }) {
  const say = useSay();
  const { differs } = outcome;
  const own = outcome.document === name;
  return (
    <details className="test" open={!outcome.passed} data-passed={outcome.passed}>
      <summary>
        {outcome.passed ? "✓" : "▲"} {outcome.says} <span className="quiet">{say(outcome.passed ? "flows.passed" : "flows.not_passed")}</span>
        {own ? null : <span className="quiet"> {outcome.document}</span>}
      </summary>
      {differs === null ? null : (
        <dl className="test-differs">
          <dt>{say("flows.expected")}</dt>
          <dd>{differs.expected || say("flows.nothing")}</dd>
          <dt>{say("flows.seen")}</dt>
          <dd>{differs.seen || say("flows.nothing")}</dd>
        </dl>
      )}
      {own ? (
        <button type="button" className="button quiet" onClick={() => show({ part: "tests", line: differs?.line ?? outcome.line })}>
          {say("flows.to_test")}
        </button>
      ) : null}
      <Steps steps={outcome.steps} name={name} show={show} />
    </details>
  );
}
