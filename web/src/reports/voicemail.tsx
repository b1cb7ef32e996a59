// Messages that callers have left (语音留言): listen, take one upon oneself, call, clear. What is cleared, and whose caller
// was served since, stands under "done".
import { address } from "../api/client";
import type { Micros, Session } from "../api/types";
import { SoundPlayer } from "../contacts/player";
import { useSay } from "../i18n";
import { callerText, moment } from "../i18n/format";
import { Act } from "../ui/act";
import { Icon } from "../ui/icons";
import { Menu } from "../ui/menu";
import { usePreference } from "../ui/preferences";
import { useQueryFields } from "../ui/router";
import { Claimant, ClaimDeeds, useTaken, type Claimed } from "./claiming";
import { ExcelFile } from "./files";
import { OwedTable, useDeeds } from "./owed";

interface LeftMessage extends Claimed {
  caller: string | null;
  queue_name: string | null;
  agent_number: string | null;
  agent_name: string | null;
  received: Micros;
  duration_ms: number;
  heard: Micros | null;
  sound: "ready" | "expired";
  cleared: Micros | null;
  cleared_by: string | null;
  served_at: Micros | null;
}

const STATES = ["open", "done", "all"] as const;

export function VoicemailPage({ session }: { session: Session }) {
  const say = useSay();
  const [fields, change] = useQueryFields();
  const [language] = usePreference("language");
  const state = STATES.find((each) => each === fields["state"]) ?? "open";
  const heads = [
    { name: say("voicemail.received") },
    { name: say("contacts.caller") },
    { name: say("voicemail.for") },
    { name: say("voicemail.sound") },
    { name: say("owed.claimed") },
    { name: say("voicemail.done") },
  ];
  return (
    <section className="sheet-page">
      <header>
        <label className="choice-field">
          {say("voicemail.show")}
          <select value={state} onChange={(event) => change({ state: event.target.value })}>
            {STATES.map((each) => (
              <option key={each} value={each}>
                {say(`voicemail.state_${each}`)}
              </option>
            ))}
          </select>
        </label>
        <div className="sheet-acts">
          <a className="button plain" href={address("/voicemail/export.csv", { state, language })} download>
            <Icon name="save" />
            <span>CSV</span>
          </a>
          <ExcelFile label={say("reports.xlsx")} path="/voicemail/exports" body={{ state, language }} />
        </div>
      </header>
      <div className="sheet-rows">
        <OwedTable<LeftMessage>
          what="voicemail"
          filters={{ state }}
          none={say(state === "open" ? "voicemail.none_open" : "voicemail.none")}
          heads={heads}
          cells={(row) => <Cells row={row} />}
          deeds={(row) => <Deeds row={row} session={session} />}
        />
      </div>
    </section>
  );
}

function Cells({ row }: { row: LeftMessage }) {
  const say = useSay();
  return (
    <>
      <td className="figure">{row.heard === null ? <strong>● {moment(row.received, say)}</strong> : moment(row.received, say)}</td>
      <td className="figure strong">{callerText(row.caller, say)}</td>
      <td>{row.agent_number === null ? (row.queue_name ?? say("common.none")) : `${row.agent_number} ${row.agent_name ?? ""}`}</td>
      <td>{row.sound === "expired" ? say("detail.expired") : <SoundPlayer path={`/voicemail/${row.id}/audio`} duration_ms={row.duration_ms} small />}</td>
      <Claimant row={row} />
      <td className="figure">{doneText(row, say)}</td>
    </>
  );
}

function doneText(row: LeftMessage, say: ReturnType<typeof useSay>): string {
  if (row.cleared !== null) return say("voicemail.cleared", { who: row.cleared_by ?? "", at: moment(row.cleared, say) });
  return row.served_at === null ? say("common.none") : say("voicemail.served", { at: moment(row.served_at, say) });
}

function Deeds({ row, session }: { row: LeftMessage; session: Session }) {
  const say = useSay();
  const does = useDeeds("voicemail", row.id);
  const taken = useTaken(row);
  return (
    <>
      <ClaimDeeds what="voicemail" row={row} session={session} why={row.caller === null ? say("voicemail.no_number") : null} />
      {row.cleared === null ? (
        <Menu label={say("voicemail.clear")} name={say("voicemail.clear")} side="right" why={session.user.role === "agent" ? taken : null}>
          {() => <Act label={say("voicemail.clear_sure")} doing={say("owed.acting")} act={does("clear")} />}
        </Menu>
      ) : null}
    </>
  );
}
