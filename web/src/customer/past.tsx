// What contacts the customer had before, with what colleagues noted.
import { useSay, useWord } from "../i18n";
import { duration, moment } from "../i18n/format";
import { go } from "../ui/router";
import { Empty } from "../ui/waiting";
import type { PastContact } from "./queries";

export function Past({ contacts }: { contacts: PastContact[] }) {
  const say = useSay();
  return (
    <section className="card recent past">
      <h2>{say("customer.past")}</h2>
      {contacts.length === 0 ? <Empty>{say("customer.past_none")}</Empty> : null}
      <table className="table rows" hidden={contacts.length === 0}>
        <thead>
          <tr>
            <th>{say("contacts.started")}</th>
            <th>{say("contacts.outcome")}</th>
            <th className="number">{say("contacts.talk")}</th>
            <th>{say("contacts.agent")}</th>
            <th>{say("customer.about")}</th>
          </tr>
        </thead>
        <tbody>
          {contacts.map((contact) => (
            <Line key={contact.interaction_id} contact={contact} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Line({ contact }: { contact: PastContact }) {
  const say = useSay();
  const word = useWord();
  const to = `/contacts/${contact.interaction_id}`;
  const started = moment(contact.started, say);
  const open = (event: React.MouseEvent): void => {
    event.preventDefault();
    go(to);
  };
  return (
    <tr>
      <td className="figure">
        {contact.opens ? (
          <a href={to} onClick={open}>
            {started}
          </a>
        ) : (
          started
        )}
      </td>
      <td>{contact.outcome === null ? say("contacts.live") : word("outcome", contact.outcome)}</td>
      <td className="number">{duration(contact.talking_us)}</td>
      <td className="figure">{contact.agent_number === null ? say("common.none") : `${contact.agent_number} ${contact.agent_name ?? ""}`}</td>
      <td className="past-note">{[contact.queue_name, ...contact.codes, contact.note].filter(Boolean).join(" · ")}</td>
    </tr>
  );
}
