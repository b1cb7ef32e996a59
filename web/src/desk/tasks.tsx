// Tasks (任务): what is due first, a line to write one, perhaps about the customer in hand. When its time comes a task is
// called to mind by words, a short sound and a notification.
import type { Rest } from "@yingda/desk";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { get, post } from "../api/client";
import { usePop } from "../customer/queries";
import { serverNow, useSecondsLeft } from "../feed";
import { useSay } from "../i18n";
import { moment } from "../i18n/format";
import { chime } from "../phone/speaker";
import { Act } from "../ui/act";
import { Empty, Failure } from "../ui/waiting";
import { laterBy, type Later } from "./later";

const KEY = ["tasks"];
const SHOWN = 20;
const CHOICES: readonly Later[] = ["none", "m30", "h2", "morning"];

export function Tasks({ contact }: { contact: string | null }) {
  const say = useSay();
  const queries = useQueryClient();
  const [writing, setWriting] = useState(false);
  const again = (): void => void queries.invalidateQueries({ queryKey: KEY });
  const query = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => get<Rest.TaskPage>("/tasks", { limit: SHOWN }, signal),
    refetchInterval: 60_000,
  });
  const items = query.data?.items ?? [];
  return (
    <section className="card tasks" aria-label={say("tasks.heading")}>
      <header>
        <h2>
          {say("tasks.heading")} {query.data && query.data.total > 0 ? <span className="figure quiet">{query.data.total}</span> : null}
        </h2>
        <button type="button" className="button quiet" aria-expanded={writing} onClick={() => setWriting(!writing)}>
          {say("tasks.write")}
        </button>
      </header>
      {writing ? <Write contact={contact} done={() => (setWriting(false), again())} /> : null}
      {query.isError ? <Failure what={say("tasks.failed")} error={query.error} again={again} /> : null}
      {query.isSuccess && items.length === 0 && !writing ? <Empty>{say("tasks.nothing")}</Empty> : null}
      <ul>
        {items.map((task) => (
          <Line key={task.task_id} task={task} done={again} />
        ))}
      </ul>
    </section>
  );
}

function Line({ task, done }: { task: Rest.TaskOut; done: () => void }) {
  const say = useSay();
  const left = useSecondsLeft(task.due);
  const due = left === 0;
  useReminder(task, due);
  const close = (way: "done" | "cancel") => async (): Promise<void> => {
    await post(`/tasks/${task.task_id}/${way}`);
    done();
  };
  return (
    <li data-due={due}>
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
      </p>
      {task.note === "" ? null : <p className="quiet tasks-note">{task.note}</p>}
      <span className="tasks-acts">
        <Act label={say("tasks.done")} doing={say("tasks.closing")} act={close("done")} />
        <Act label={say("tasks.cancel")} doing={say("tasks.closing")} act={close("cancel")} />
      </span>
    </li>
  );
}

/** Once for each due time that comes while the desk is open; what was due before is only shown. */
function useReminder(task: Rest.TaskOut, due: boolean): void {
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
}

function Write({ contact, done }: { contact: string | null; done: () => void }) {
  const say = useSay();
  const [title, setTitle] = useState("");
  const [later, setLater] = useState<Later>("none");
  const [about, setAbout] = useState(true);
  const customer = usePop(contact ?? undefined).data?.customer ?? null;
  const save = async (): Promise<void> => {
    const link = about && customer !== null ? customer.customer_id : null;
    await post("/tasks", { title: title.trim(), due: laterBy(later, serverNow()), customer_id: link });
    done();
  };
  return (
    <form className="tasks-write" onSubmit={(event) => event.preventDefault()}>
      <input autoFocus value={title} maxLength={200} aria-label={say("tasks.title")} placeholder={say("tasks.title")} onChange={(event) => setTitle(event.target.value)} />
      <select value={later} aria-label={say("tasks.when")} onChange={(event) => setLater(event.target.value as Later)}>
        {CHOICES.map((choice) => (
          <option key={choice} value={choice}>
            {say(`tasks.${choice}`)}
          </option>
        ))}
      </select>
      {customer === null ? null : (
        <label>
          <input type="checkbox" checked={about} onChange={(event) => setAbout(event.target.checked)} /> {customer.name}
        </label>
      )}
      <Act label={say("tasks.save")} doing={say("tasks.saving")} kind="primary" type="submit" why={title.trim() === "" ? say("tasks.empty") : null} act={save} />
    </form>
  );
}
