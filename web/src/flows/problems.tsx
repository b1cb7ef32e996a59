// What is wrong, a line each; a click goes there.
import { useSay } from "../i18n";
import { usePreference } from "../ui/preferences";
import { Empty, Skeleton } from "../ui/waiting";
import type { At, Finding } from "./api";

export function Problems({ findings, show }: { findings: Finding[] | null; show: (at: At) => void }) {
  const say = useSay();
  const [language] = usePreference("language");
  if (findings === null) return <Skeleton rows={3} />;
  if (findings.length === 0) return <Empty>{say("flows.no_problems")}</Empty>;
  return (
    <ol className="problems">
      {findings.map((finding, index) => (
        <li key={index}>
          <button type="button" data-severity={finding.severity} onClick={() => show(finding)}>
            <span className="problem-place figure">
              {say(finding.severity === "error" ? "flows.error" : "flows.warning")} {finding.line}:{finding.column}
              {finding.part === "tests" ? ` ${say("flows.part_tests")}` : ""}
            </span>
            <span>{language === "zh-CN" ? finding.zh : finding.en}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}
