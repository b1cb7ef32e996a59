// The agent's recent contacts, with their recordings to listen to.
import { useCalls } from "../api/queries";
import type { CallRecord } from "../api/types";
import { useSay, useWord } from "../i18n";
import { callerText, duration, moment } from "../i18n/format";
import { Player } from "../contacts/player";
import { go } from "../ui/router";
import { Empty, Failure, Skeleton } from "../ui/waiting";

const SHOWN = 12;

export function Recent() {
  const say = useSay();
  const calls = useCalls({}, SHOWN, false);
  const items = calls.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className="card recent">
      <h2>{say("desk.recent")}</h2>
      {calls.isPending ? <Skeleton rows={6} /> : null}
      {calls.isError ? <Failure what={say("contacts.failed")} error={calls.error} again={() => void calls.refetch()} /> : null}
      {calls.isSuccess && items.length === 0 ? <Empty>{say("desk.recent_none")}</Empty> : null}
      <table className="table rows" hidden={items.length === 0}>
        <thead>
          <tr>
            <th>{say("contacts.started")}</th>
            <th>{say("contacts.caller")}</th>
            <th>{say("contacts.queue")}</th>
            <th>{say("contacts.outcome")}</th>
            <th className="number">{say("contacts.wait")}</th>
            <th className="number">{say("contacts.talk")}</th>
            <th>{say("contacts.recording")}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((call) => (
            <Row key={call.interaction_id} call={call} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ call }: { call: CallRecord }) {
  const say = useSay();
  const word = useWord();
  const caller = callerText(call.caller, say);
  const recording = call.recordings.find((each) => each.state === "ended" && !each.consultation);
  const to = `/contacts/${call.interaction_id}`;
  return (
    <tr>
      <td className="figure">{moment(call.started, say)}</td>
      <td className="figure">
        <a
          href={to}
          onClick={(event) => {
            event.preventDefault();
            go(to);
          }}
        >
          {caller}
        </a>
      </td>
      <td>{call.queue_name}</td>
      <td>{call.ended === null ? say("contacts.live") : word("outcome", call.outcome)}</td>
      <td className="number">{duration(call.wait_us)}</td>
      <td className="number">{duration(call.talking_us)}</td>
      <td className="sound">{recording === undefined ? null : <Player recording={recording} small />}</td>
    </tr>
  );
}
