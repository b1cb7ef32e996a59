// The columns of the call list: what each shows, by what it sorts, and which stand there if nobody chooses.
import { useTranslation } from "react-i18next";
import type { CallRecord } from "../api/types";
import { useSay, useWord, type Key, type Say } from "../i18n";
import { callerText, duration, moment, phoneNumber } from "../i18n/format";
import { Icon } from "../ui/icons";
import { Menu } from "../ui/menu";

type Word = ReturnType<typeof useWord>;

export interface CallColumn {
  name: string;
  head: Key;
  number?: boolean;
  /** Ascending order of the rows that are loaded; without it the head is no button. */
  sort?: (call: CallRecord) => number | string;
  cell: (call: CallRecord, say: Say, word: Word) => React.ReactNode;
}

export const COLUMNS: CallColumn[] = [
  { name: "started", head: "contacts.started", sort: (call) => call.started, cell: (call, say) => <span className="figure">{moment(call.started, say)}</span> },
  { name: "caller", head: "contacts.caller", cell: (call, say) => <span className="figure strong">{callerText(call.caller, say)}</span> },
  { name: "called", head: "detail.called", cell: (call, say) => <span className="figure">{call.called ? phoneNumber(call.called) : say("common.none")}</span> },
  { name: "direction", head: "contacts.direction", cell: (call, _, word) => word("direction", call.direction) },
  { name: "medium", head: "contacts.medium", cell: (call, _, word) => word("medium", call.medium) },
  { name: "queue", head: "contacts.queue", sort: (call) => call.queue_name ?? "", cell: (call) => call.queue_name },
  { name: "agent", head: "contacts.agent", sort: (call) => call.agent_number ?? "", cell: (call) => <AgentName call={call} /> },
  { name: "outcome", head: "contacts.outcome", sort: (call) => call.outcome ?? "", cell: (call) => <Outcome call={call} /> },
  { name: "verdict", head: "contacts.verdict", cell: (call, _, word) => word("verdict", call.verdict) },
  { name: "call_type", head: "correct.call_type", cell: (call, say) => call.call_type ?? say("common.none") },
  { name: "ended_by", head: "detail.ended_by", cell: (call, _, word) => word("party", call.ended_by) },
  { name: "wait", head: "contacts.wait", number: true, sort: (call) => call.wait_us, cell: (call) => duration(call.wait_us) },
  { name: "talk", head: "contacts.talk", number: true, sort: (call) => call.talking_us, cell: (call, say) => (call.talking_us > 0 ? duration(call.talking_us) : say("common.none")) },
  { name: "hold", head: "detail.hold", number: true, sort: (call) => call.holding_us, cell: (call, say) => (call.holding_us > 0 ? duration(call.holding_us) : say("common.none")) },
  { name: "recording", head: "contacts.recording", cell: (call) => <Recorded call={call} /> },
];

const SHOWN = ["started", "caller", "queue", "agent", "outcome", "wait", "talk", "recording"];

/** The columns that the address names, in their own order; the usual ones if it names none. */
export function columnsOf(text: string | undefined): CallColumn[] {
  const names = text ? text.split(",") : SHOWN;
  const found = COLUMNS.filter((column) => names.includes(column.name));
  return found.length > 0 ? found : COLUMNS.filter((column) => SHOWN.includes(column.name));
}

export function CallColumnPick({ chosen, change }: { chosen: CallColumn[]; change: (fields: Record<string, string | undefined>) => void }) {
  const say = useSay();
  const names = chosen.map((column) => column.name);
  const toggle = (name: string): void => {
    const next = COLUMNS.map((column) => column.name).filter((each) => (each === name ? !names.includes(each) : names.includes(each)));
    if (next.length > 0) change({ columns: next.join(",") });
  };
  return (
    <Menu label={say("reports.columns")} name={say("reports.columns")} side="right">
      {() => (
        <div className="column-list">
          <button type="button" onClick={() => change({ columns: undefined })}>
            {say("reports.columns_default")}
          </button>
          {COLUMNS.map((column) => (
            <label key={column.name}>
              <input type="checkbox" checked={names.includes(column.name)} onChange={() => toggle(column.name)} />
              <span>{say(column.head)}</span>
            </label>
          ))}
        </div>
      )}
    </Menu>
  );
}

function AgentName({ call }: { call: CallRecord }) {
  if (call.agent_number === null) return null;
  return (
    <>
      <span className="figure quiet">{call.agent_number}</span> {call.agent_name}
    </>
  );
}

/** Shape and word: served ●, not served ○, still on ◌. */
function Outcome({ call }: { call: CallRecord }) {
  const { t } = useTranslation();
  const word = useWord();
  const text = call.ended === null && call.outcome === null ? t("contacts.live") : word("outcome", call.outcome);
  const shape = call.outcome === null ? "◌" : call.outcome === "answered" ? "●" : "○";
  return (
    <span className="outcome" data-outcome={call.outcome ?? "live"}>
      <i aria-hidden="true">{shape}</i> {text}
    </span>
  );
}

function Recorded({ call }: { call: CallRecord }) {
  const say = useSay();
  const states = call.recordings.map((recording) => recording.state);
  if (states.includes("missing")) return <span className="warn">▲ {say("detail.missing_recording")}</span>;
  if (!states.some((state) => state === "running" || state === "ended")) return null;
  return (
    <span title={say("contacts.recording")}>
      <Icon name="play" />
    </span>
  );
}
