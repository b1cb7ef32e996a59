// The rows of the call list. A row is opened by click or Enter; ↑ and ↓ go from row to row.
import type { CallRecord } from "../api/types";
import { useSay, useWord } from "../i18n";
import { callerText, duration, moment } from "../i18n/format";
import { Icon } from "../ui/icons";

interface CallTableProps {
  items: CallRecord[];
  open: string | undefined;
  show: (id: string) => void;
}

export function CallTable({ items, open, show }: CallTableProps) {
  const say = useSay();
  return (
    <table className="table rows">
      <thead>
        <tr>
          <th>{say("contacts.started")}</th>
          <th>{say("contacts.caller")}</th>
          <th>{say("contacts.queue")}</th>
          <th>{say("contacts.agent")}</th>
          <th>{say("contacts.outcome")}</th>
          <th className="number">{say("contacts.wait")}</th>
          <th className="number">{say("contacts.talk")}</th>
          <th className="mark-column">{say("contacts.recording")}</th>
        </tr>
      </thead>
      <tbody>
        {items.map((call) => (
          <Row key={call.interaction_id} call={call} open={call.interaction_id === open} show={show} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ call, open, show }: { call: CallRecord; open: boolean; show: (id: string) => void }) {
  const say = useSay();
  const word = useWord();
  const caller = callerText(call.caller, say);
  return (
    <tr
      tabIndex={0}
      aria-selected={open}
      aria-label={say("contacts.open", { caller })}
      onClick={() => show(call.interaction_id)}
      onKeyDown={(event) => keys(event, () => show(call.interaction_id))}
    >
      <td className="figure">{moment(call.started, say)}</td>
      <td className="figure strong">{caller}</td>
      <td>{call.queue_name}</td>
      <td>
        {call.agent_number === null ? null : (
          <>
            <span className="figure quiet">{call.agent_number}</span> {call.agent_name}
          </>
        )}
      </td>
      <td>
        <Outcome call={call} text={call.ended === null && call.outcome === null ? say("contacts.live") : word("outcome", call.outcome)} />
      </td>
      <td className="number">{duration(call.wait_us)}</td>
      <td className="number">{call.talking_us > 0 ? duration(call.talking_us) : say("common.none")}</td>
      <td className="mark-column">
        <Recorded call={call} />
      </td>
    </tr>
  );
}

/** Shape and word: served ●, not served ○, still on ◌. */
function Outcome({ call, text }: { call: CallRecord; text: string }) {
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

function keys(event: React.KeyboardEvent<HTMLTableRowElement>, show: () => void): void {
  const row = event.currentTarget;
  if (event.key === "Enter") show();
  else if (event.key === "ArrowDown") (row.nextElementSibling as HTMLElement | null)?.focus();
  else if (event.key === "ArrowUp") (row.previousElementSibling as HTMLElement | null)?.focus();
  else return;
  event.preventDefault();
}
