// How many are owed a call, for the desk's side: missed numbers, call-backs, left messages; each leads to its list.
import { useSay } from "../i18n";
import { useOwedCount } from "./owed";
import { follow } from "./index";

export function OwedCounts() {
  const say = useSay();
  const lists = [
    { to: "/reports/missed", name: say("reports.tab_missed"), count: useOwedCount("missed") },
    { to: "/reports/owed", name: say("reports.tab_owed"), count: useOwedCount("callbacks") },
    { to: "/reports/voicemail", name: say("reports.tab_voicemail"), count: useOwedCount("voicemail") },
  ];
  return (
    <section className="card owed-counts">
      {lists.map((list) => (
        <a key={list.to} href={list.to} onClick={(event) => follow(event, list.to)}>
          <span>{list.name}</span>
          <strong className="figure">{list.count ?? say("common.none")}</strong>
        </a>
      ))}
    </section>
  );
}
