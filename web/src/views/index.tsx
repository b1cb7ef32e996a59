// Saved views: the filters and columns of a room under a name. They are its address, so saving keeps the query and choosing
// goes there. Leaders share theirs.
import type { Rest } from "@yingda/desk";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { get, post, remove } from "../api/client";
import { useGate } from "../api/session";
import { useSay } from "../i18n";
import { Act } from "../ui/act";
import { Icon } from "../ui/icons";
import { Menu } from "../ui/menu";
import { go, useQueryFields } from "../ui/router";
import "./views.css";

type Room = Rest.ViewOut["room"];

export function Views({ room }: { room: Room }) {
  const say = useSay();
  const queries = useQueryClient();
  const [fields] = useQueryFields();
  const [naming, setNaming] = useState(false);
  const key = ["views", room];
  const query = useQuery({ queryKey: key, queryFn: ({ signal }) => get<Rest.Views>("/views", { room }, signal), staleTime: 60_000 });
  const again = (): void => void queries.invalidateQueries({ queryKey: key });
  const items = query.data?.items ?? [];
  const here = new URLSearchParams(fields).toString();
  const present = items.find((view) => sorted(view.query) === sorted(here));
  return (
    <span className="views">
      <Menu name={say("views.heading")} label={<span>{present?.name ?? say("views.heading")}</span>}>
        {(close) => (
          <>
            <button type="button" aria-current={here === ""} onClick={() => (close(), go(`/${room}`))}>
              {say("views.everything")}
            </button>
            {items.map((view) => (
              <button key={view.view_id} type="button" aria-current={view === present} onClick={() => (close(), go(`/${room}?${view.query}`))}>
                <span>{view.name}</span>
                {view.mine ? null : <span className="quiet">{view.owner_name}</span>}
              </button>
            ))}
            <button type="button" className="apart" onClick={() => (close(), setNaming(true))}>
              {say("views.save")}
            </button>
          </>
        )}
      </Menu>
      {present?.mine ? (
        <button type="button" className="button quiet" aria-label={say("views.remove", { name: present.name })} onClick={() => void remove(`/views/${present.view_id}`).then(again)}>
          <Icon name="close" />
        </button>
      ) : null}
      {naming ? <Naming room={room} query={here} done={() => (setNaming(false), again())} cancel={() => setNaming(false)} /> : null}
    </span>
  );
}

/** The same filters in another order are the same view. */
function sorted(query: string): string {
  const fields = new URLSearchParams(query);
  fields.sort();
  return fields.toString();
}

function Naming({ room, query, done, cancel }: { room: Room; query: string; done: () => void; cancel: () => void }) {
  const say = useSay();
  const gate = useGate();
  const leads = gate.at === "in" && gate.session.user.role !== "agent";
  const [name, setName] = useState("");
  const [shared, setShared] = useState(false);
  const save = async (): Promise<void> => {
    await post("/views", { room, name: name.trim(), query, shared });
    done();
  };
  return (
    <form className="views-naming" onSubmit={(event) => event.preventDefault()} onKeyDown={(event) => event.key === "Escape" && cancel()}>
      <input autoFocus value={name} maxLength={64} aria-label={say("views.name")} placeholder={say("views.name")} onChange={(event) => setName(event.target.value)} />
      {leads ? (
        <label>
          <input type="checkbox" checked={shared} onChange={(event) => setShared(event.target.checked)} /> {say("views.shared")}
        </label>
      ) : null}
      <Act label={say("views.keep")} doing={say("views.keeping")} kind="primary" type="submit" why={name.trim() === "" ? say("views.nameless") : null} act={save} />
      <button type="button" className="button quiet" onClick={cancel}>
        {say("common.cancel")}
      </button>
    </form>
  );
}
