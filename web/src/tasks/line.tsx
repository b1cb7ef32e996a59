// One task in a list: what, until when, about whom, from whom; done, given up or changed as long as it is open.
import type { Rest } from "@yingda/desk";
import { useState } from "react";
import { post } from "../api/client";
import { useSecondsLeft } from "../feed";
import { useSay, useWord } from "../i18n";
import { moment } from "../i18n/format";
import { Act } from "../ui/act";
import { TaskForm } from "./form";

interface TaskLineProps {
  task: Rest.TaskOut;
  /** The list is to be read again. */
  again: () => void;
  /** What an open task whose time has come does beside being shown. */
  Due?: React.ComponentType<{ task: Rest.TaskOut; due: boolean }>;
}

export function TaskLine({ task, again, Due }: TaskLineProps) {
  const say = useSay();
  const word = useWord();
  const [changing, change] = useState(false);
  const open = task.state === "open";
  const due = useSecondsLeft(open ? task.due : null) === 0;
  const close = (way: "done" | "cancel") => async (): Promise<void> => {
    await post(`/tasks/${task.task_id}/${way}`);
    again();
  };
  return (
    <li data-due={due}>
      {Due === undefined ? null : <Due task={task} due={due} />}
      <p className="tasks-title">{task.title}</p>
      <p className="tasks-facts">
        {task.due === null ? null : (
          <span className={due ? "figure over" : "figure quiet"}>
            {due ? "▲ " : ""}
            {moment(task.due, say)}
          </span>
        )}
        {task.customer_name === null ? null : <span className="quiet">{task.customer_name}</span>}
        {task.author_name === task.owner_name ? null : <span className="quiet">{say("tasks.from", { who: task.author_name })}</span>}
        {open ? null : (
          <span className="quiet">
            {word("task_state", task.state)} {moment(task.closed ?? task.created, say)}
          </span>
        )}
      </p>
      {task.note === "" ? null : <p className="quiet tasks-note">{task.note}</p>}
      {changing ? <TaskForm task={task} done={() => (change(false), again())} /> : null}
      {open ? (
        <span className="tasks-acts">
          <Act label={say("tasks.done")} doing={say("tasks.closing")} act={close("done")} />
          <Act label={say("tasks.cancel")} doing={say("tasks.closing")} act={close("cancel")} />
          <button type="button" className="button plain" aria-expanded={changing} onClick={() => change(!changing)}>
            {say("tasks.change")}
          </button>
        </span>
      ) : null}
    </li>
  );
}
