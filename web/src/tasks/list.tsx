// Somebody's tasks: the open ones, due ones first, or those that are closed.
import type { Rest } from "@yingda/desk";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { get } from "../api/client";
import { useSay } from "../i18n";
import { Empty, Failure } from "../ui/waiting";
import { TaskLine } from "./line";

const KEY = "tasks";
const SHOWN = 20;
const AGAIN_MS = 60_000;

export type Which = "open" | "closed";

/** Has every list of tasks read again. */
export function useTasksAgain(): () => void {
  const queries = useQueryClient();
  return () => void queries.invalidateQueries({ queryKey: [KEY] });
}

/** owner: a user; undefined: oneself. */
export function useTasks(which: Which, owner?: string) {
  const again = useTasksAgain();
  const query = useQuery({
    queryKey: [KEY, which, owner ?? ""],
    queryFn: ({ signal }) => get<Rest.TaskPage>("/tasks", { limit: SHOWN, state: which, ...(owner === undefined ? {} : { owner }) }, signal),
    refetchInterval: AGAIN_MS,
  });
  return { query, again };
}

interface TaskListProps {
  tasks: ReturnType<typeof useTasks>;
  which: Which;
  Due?: React.ComponentType<{ task: Rest.TaskOut; due: boolean }>;
}

export function TaskList({ tasks: { query, again }, which, Due }: TaskListProps) {
  const say = useSay();
  const items = query.data?.items ?? [];
  return (
    <>
      {query.isError ? <Failure what={say("tasks.failed")} error={query.error} again={again} /> : null}
      {query.isSuccess && items.length === 0 ? <Empty>{say(which === "open" ? "tasks.nothing" : "tasks.none_closed")}</Empty> : null}
      <ul>
        {items.map((task) => (
          <TaskLine key={task.task_id} task={task} again={again} {...(Due === undefined ? {} : { Due })} />
        ))}
      </ul>
    </>
  );
}

/** Open or closed ones. */
export function WhichTasks({ which, choose }: { which: Which; choose: (which: Which) => void }) {
  const say = useSay();
  return (
    <button type="button" className="button quiet" aria-pressed={which === "closed"} onClick={() => choose(which === "open" ? "closed" : "open")}>
      {say("tasks.closed")}
    </button>
  );
}
