// Who this is (弹屏): there while it rings, edited and saved while talking. An unknown number becomes a record in one step.
import { useState } from "react";
import type { CustomerField, Session } from "../api/types";
import { useSay } from "../i18n";
import { Failure } from "../ui/waiting";
import "./customer.css";
import { CustomerForm } from "./form";
import { Past } from "./past";
import { usePop, type Customer, type Pop } from "./queries";

/** beside: what stands next to the history. */
export function CustomerCard({ session, interactionId, beside }: { session: Session; interactionId: string; beside: React.ReactNode }) {
  const say = useSay();
  const pop = usePop(interactionId);
  const [editing, setEditing] = useState(false);
  if (pop.isError) {
    return (
      <>
        <Failure what={say("customer.failed")} error={pop.error} again={() => void pop.refetch()} />
        <div className="beside">{beside}</div>
      </>
    );
  }
  if (pop.data === undefined) return <div className="beside">{beside}</div>;
  return (
    <>
      <section className="card customer" aria-label={say("customer.heading")}>
        <Head pop={pop.data} editing={editing} edit={() => setEditing(true)} />
        {editing ? (
          <CustomerForm pop={pop.data} card={session.centre.customers} close={() => setEditing(false)} />
        ) : (
          <Facts customer={pop.data.customer} fields={session.centre.customers.fields} />
        )}
      </section>
      <div className="beside">
        <Past contacts={pop.data.recent} />
        {beside}
      </div>
    </>
  );
}

function Head({ pop, editing, edit }: { pop: Pop; editing: boolean; edit: () => void }) {
  const say = useSay();
  const { customer } = pop;
  const facts = [
    pop.region,
    pop.contacts_30_days > 0 ? say("customer.times", { count: pop.contacts_30_days }) : "",
    pop.last_agent_number === null ? "" : say("customer.last_agent", { number: pop.last_agent_number }),
  ];
  return (
    <header>
      <h2>{customer?.name ?? say(pop.number === null ? "customer.withheld" : "customer.unknown")}</h2>
      {customer?.grade ? <span className="tag strong">{customer.grade}</span> : null}
      {customer?.tags.map((tag) => (
        <span className="tag" key={tag}>
          {tag}
        </span>
      ))}
      <span className="quiet">{facts.filter(Boolean).join(" · ")}</span>
      <span className="customer-acts">
        {pop.url === null ? null : (
          <a className="button plain" href={pop.url} target="_blank" rel="noreferrer">
            {say("customer.elsewhere")}
          </a>
        )}
        {editing ? null : (
          <button type="button" className="button plain" onClick={edit}>
            {say(customer === null ? "customer.create" : "customer.edit")}
          </button>
        )}
      </span>
    </header>
  );
}

function Facts({ customer, fields }: { customer: Customer | null; fields: CustomerField[] }) {
  if (customer === null) return null;
  const filled = fields.filter((field) => customer.fields[field.key]);
  if (filled.length === 0 && customer.note === "") return null;
  return (
    <>
      <dl className="facts">
        {filled.map((field) => (
          <div key={field.key}>
            <dt>{field.label}</dt>
            <dd>{customer.fields[field.key]}</dd>
          </div>
        ))}
      </dl>
      {customer.note === "" ? null : <p className="customer-note">{customer.note}</p>}
    </>
  );
}
