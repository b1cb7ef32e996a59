// The agent's own day, in the figures of metrics.md section 7.
import { useFigures } from "../api/queries";
import { figureOf } from "../api/figures";
import { useSay } from "../i18n";

const SHOWN = ["handled", "att", "acw", "aht", "occupancy"] as const;

export function OwnDay({ agentId }: { agentId: string }) {
  const say = useSay();
  const row = useFigures("agents").find((each) => each.agent_id === agentId);
  return (
    <section className="card">
      <h2>{say("desk.today")}</h2>
      <dl className="day">
        {SHOWN.map((metric) => (
          <div key={metric}>
            <dt>{say(`figures.${metric}`)}</dt>
            <dd className="figure">{figureOf(row, metric)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
