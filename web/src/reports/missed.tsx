// Missed calls (漏话): one row a number, until it is answered or reached. Take one, call it; what is served goes by itself.
import type { Micros, Session } from "../api/types";
import { useSay, useWord } from "../i18n";
import { callerText, moment } from "../i18n/format";
import { Claimant, ClaimDeeds, type Claimed } from "./claiming";
import { OwedTable } from "./owed";

interface Missed extends Claimed {
  caller: string | null;
  queue_name: string | null;
  outcome: string;
  last_at: Micros;
  calls: number;
  attempts: number;
  tried_at: Micros | null;
}

export function MissedPage({ session }: { session: Session }) {
  const say = useSay();
  const word = useWord();
  const heads = [
    { name: say("contacts.caller") },
    { name: say("owed.calls"), number: true },
    { name: say("owed.last") },
    { name: say("contacts.queue") },
    { name: say("contacts.outcome") },
    { name: say("owed.tries") },
    { name: say("owed.claimed") },
  ];
  return (
    <OwedTable<Missed>
      what="missed"
      none={say("owed.no_missed")}
      heads={heads}
      cells={(row) => (
        <>
          <td className="figure strong">{callerText(row.caller, say)}</td>
          <td className="number">{row.calls}</td>
          <td className="figure">{moment(row.last_at, say)}</td>
          <td>{row.queue_name ?? say("common.none")}</td>
          <td>{word("outcome", row.outcome)}</td>
          <td className="figure">{row.attempts === 0 ? say("common.none") : say("owed.tried", { count: row.attempts, at: row.tried_at === null ? "" : moment(row.tried_at, say) })}</td>
          <Claimant row={row} />
        </>
      )}
      deeds={(row) => <ClaimDeeds what="missed" row={row} session={session} />}
    />
  );
}
