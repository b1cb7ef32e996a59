// A leader takes a caller out of the middle of his flow, into a queue.
import { desk } from "../api/client";
import { useCollection } from "../feed";
import type { CallDoc } from "@yingda/desk";
import { useSay } from "../i18n";
import { callerText } from "../i18n/format";
import { Act } from "../ui/act";
import { Menu } from "../ui/menu";

export function TakeOut({ call }: { call: CallDoc }) {
  const say = useSay();
  const queues = Object.values(useCollection("queues")).sort((one, other) => Number(other.id === call.queue_id) - Number(one.id === call.queue_id));
  const why = call.state === "away" ? say("live.away") : null; // an agent has sent him there and waits for him
  return (
    <Menu label={say("live.take_out")} name={say("live.take_out_who", { who: callerText(call.caller, say) })} side="right" why={why} className="button quiet">
      {(close) =>
        queues.map((queue) => (
          <Act
            key={queue.id}
            label={say("floor.to_queue", { queue: queue.name })}
            doing={say("floor.acting")}
            act={() => desk.floor.takeOut(call.id, queue.id).then(close)}
          />
        ))
      }
    </Menu>
  );
}
