// The floor (现场): how everybody is right now, what waits, and what a leader may do for an agent.
import { useMemo, useState } from "react";
import type { Session } from "../api/types";
import { useCollection, useStale } from "../feed";
import "./floor.css";
import { useSay } from "../i18n";
import { useQueryFields } from "../ui/router";
import { toggled } from "../ui/rows";
import { ActionStrip } from "./actions";
import { AgentTable } from "./agents";
import { AgentCards } from "./cards";
import { useLimits, useOver } from "./limits";
import { Banners } from "./banners";
import { CallsNow } from "./calls";
import { Counts } from "./counts";
import { FlowsNow } from "./flows";
import { Lines } from "./lines";
import { Rooms } from "./rooms";
import { useSettledOrder, worstFirst } from "./order";
import { QueueTable } from "./queues";
import { QueueStrip } from "./surge";
import { Empty } from "../ui/waiting";
import { FloorView, inView, shownAs } from "./view";

const NOBODY: ReadonlySet<string> = new Set();

/** L W B T X, while the table of agents has the focus: the button in the strip that says so. */
function byKey(event: React.KeyboardEvent): void {
  if (event.ctrlKey || event.altKey || event.metaKey || event.nativeEvent.isComposing || (event.target as HTMLElement).closest("input, select, textarea") !== null) return;
  const marked = document.querySelector<HTMLElement>(`.floor-acts [data-key="${CSS.escape(event.key.toUpperCase())}"]`);
  const button = marked instanceof HTMLButtonElement ? marked : marked?.querySelector("button");
  if (button == null) return;
  event.preventDefault();
  button.click();
}

export function FloorRoom({ session }: { session: Session }) {
  const say = useSay();
  const docs = useCollection("agents");
  const stale = useStale();
  const queues = useCollection("queues");
  const [selected, setSelected] = useState<ReadonlySet<string>>(NOBODY);
  const [chosenQueues, chooseQueues] = useState<ReadonlySet<string>>(NOBODY);
  const [fields, change] = useQueryFields();
  const absent = fields["absent"] === "1";
  const showAbsent = (show: boolean): void => change({ absent: show ? "1" : undefined });
  const agents = useMemo(() => Object.values(docs).filter((agent) => (absent || agent.state !== "offline") && inView(agent, fields)), [docs, absent, fields]);
  const limitOf = useLimits(session);
  const shown = shownAs(fields);
  const { order, pointer } = useSettledOrder(worstFirst(agents, useOver(agents, limitOf)));
  const rows = order.flatMap((id) => docs[id] ?? []);
  const chosen = [...selected].flatMap((id) => docs[id] ?? []);
  const surged = [...chosenQueues].flatMap((id) => queues[id] ?? []);
  const select = (id: string, more: boolean): void => {
    chooseQueues(NOBODY);
    setSelected(toggled(selected, id, more));
  };
  const selectQueue = (id: string, more: boolean): void => {
    setSelected(NOBODY);
    chooseQueues(toggled(chosenQueues, id, more));
  };
  return (
    <div className="floor" data-stale={stale} data-shown={shown}>
      <div>
        <Counts agents={Object.values(docs)} />
        <Banners />
      </div>
      <div className="floor-tables">
        <div className="floor-left">
          <QueueTable selected={chosenQueues} select={selectQueue} />
          <Lines />
          <Rooms />
          <FlowsNow />
          <CallsNow />
        </div>
        <section className="card floor-agents" {...pointer} onKeyDown={byKey}>
          <FloorView />
          {shown === "cards" ? (
            <AgentCards rows={rows} selected={selected} select={select} limitOf={limitOf} />
          ) : (
            <AgentTable rows={rows} selected={selected} select={select} limitOf={limitOf} day={shown === "day"} />
          )}
          <Nobody total={Object.keys(docs).length} seen={rows.length} />
          <button type="button" className="button quiet absent" aria-pressed={absent} onClick={() => showAbsent(!absent)}>
            {say(absent ? "floor.hide_offline" : "floor.show_offline")}
          </button>
        </section>
      </div>
      {surged.length > 0 ? (
        <QueueStrip key={surged.map((queue) => queue.id).join()} queues={surged} admin={session.user.role === "admin"} clear={() => chooseQueues(NOBODY)} />
      ) : (
        <ActionStrip agents={chosen} clear={() => setSelected(NOBODY)} />
      )}
    </div>
  );
}

function Nobody({ total, seen }: { total: number; seen: number }) {
  const say = useSay();
  if (seen > 0) return null;
  return <Empty>{say(total === 0 ? "floor.no_agents" : "floor.all_offline")}</Empty>;
}
