// One's own tasks (任务) at the desk: what is due first, a line to write one, perhaps about the customer in hand. When its
// time comes a task is called to mind by words, a short sound and a notification.
import type { Rest } from "@yingda/desk";
import { useEffect, useRef, useState } from "react";
import { usePop } from "../customer/queries";
import { useSay } from "../i18n";
import { chime } from "../phone/speaker";
import { TaskForm } from "../tasks/form";
import { TaskList, useTasks, WhichTasks, type Which } from "../tasks/list";

export function Tasks({ contact }: { contact: string | null }) {
  const say = useSay();
  const [writing, setWriting] = useState(false);
  const [which, choose] = useState<Which>("open");
  const tasks = useTasks(which);
  const customer = usePop(contact ?? undefined).data?.customer ?? null;
  const total = which === "open" ? (tasks.query.data?.total ?? 0) : 0;
  return (
    <section className="card tasks" aria-label={say("tasks.heading")}>
      <header>
        <h2>
          {say("tasks.heading")} {total > 0 ? <span className="figure quiet">{total}</span> : null}
        </h2>
        <span>
          <WhichTasks which={which} choose={choose} />
          <button type="button" className="button quiet" aria-expanded={writing} onClick={() => setWriting(!writing)}>
            {say("tasks.write")}
          </button>
        </span>
      </header>
      {writing ? <TaskForm task={null} customer={customer} done={() => (setWriting(false), tasks.again())} /> : null}
      <TaskList tasks={tasks} which={which} Due={Reminder} />
    </section>
  );
}

/** Once for each due time that comes while the desk is open; what was due before is only shown. */
function Reminder({ task, due }: { task: Rest.TaskOut; due: boolean }) {
  const say = useSay();
  const early = useRef(!due);
  useEffect(() => {
    if (!due) early.current = true;
    if (!due || !early.current) return;
    early.current = false;
    chime();
    if (!document.hidden || !("Notification" in window) || Notification.permission !== "granted") return;
    const note = new Notification(say("tasks.due"), { body: task.title, tag: `yingda.task.${task.task_id}` });
    note.onclick = () => window.focus();
  }, [due, task.task_id, task.title]);
  return null;
}
