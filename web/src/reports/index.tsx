// Reports (报表): sheets of figures, missed calls, call-backs that are owed, left messages. Which one stands in the address.
import { useSay } from "../i18n";
import { go, useQueryFields } from "../ui/router";
import { Empty, Failure, Skeleton } from "../ui/waiting";
import { SHEETS, useSheet, type SheetName } from "./api";
import { Chart } from "./chart";
import { Files } from "./files";
import { ColumnPick, Filters, Print, queryOf } from "./filters";
import "./reports.css";
import { CallbacksPage } from "./callbacks";
import { MissedPage } from "./missed";
import { useOwedCount } from "./owed";
import { SheetTable } from "./table";
import { VoicemailPage } from "./voicemail";
import type { Session } from "../api/types";

const REFRESH_MS = 15_000;
/** Sheets of the whole centre are for those who see everybody. */
const OF_AGENTS: readonly SheetName[] = ["queues", "agents"];
/** Who is owed a call. */
const OWED = ["missed", "owed", "voicemail"] as const;

export function ReportsRoom({ session, at }: { session: Session; at: string | undefined }) {
  const say = useSay();
  const tabs = session.user.role === "agent" ? OF_AGENTS : SHEETS;
  const name = [...tabs, ...OWED].find((each) => each === at) ?? "queues";
  const counts: Partial<Record<string, number | undefined>> = { missed: useOwedCount("missed"), voicemail: useOwedCount("voicemail") };
  return (
    <div className="reports">
      <nav className="tabs" aria-label={say("rooms.reports")}>
        {[...tabs, ...OWED].map((each) => (
          <a key={each} href={`/reports/${each}`} aria-current={each === name ? "page" : undefined} onClick={(event) => follow(event, `/reports/${each}`)}>
            {say(`reports.tab_${each}`)}
            {counts[each] ? <span className="count">{counts[each]}</span> : null}
          </a>
        ))}
      </nav>
      {name === "missed" ? (
        <div className="sheet-rows">
          <MissedPage session={session} />
        </div>
      ) : name === "owed" ? (
        <div className="sheet-rows">
          <CallbacksPage session={session} />
        </div>
      ) : name === "voicemail" ? (
        <VoicemailPage session={session} />
      ) : (
        <SheetPage key={name} name={name} />
      )}
    </div>
  );
}

export function follow(event: React.MouseEvent, to: string): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go(to);
}

function SheetPage({ name }: { name: SheetName }) {
  const say = useSay();
  const [fields, change] = useQueryFields();
  const query = queryOf(name, fields);
  const sheet = useSheet(name, query, REFRESH_MS);
  return (
    <section className="sheet-page">
      <header>
        <Filters name={name} query={query} change={change} />
        <div className="sheet-acts">
          {sheet.data ? <ColumnPick sheet={sheet.data} change={change} /> : null}
          <Files name={name} query={query} />
          <Print />
        </div>
      </header>
      <div className="sheet-rows">
        {sheet.isPending ? <Skeleton rows={14} /> : null}
        {sheet.isError ? <Failure what={say("reports.failed")} error={sheet.error} again={() => void sheet.refetch()} /> : null}
        {sheet.data && !sheet.isError ? (
          <>
            {query.by === "time" ? <Chart sheet={sheet.data} /> : null}
            {sheet.data.lines.length === 0 ? <Empty>{say("reports.nothing")}</Empty> : <SheetTable sheet={sheet.data} byKey={query.by === "key"} keys={query.key} />}
          </>
        ) : null}
      </div>
      <p className="sheet-foot figure">{sheet.data ? say("reports.zone", { zone: sheet.data.zone, from: query.from, to: query.to }) : ""}</p>
    </section>
  );
}
