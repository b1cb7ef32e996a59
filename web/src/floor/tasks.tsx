// Tasks that a leader gives (COL-09): to everybody he has selected; of one agent he sees what is open and what is closed,
// and may change what is open.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get } from "../api/client";
import type { AgentDoc } from "@yingda/desk";
import { useSay } from "../i18n";
import { TaskForm } from "../tasks/form";
import { TaskList, useTasks, useTasksAgain, WhichTasks, type Which } from "../tasks/list";
import { Skeleton } from "../ui/waiting";

interface Colleague {
  id: string;
  user_id: string | null;
}

/** The users behind these agents, by the directory of colleagues. */
function useUsers(agents: AgentDoc[]): string[] {
  const numbers = agents.map((agent) => agent.number).sort();
  const query = useQuery({
    queryKey: ["colleagues", numbers],
    queryFn: async ({ signal }) => {
      const found = await Promise.all(numbers.map((number) => get<{ items: Colleague[] }>("/targets", { q: number, limit: 20 }, signal)));
      return found.flatMap(({ items }) => items);
    },
  });
  const ids = new Set(agents.map((agent) => agent.id));
  const users = (query.data ?? []).flatMap((one) => (ids.has(one.id) && one.user_id !== null ? [one.user_id] : []));
  return [...new Set(users)];
}

export function GiveTasks({ agents, who, done }: { agents: AgentDoc[]; who: string; done: () => void }) {
  const say = useSay();
  const users = useUsers(agents);
  const [single] = users;
  const [given, setGiven] = useState(0);
  const again = useTasksAgain();
  return (
    <footer className="floor-acts floor-tasks" role="group" aria-label={say("tasks.heading")}>
      <header>
        <strong>{say("tasks.for", { who })}</strong>
        <button type="button" className="button quiet" onClick={done}>
          {say("common.close")}
        </button>
      </header>
      {users.length === 0 ? <Skeleton rows={3} /> : <TaskForm key={given} task={null} owners={users} done={() => (setGiven(given + 1), again())} />}
      {given > 0 ? <p role="status">✓ {say("tasks.given", { count: users.length })}</p> : null}
      {users.length === 1 && single !== undefined ? <Theirs owner={single} /> : null}
    </footer>
  );
}

function Theirs({ owner }: { owner: string }) {
  const [which, choose] = useState<Which>("open");
  const tasks = useTasks(which, owner);
  return (
    <section className="tasks">
      <WhichTasks which={which} choose={choose} />
      <TaskList tasks={tasks} which={which} />
    </section>
  );
}
