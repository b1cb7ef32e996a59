// The agent's own queues: how many wait, and how long the one who waits longest.
import { useCollection } from "../feed";
import type { AgentDoc } from "@yingda/desk";
import { useSay } from "../i18n";
import { Since } from "../ui/since";
import { Empty } from "../ui/waiting";

export function OwnQueues({ agent }: { agent: AgentDoc }) {
  const say = useSay();
  const all = useCollection("queues");
  const queues = agent.queues.flatMap((id) => all[id] ?? []);
  const full = queues.filter((queue) => queue.idle === 0 && queue.waiting > 0);
  const waiting = full.reduce((sum, queue) => sum + queue.waiting, 0);
  return (
    <section className="card">
      <h2>{say("desk.queues")}</h2>
      {waiting === 0 ? null : (
        <p className="all-busy warn" role="status">
          ▲ {say("desk.all_busy", { queues: full.map(({ name }) => name).join(say("common.and")), count: waiting })}
        </p>
      )}
      {queues.length === 0 ? <Empty>{say("desk.no_queues")}</Empty> : null}
      <table className="table" hidden={queues.length === 0}>
        <thead>
          <tr>
            <th>{say("bar.queue")}</th>
            <th className="number">{say("desk.waiting")}</th>
            <th className="number">{say("desk.longest")}</th>
          </tr>
        </thead>
        <tbody>
          {queues.map((queue) => (
            <tr key={queue.id}>
              <th scope="row">{queue.name}</th>
              <td className={queue.waiting > 0 ? "number loud" : "number"}>{queue.waiting}</td>
              <td className="number">
                <Since at={queue.longest_since} mark={queue.target_s ?? undefined} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
