// Writing to colleagues: a field finds people and queues by number, name or pinyin.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get, post } from "../api/client";
import { useCollection } from "../feed";
import { useSay, useWord } from "../i18n";
import { Act } from "../ui/act";

interface Target {
  kind: "agent" | "queue" | "flow";
  id: string;
  name: string;
  number: string;
  user_id: string | null;
  state: string | null;
}

interface Chosen {
  kind: "user" | "queue" | "team" | "everybody";
  id: string;
  name: string;
}

/** many: to everybody and teams as well, urgent unless taken back. */
export function Compose({ close, many = false }: { close: () => void; many?: boolean }) {
  const say = useSay();
  const [to, setTo] = useState<Chosen[]>([]);
  const [text, setText] = useState("");
  const [urgent, setUrgent] = useState(many);
  const send = async (): Promise<void> => {
    await post("/messages", { to: to.map(({ kind, id }) => ({ kind, id })), text: text.trim(), urgent });
    close();
  };
  const why = to.length === 0 ? say("messages.choose") : text.trim() === "" ? say("messages.empty") : null;
  return (
    <form className="messages-compose" onSubmit={(event) => event.preventDefault()}>
      <p className="messages-to">
        {to.map((one) => (
          <button type="button" key={one.id} className="tag" aria-label={`${say("common.close")} ${one.name}`} onClick={() => setTo(to.filter((each) => each.id !== one.id))}>
            {one.name} ×
          </button>
        ))}
      </p>
      {many ? <Groups taken={to.map((one) => one.id)} take={(one) => setTo([...to, one])} /> : null}
      <Find taken={to.map((one) => one.id)} take={(one) => setTo([...to, one])} />
      <textarea rows={2} maxLength={2000} value={text} aria-label={say("messages.text")} placeholder={say("messages.text")} onChange={(event) => setText(event.target.value)} />
      <footer>
        <label>
          <input type="checkbox" checked={urgent} onChange={(event) => setUrgent(event.target.checked)} /> {say("messages.urgent")}
        </label>
        <Act label={say("messages.send")} doing={say("messages.sending")} act={send} kind="primary" why={why} type="submit" />
      </footer>
    </form>
  );
}

/** Everybody, and the teams of the agents who are seen here. */
function Groups({ taken, take }: { taken: string[]; take: (one: Chosen) => void }) {
  const say = useSay();
  const agents = Object.values(useCollection("agents"));
  const teams = [...new Set(agents.flatMap(({ team }) => team ?? []))].sort((one, other) => one.localeCompare(other));
  const offered: Chosen[] = [{ kind: "everybody", id: "", name: say("messages.everybody") }, ...teams.map((team): Chosen => ({ kind: "team", id: team, name: team }))];
  return (
    <p className="messages-to">
      {offered
        .filter((one) => !taken.includes(one.id))
        .map((one) => (
          <button type="button" key={one.id} className="code" onClick={() => take(one)}>
            + {one.name}
          </button>
        ))}
    </p>
  );
}

function Find({ taken, take }: { taken: string[]; take: (one: Chosen) => void }) {
  const say = useSay();
  const word = useWord();
  const [text, setText] = useState("");
  const found = useQuery({
    queryKey: ["targets", text],
    queryFn: ({ signal }) => get<{ items: Target[] }>("/targets", { q: text, limit: 8 }, signal),
    enabled: text !== "",
  });
  const offered = (found.data?.items ?? []).flatMap((target): (Chosen & { state: string | null })[] => {
    if (target.kind === "queue") return [{ kind: "queue", id: target.id, name: target.name, state: null }];
    if (target.kind === "agent" && target.user_id !== null) return [{ kind: "user", id: target.user_id, name: `${target.number} ${target.name}`, state: target.state }];
    return [];
  });
  return (
    <div className="messages-find">
      <input value={text} autoFocus maxLength={64} aria-label={say("messages.to")} placeholder={say("messages.to")} onChange={(event) => setText(event.target.value)} />
      <ul hidden={text === ""}>
        {offered
          .filter((one) => !taken.includes(one.id))
          .map((one) => (
            <li key={one.id}>
              <button type="button" onClick={() => (take({ kind: one.kind, id: one.id, name: one.name }), setText(""))}>
                {one.name} <span className="quiet">{one.state === null ? say("messages.queue") : word("state", one.state)}</span>
              </button>
            </li>
          ))}
      </ul>
    </div>
  );
}
