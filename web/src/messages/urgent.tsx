// Urgent messages that nobody has read yet stand below the bar in every room, until each reader says that he has.
import { useEffect } from "react";
import { post } from "../api/client";
import type { Session } from "../api/types";
import { useSay } from "../i18n";
import { moment } from "../i18n/format";
import { chime } from "../phone/speaker";
import { Act } from "../ui/act";
import { Icon } from "../ui/icons";
import { useMessages, type Message } from "./list";
import "./messages.css";

/** So many lines at once; the rest follows as they are read. */
const MOST = 3;

export function UrgentMessages({ session }: { session: Session }) {
  const say = useSay();
  const { query, again } = useMessages(session);
  const urgent = (query.data?.items ?? []).filter((one) => one.urgent && one.read === null);
  const newest = urgent[0]?.message_id;
  useEffect(() => {
    if (newest !== undefined) chime();
  }, [newest]);
  const read = async (message: Message): Promise<void> => {
    await post(`/messages/${message.message_id}/read`);
    again();
  };
  if (urgent.length === 0) return null;
  return (
    <section className="urgent" aria-label={say("messages.urgent")}>
      {urgent.slice(0, MOST).map((message) => (
        <div key={message.message_id} role="alert">
          <strong>
            <Icon name="warning" /> {say("messages.urgent")}
          </strong>
          <span className="quiet">
            {message.sender_name || say("common.withheld")} <span className="figure">{moment(message.at, say)}</span>
          </span>
          <span className="urgent-text">{message.text}</span>
          <Act label={say("messages.read")} doing={say("messages.read")} act={() => read(message)} />
        </div>
      ))}
    </section>
  );
}
