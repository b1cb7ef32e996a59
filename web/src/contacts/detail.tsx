// One contact with all its parts, beside the list: facts, recordings, who handled it, its stays in queues, its legs and
// what happened when.
import { address } from "../api/client";
import { useCallDetail } from "../api/queries";
import type { CallDetail, Entry, Handling, Leg, Offer, Recording } from "../api/types";
import { useSay, useWord } from "../i18n";
import { callerText, clockTime, duration, moment, percent, phoneNumber } from "../i18n/format";
import { Icon } from "../ui/icons";
import { useKey } from "../ui/keys";
import { Failure, Skeleton } from "../ui/waiting";
import { Correct } from "./correct";
import { Player } from "./player";
import { Timeline } from "./timeline";

export function Detail({ id, mayCorrect, close }: { id: string; mayCorrect: boolean; close: () => void }) {
  const say = useSay();
  const call = useCallDetail(id);
  useKey("Escape", close);
  return (
    <aside className="detail" aria-label={say("detail.label")}>
      <header>
        <div>
          <h2 className="figure">{call.data ? callerText(call.data.caller, say) : say("detail.label")}</h2>
          {call.data ? <p className="figure">{moment(call.data.started, say)}</p> : null}
        </div>
        <button type="button" className="button quiet" aria-label={say("common.close")} onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      {call.isPending ? <Skeleton rows={12} /> : null}
      {call.isError ? <Failure what={say("detail.failed")} error={call.error} again={() => void call.refetch()} /> : null}
      {call.data ? <Parts call={call.data} mayCorrect={mayCorrect} /> : null}
    </aside>
  );
}

function Parts({ call, mayCorrect }: { call: CallDetail; mayCorrect: boolean }) {
  const say = useSay();
  const word = useWord();
  const facts: [string, string][] = [
    [say("contacts.outcome"), call.outcome === null ? say("contacts.live") : word("outcome", call.outcome)],
    [say("contacts.queue"), call.queue_name ?? say("common.none")],
    [say("detail.called"), call.called ? phoneNumber(call.called) : say("common.none")],
    [say("detail.ended_by"), word("party", call.ended_by)],
    [say("detail.wait"), duration(call.wait_us)],
    [say("detail.talk"), duration(call.talking_us)],
    [say("detail.hold"), duration(call.holding_us)],
    ...(call.call_type === null ? [] : [[say("correct.call_type"), call.call_type] as [string, string]]),
    ...(call.test ? [[say("correct.test"), say("summary.yes")] as [string, string]] : []),
  ];
  return (
    <div className="detail-parts">
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="figure">{value}</dd>
          </div>
        ))}
      </dl>
      <Section heading={say("detail.recordings")}>
        {call.recordings.length === 0 ? <p className="empty">{say("detail.no_recordings")}</p> : null}
        {call.recordings.map((recording) => (
          <Recorded key={recording.recording_id} recording={recording} call={call} />
        ))}
      </Section>
      <Section heading={say("detail.handlings")} hidden={call.handlings.length === 0}>
        {call.handlings.map((handling) => (
          <HandlingPart key={handling.handling_id} handling={handling} />
        ))}
      </Section>
      {mayCorrect && call.ended !== null ? <Correct call={call} /> : null}
      <Section heading={say("detail.entries")} hidden={call.entries.length === 0}>
        {call.entries.map((entry) => (
          <EntryPart key={entry.entry_id} entry={entry} offers={call.offers} />
        ))}
      </Section>
      <Section heading={say("detail.legs")} hidden={call.legs.length === 0}>
        {call.legs.map((leg) => (
          <LegPart key={leg.leg_id} leg={leg} />
        ))}
      </Section>
      <Section heading={say("detail.timeline")}>
        <Timeline events={call.timeline} />
      </Section>
    </div>
  );
}

function Section({ heading, hidden = false, children }: { heading: string; hidden?: boolean; children: React.ReactNode }) {
  return (
    <section hidden={hidden}>
      <h3>{heading}</h3>
      {children}
    </section>
  );
}

function Recorded({ recording, call }: { recording: Recording; call: CallDetail }) {
  const say = useSay();
  if (!recording.consultation) return <Sound recording={recording} />;
  const name = say("detail.consultation", { who: consulted(recording, call) ?? say("common.none") });
  return (
    <div className="part" role="group" aria-label={name}>
      <p className="part-line">
        <strong>{name}</strong>
      </p>
      <Sound recording={recording} />
    </div>
  );
}

/** Whom a consultation was with: a colleague has a handling of his own, an outside party is named when he is called. */
function consulted(recording: Recording, call: CallDetail): string | null {
  if (recording.leg_id === null) {
    const handling = call.handlings.find((each) => each.handling_id === recording.handling_id);
    return handling === undefined ? null : `${handling.agent_number} ${handling.agent_name}`;
  }
  const begun = call.timeline.filter(
    (event) =>
      event.kind === "handling.consult_started" && event.data["handling_id"] === recording.handling_id && event.at <= recording.started,
  );
  const target = String(begun.at(-1)?.data["target"] ?? "");
  const name = target.slice(target.indexOf(":") + 1);
  return /^[+*#\d]+$/.test(name) ? phoneNumber(name) : null; // an erased number is a reference, which names nobody
}

function Sound({ recording }: { recording: Recording }) {
  const say = useSay();
  if (recording.state === "expired") return <p className="quiet">{say("detail.expired")}</p>;
  if (recording.state === "missing") return <p className="warn">▲ {say("detail.missing", { reason: recording.reason ?? "" })}</p>;
  if (recording.state === "running") return <p className="recording">{say("detail.running")}</p>;
  return (
    <div className="sound-line">
      <Player recording={recording} />
      <a className="button quiet" href={address(`/recordings/${recording.recording_id}`)} download aria-label={say("detail.download")}>
        <Icon name="save" />
      </a>
    </div>
  );
}

function HandlingPart({ handling }: { handling: Handling }) {
  const say = useSay();
  const resolved = handling.resolved === null ? null : say(handling.resolved ? "detail.resolved" : "detail.unresolved");
  return (
    <div className="part">
      <p className="part-line">
        <strong>
          <span className="figure">{handling.agent_number}</span> {handling.agent_name}
        </strong>
        <span className="figure quiet">
          {say("detail.talk")} {duration(handling.talking_us)} · {say("detail.hold")} {duration(handling.holding_us)} · {say("detail.wrapup")}{" "}
          {duration(handling.wrapup_us)}
        </span>
      </p>
      {handling.codes.length === 0 && resolved === null ? null : (
        <p className="part-codes">
          {handling.codes.map((code) => (
            <span key={code} className="code">
              {code}
            </span>
          ))}
          {resolved === null ? null : <span className="quiet">{resolved}</span>}
        </p>
      )}
      {handling.note ? <p className="part-note">{handling.note}</p> : null}
    </div>
  );
}

function EntryPart({ entry, offers }: { entry: Entry; offers: Offer[] }) {
  const say = useSay();
  const word = useWord();
  const wait = entry.left === null ? null : entry.left - entry.entered;
  return (
    <div className="part">
      <p className="part-line">
        <strong>{entry.queue_name}</strong>
        <span className="figure quiet">
          {say("detail.wait")} {duration(wait)} · {word("outcome", entry.outcome)} · {word("verdict", entry.verdict)}
        </span>
      </p>
      {offers.map((offer) => (
        <p key={offer.offer_id} className="part-line figure quiet">
          <span>
            {clockTime(offer.made)} {say("detail.offered_to")} {offer.agent_number}
          </span>
          <span>
            {word("offer_outcome", offer.outcome)} {offer.ended === null ? null : duration(offer.ended - offer.made)}
          </span>
        </p>
      ))}
    </div>
  );
}

function LegPart({ leg }: { leg: Leg }) {
  const say = useSay();
  const word = useWord();
  const sent = (leg.received ?? 0) + (leg.lost ?? 0);
  const quality = [
    leg.answered === null || leg.ended === null ? null : duration(leg.ended - leg.answered),
    sent > 0 ? say("detail.loss", { share: percent((leg.lost ?? 0) / sent) }) : null,
    leg.mos_milli === null ? null : `MOS ${(leg.mos_milli / 1000).toFixed(1)}`,
    leg.one_way ? say("detail.one_way") : null,
  ];
  return (
    <p className="part part-line">
      <strong>
        {word("party", leg.role)} {leg.role === "customer" || leg.device === null ? null : <span className="figure">{leg.device}</span>}
      </strong>
      <span className="figure quiet">{quality.filter(Boolean).join(" · ")}</span>
    </p>
  );
}
