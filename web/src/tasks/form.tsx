// Writing a task, or changing an open one: what to do, when it is called to mind, a note, perhaps a customer.
import type { Rest } from "@yingda/desk";
import { useState } from "react";
import { post, put } from "../api/client";
import { serverNow } from "../feed";
import { useSay } from "../i18n";
import { moment } from "../i18n/format";
import { Act } from "../ui/act";
import { laterBy, type Later } from "./later";
import "./tasks.css";

const CHOICES: readonly Later[] = ["none", "m30", "h2", "morning"];

interface TaskFormProps {
  /** The task that is changed; null: a new one. */
  task: Rest.TaskOut | null;
  /** Whose new task it is, each his own; none: oneself. */
  owners?: readonly string[];
  /** About whom a new task may be. */
  customer?: { customer_id: string; name: string } | null;
  done: () => void;
}

export function TaskForm({ task, owners = [], customer = null, done }: TaskFormProps) {
  const say = useSay();
  const [title, setTitle] = useState(task?.title ?? "");
  const [note, setNote] = useState(task?.note ?? "");
  const [later, setLater] = useState<Later | "kept">(task?.due == null ? "none" : "kept");
  const [about, setAbout] = useState(true);
  const save = async (): Promise<void> => {
    const due = later === "kept" ? (task?.due ?? null) : laterBy(later, serverNow());
    const link = task !== null ? task.customer_id : about && customer !== null ? customer.customer_id : null;
    const written = { title: title.trim(), note: note.trim(), due, customer_id: link };
    if (task !== null) await put(`/tasks/${task.task_id}`, written);
    else if (owners.length === 0) await post("/tasks", written);
    else await Promise.all(owners.map((owner) => post("/tasks", { ...written, owner })));
    done();
  };
  return (
    <form className="tasks-write" onSubmit={(event) => event.preventDefault()}>
      <input autoFocus value={title} maxLength={200} aria-label={say("tasks.title")} placeholder={say("tasks.title")} onChange={(event) => setTitle(event.target.value)} />
      <input value={note} maxLength={2000} aria-label={say("tasks.note")} placeholder={say("tasks.note")} onChange={(event) => setNote(event.target.value)} />
      <select value={later} aria-label={say("tasks.when")} onChange={(event) => setLater(event.target.value as Later | "kept")}>
        {task?.due == null ? null : <option value="kept">{moment(task.due, say)}</option>}
        {CHOICES.map((choice) => (
          <option key={choice} value={choice}>
            {say(`tasks.${choice}`)}
          </option>
        ))}
      </select>
      {customer === null || task !== null ? null : (
        <label>
          <input type="checkbox" checked={about} onChange={(event) => setAbout(event.target.checked)} /> {customer.name}
        </label>
      )}
      <Act label={say("tasks.save")} doing={say("tasks.saving")} kind="primary" type="submit" why={title.trim() === "" ? say("tasks.empty") : null} act={save} />
    </form>
  );
}
