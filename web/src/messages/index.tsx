// Messages between seats: what came, newest first, and a line to write one. An urgent one that nobody has read yet stands
// out until it is read.
import { useState } from "react";
import { post } from "../api/client";
import type { Session } from "../api/types";
import { useSay } from "../i18n";
import { moment } from "../i18n/format";
import { Empty, Failure } from "../ui/waiting";
import "./messages.css";
import { Compose } from "./compose";
import { useMessages, type Message } from "./list";

export function Messages({ session }: { session: Session }) {
  const say = useSay();
  const { query, again } = useMessages(session);
  const [writing, setWriting] = useState(false);
  const unread = query.data?.unread ?? 0;
  return (
    <section className="card messages" aria-label={say("messages.heading")}>
      <header>
        <h2>
          {say("messages.heading")} {unread > 0 ? <strong className="figure far">{unread}</strong> : null}
        </h2>
        <button type="button" className="button quiet" aria-expanded={writing} onClick={() => setWriting(!writing)}>
          {say("messages.write")}
        </button>
      </header>
      {writing ? <Compose close={() => setWriting(false)} /> : null}
      {query.isError ? <Failure what={say("messages.failed")} error={query.error} again={again} /> : null}
      {query.data?.items.length === 0 ? <Empty>{say("messages.none")}</Empty> : null}
      <ul>
        {query.data?.items.map((message) => (
          <Line key={message.message_id} message={message} done={again} />
        ))}
      </ul>
    </section>
  );
}

function Line({ message, done }: { message: Message; done: () => void }) {
  const say = useSay();
  const read = async (): Promise<void> => {
    await post(`/messages/${message.message_id}/read`);
    done();
  };
  return (
    <li data-unread={message.read === null} data-urgent={message.urgent}>
      <p className="messages-head">
        {message.urgent ? <strong className="messages-urgent">{say("messages.urgent")}</strong> : null}
        <span>{message.sender_name || say("common.withheld")}</span>
        <span className="figure quiet">{moment(message.at, say)}</span>
      </p>
      <p className="messages-text">{message.text}</p>
      {message.read === null ? (
        <button type="button" className="button quiet" onClick={() => void read()}>
          {say("messages.read")}
        </button>
      ) : null}
    </li>
  );
}
