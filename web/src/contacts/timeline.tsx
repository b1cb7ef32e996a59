// What happened when, in words; each event of the ledger is a line.
import type { TimelineEvent } from "../api/types";
import { useWord } from "../i18n";
import { clockTime } from "../i18n/format";
import { useTranslation } from "react-i18next";

export function Timeline({ events }: { events: TimelineEvent[] }) {
  return (
    <ol className="timeline">
      {events.map((event) => (
        <li key={event.seq}>
          <span className="figure quiet">{clockTime(event.at)}</span>
          <Words event={event} />
        </li>
      ))}
    </ol>
  );
}

function Words({ event }: { event: TimelineEvent }) {
  const { t } = useTranslation();
  const word = useWord();
  const text = (name: string): string | null => (typeof event.data[name] === "string" ? (event.data[name] as string) : null);
  const outcome = event.kind.startsWith("offer") ? word("offer_outcome", text("outcome")) : word("outcome", text("outcome"));
  const values = { role: word("party", text("role") ?? "customer"), outcome, release_code: String(event.data["release_code"] ?? "") };
  // Kinds have dots in their names, which separate keys otherwise.
  const said = t([`event|${event.kind}`, "event|other"], { ...values, keySeparator: "|" });
  const by = event.by.split(":")[0] ?? "";
  const ended = text("ended_by");
  return (
    <>
      <span>{said}</span>
      <span className="quiet">{word("party", ended ?? by)}</span>
    </>
  );
}
