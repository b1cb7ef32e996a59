// What a queue has said by itself: the agent's ID, its name, a beep when a call is answered; words to who is on hold.
import type { Rest } from "@yingda/desk";
import { useState } from "react";
import type { QueueDoc } from "@yingda/desk";
import { useSay } from "../i18n";
import { Act } from "../ui/act";
import { Failure, Skeleton } from "../ui/waiting";
import { Cancel } from "./deed";
import { useVersioned } from "./versioned";

type Order = Rest.SpeakingOrder;
const OPENINGS = ["agent_id", "queue_name", "beep"] as const;
const EVERY = [0, 15, 20, 30, 45, 60, 90, 120];

export function SpeakingForm({ queue, done }: { queue: QueueDoc; done: () => void }) {
  const say = useSay();
  const { query, moved, save } = useVersioned<Order, Order>(`/floor/queues/${queue.id}/speaking`, done);
  return (
    <footer className="floor-acts floor-form" role="group" aria-label={say("speaking.of", { queue: queue.name })}>
      <strong>{say("speaking.of", { queue: queue.name })}</strong>
      {query.isPending ? <Skeleton rows={1} /> : null}
      {query.isError ? <Failure what={say("speaking.failed")} error={query.error} again={() => void query.refetch()} /> : null}
      {query.data === undefined ? null : <Choices key={query.data.version} had={query.data} save={save} />}
      {moved === null ? null : (
        <span className="refusal" role="alert">
          {moved}
        </span>
      )}
      <Cancel done={done} />
    </footer>
  );
}

function Choices({ had, save }: { had: Order; save: (order: Order) => Promise<void> }) {
  const say = useSay();
  const [order, setOrder] = useState(had);
  const every = [...new Set([...EVERY, ...(order.hold_every_s === null ? [] : [order.hold_every_s])])].sort((one, other) => one - other);
  const toggle = (word: (typeof OPENINGS)[number]): void =>
    setOrder({ ...order, opening: OPENINGS.filter((one) => (one === word) !== order.opening.includes(one)) });
  return (
    <>
      <span className="floor-choices">
        {OPENINGS.map((word) => (
          <label key={word}>
            <input type="checkbox" checked={order.opening.includes(word)} onChange={() => toggle(word)} /> {say(`speaking.${word}`)}
          </label>
        ))}
      </span>
      <span className="floor-choices">
        <label>
          {say("speaking.hold")}{" "}
          <select value={order.hold_every_s ?? ""} onChange={(event) => setOrder({ ...order, hold_every_s: event.target.value === "" ? null : Number(event.target.value) })}>
            <option value="">{say("speaking.as_centre")}</option>
            {every.map((count) => (
              <option key={count} value={count}>
                {count === 0 ? say("speaking.never") : say("speaking.seconds", { count })}
              </option>
            ))}
          </select>
        </label>
        <label>
          <input type="checkbox" disabled={order.hold_every_s === null} checked={order.hold_beep} onChange={() => setOrder({ ...order, hold_beep: !order.hold_beep })} /> {say("speaking.hold_beep")}
        </label>
      </span>
      <Act label={say("speaking.save")} doing={say("floor.acting")} kind="primary" act={() => save(order)} />
    </>
  );
}
