// What a leader may do with somebody who waits: take him, serve him first, send him elsewhere, keep him for an agent.
import { desk } from "../api/client";
import { useCollection } from "../feed";
import type { CallDoc } from "@yingda/desk";
import { useSay } from "../i18n";
import { Act } from "../ui/act";
import { Menu } from "../ui/menu";

const HIGHEST = 100;
const KEPT_S = 300;

export function Waiting({ call, entry }: { call: CallDoc; entry: string }) {
  const say = useSay();
  const first = call.priority === HIGHEST;
  return (
    <span className="floor-waiting">
      <Act label={say("floor.pull")} doing={say("floor.acting")} act={() => desk.floor.pull(entry)} />
      <Act label={say("floor.prefer")} doing={say("floor.acting")} why={first ? say("floor.first_already") : null} act={() => desk.floor.prefer(entry)} />
      <Elsewhere call={call} entry={entry} />
    </span>
  );
}

/** Another queue, or one agent: a list of each. */
function Elsewhere({ call, entry }: { call: CallDoc; entry: string }) {
  const say = useSay();
  const queues = Object.values(useCollection("queues")).filter((queue) => queue.id !== call.queue_id);
  const agents = Object.values(useCollection("agents")).filter((agent) => agent.state !== "offline");
  return (
    <Menu label={say("floor.elsewhere")} name={say("floor.elsewhere")} side="right">
      {(close) => (
        <>
          {call.kept ? <Item label={say("floor.unkeep")} close={close} act={() => desk.floor.unreserve(entry)} /> : null}
          {queues.map((queue) => (
            <Item key={queue.id} label={say("floor.to_queue", { queue: queue.name })} close={close} act={() => desk.floor.move(entry, queue.id)} />
          ))}
          {agents.map((agent) => (
            <Item
              key={agent.id}
              label={say("floor.keep_for", { who: `${agent.number} ${agent.name}` })}
              close={close}
              act={() => desk.floor.reserve(entry, agent.id, KEPT_S)}
            />
          ))}
        </>
      )}
    </Menu>
  );
}

function Item({ label, act, close }: { label: string; act: () => Promise<unknown>; close: () => void }) {
  const say = useSay();
  const does = async (): Promise<void> => {
    await act();
    close();
  };
  return <Act label={label} doing={say("floor.acting")} act={does} />;
}
