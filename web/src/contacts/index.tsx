// Contacts (会话): the call list with its filters in the address; a row opens its details beside the list.
import { useState } from "react";
import { address } from "../api/client";
import { useCalls } from "../api/queries";
import type { Session } from "../api/types";
import { useSay } from "../i18n";
import { ExcelFile } from "../reports/files";
import { Print } from "../reports/filters";
import { Icon } from "../ui/icons";
import { go, useQueryFields } from "../ui/router";
import { Views } from "../views";
import { Empty, Failure, Skeleton } from "../ui/waiting";
import "./contacts.css";
import { CallColumnPick, columnsOf } from "./columns";
import { Detail } from "./detail";
import { Filters, filtersOf } from "./filters";
import { CallTable } from "./table";

const PAGE = 50;
const REFRESH_MS = 5_000;

export function ContactsRoom({ session, open }: { session: Session; open: string | undefined }) {
  const say = useSay();
  const [fields, change] = useQueryFields();
  const [pointed, setPointed] = useState(false);
  const filters = filtersOf(fields);
  const columns = columnsOf(fields["columns"]);
  // While the pointer is over the rows nothing may move under it.
  const calls = useCalls(filters, PAGE, pointed ? false : REFRESH_MS);
  const items = calls.data?.pages.flatMap((page) => page.items) ?? [];
  const filtered = Object.keys(filters).length > 0;
  const show = (id: string | undefined): void => go(`/contacts${id === undefined ? "" : `/${id}`}${location.search}`);
  return (
    <div className="contacts" data-open={open !== undefined}>
      <section className="contacts-list">
        <header>
          <Filters key={session.user.id} fields={fields} change={change} />
          <div className="contacts-files">
            <Views room="contacts" />
            <CallColumnPick chosen={columns} change={change} />
            <a className="button plain" href={address("/calls/export.csv", { ...filters })} download>
              <Icon name="save" />
              <span>{say("contacts.export")}</span>
            </a>
            <ExcelFile label={say("reports.xlsx")} path="/reports/contacts/exports" body={filters} />
            <Print />
          </div>
        </header>
        <div className="contacts-rows" onPointerEnter={() => setPointed(true)} onPointerLeave={() => setPointed(false)}>
          {calls.isPending ? <Skeleton rows={14} /> : null}
          {calls.isError ? <Failure what={say("contacts.failed")} error={calls.error} again={() => void calls.refetch()} /> : null}
          {calls.isSuccess && items.length === 0 ? <Nothing filtered={filtered} clear={() => go("/contacts")} /> : null}
          {items.length === 0 ? null : <CallTable items={items} columns={columns} open={open} show={show} />}
          {calls.hasNextPage ? (
            <button type="button" className="button plain more" aria-busy={calls.isFetchingNextPage} onClick={() => void calls.fetchNextPage()}>
              {say("common.more")}
            </button>
          ) : null}
        </div>
        <Count total={calls.data?.pages[0]?.total} shown={calls.isSuccess} />
      </section>
      {open === undefined ? null : <Detail key={open} id={open} mayCorrect={session.user.role !== "agent"} close={() => show(undefined)} />}
    </div>
  );
}

function Count({ total, shown }: { total: number | null | undefined; shown: boolean }) {
  const say = useSay();
  if (!shown) return null;
  return <p className="contacts-count figure">{typeof total === "number" ? say("contacts.count", { count: total }) : say("contacts.many")}</p>;
}

function Nothing({ filtered, clear }: { filtered: boolean; clear: () => void }) {
  const say = useSay();
  if (!filtered) return <Empty>{say("contacts.none_yet")}</Empty>;
  return (
    <Empty>
      {say("contacts.none")}{" "}
      <button type="button" className="button plain" onClick={clear}>
        {say("contacts.clear")}
      </button>
    </Empty>
  );
}
