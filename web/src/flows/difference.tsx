// Two texts, line by line: numbers on both sides, what went and what came.
import { useSay } from "../i18n";
import { Empty } from "../ui/waiting";
import type { Diff } from "./api";
import { Line } from "./comparison";

const SIGNS = { same: " ", added: "+", removed: "−" } as const;

export function Difference({ diff }: { diff: Diff }) {
  const say = useSay();
  if (diff.text.length === 0 && diff.tests.length === 0) return <Empty>{say("flows.no_difference")}</Empty>;
  return (
    <div className="diff">
      {diff.text.map((group, index) => (
        <Group key={index} rows={group} />
      ))}
      {diff.tests.length === 0 ? null : <h3>{say("flows.part_tests")}</h3>}
      {diff.tests.map((group, index) => (
        <Group key={index} rows={group} />
      ))}
    </div>
  );
}

function Group({ rows }: { rows: Diff["text"][number] }) {
  return (
    <table className="diff-group">
      <tbody>
        {rows.map((row, index) => (
          <tr key={index} data-kind={row.kind}>
            <td className="figure">{row.before}</td>
            <td className="figure">{row.after}</td>
            <td>
              {SIGNS[row.kind]} <Line row={row} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
