// The queues: what waits now, who could take it, and today's figures.
import { figureOf } from "../api/figures";
import { useFigures, type Figures } from "../api/queries";
import { useCollection } from "../feed";
import type { QueueDoc } from "@yingda/desk";
import { useSay } from "../i18n";
import { rowKeys } from "../ui/rows";
import { Since } from "../ui/since";
import { Empty } from "../ui/waiting";
import { Sites } from "./sites";

const TODAY = ["offered", "answer_rate", "service_level", "asa"] as const;

interface QueueTableProps {
  selected: ReadonlySet<string>;
  select: (id: string, more: boolean) => void;
}

export function QueueTable({ selected, select }: QueueTableProps) {
  const say = useSay();
  const queues = Object.values(useCollection("queues")).sort((one, other) => one.name.localeCompare(other.name));
  const rows = useFigures("queues");
  return (
    <section className="card floor-queues">
      {queues.length === 0 ? <Empty>{say("floor.no_queues")}</Empty> : null}
      <table className="table rows" role="grid" aria-multiselectable="true" hidden={queues.length === 0}>
        <thead>
          <tr>
            <th>{say("floor.queues")}</th>
            <th className="number">{say("floor.waiting")}</th>
            <th className="number">{say("floor.longest")}</th>
            <th className="number">{say("floor.idle")}</th>
            <th className="number">{say("floor.signed_in")}</th>
            {TODAY.map((metric) => (
              <th key={metric} className="number">
                {say(`figures.${metric}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {queues.map((queue) => (
            <Row
              key={queue.id}
              queue={queue}
              figures={rows.find((row) => row.queue_id === queue.id)}
              selected={selected.has(queue.id)}
              select={(more) => select(queue.id, more)}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface RowProps {
  queue: QueueDoc;
  figures: Figures | undefined;
  selected: boolean;
  select: (more: boolean) => void;
}

function Row({ queue, figures, selected, select }: RowProps) {
  return (
    <tr tabIndex={0} aria-selected={selected} onClick={(event) => select(event.ctrlKey || event.metaKey)} onKeyDown={(event) => rowKeys(event, select)}>
      <th scope="row">
        {queue.name}
        <Sites sites={queue.sites} />
      </th>
      <td className={queue.waiting > 0 ? "number loud" : "number"}>{queue.waiting}</td>
      <td className="number">
        <Since at={queue.longest_since} mark={queue.target_s ?? undefined} />
      </td>
      <td className="number">{queue.idle}</td>
      <td className="number">{queue.signed_in}</td>
      {TODAY.map((metric) => (
        <td key={metric} className="number">
          {figureOf(figures, metric)}
        </td>
      ))}
    </tr>
  );
}
