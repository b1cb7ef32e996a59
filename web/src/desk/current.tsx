// The contact in hand; without one, a line that says what will be here and how.
import { useCall, useCaller, useCallOrPast, useFeed } from "../feed";
import type { AgentDoc } from "@yingda/desk";
import { useSay, useWord } from "../i18n";
import { callerText, clockTime, phoneNumber } from "../i18n/format";
import { Glyph } from "../ui/glyph";
import { Attached } from "./attached";
import { SentWords, SurveyWords } from "./sent";
import { Since } from "../ui/since";

export function Current({ agent }: { agent: AgentDoc }) {
  const contact = agent.offer ?? agent.handling;
  return (
    <section className="card current" data-state={agent.state}>
      {contact === null ? <Quiet agent={agent} /> : <InHand agent={agent} contact={contact} />}
    </section>
  );
}

function Quiet({ agent }: { agent: AgentDoc }) {
  const say = useSay();
  const state = agent.state === "offline" || agent.state === "busy" || agent.state === "unreachable" ? agent.state : "ready";
  return (
    <div className="current-quiet">
      <Glyph state={agent.state} />
      <div>
        <h2>{say(`desk.${state}`)}</h2>
        <p>{say(`desk.${state}_hint`)}</p>
        {agent.last_survey ? <SurveyWords survey={agent.last_survey} /> : null}
      </div>
    </div>
  );
}

interface InHandProps {
  agent: AgentDoc;
  contact: { interaction_id: string; queue_id: string | null; caller: string | null; message_ms: number | null };
}

function InHand({ agent, contact }: InHandProps) {
  const say = useSay();
  const word = useWord();
  const live = useCall(contact.interaction_id) !== undefined;
  const call = useCallOrPast(contact.interaction_id);
  const caller = useCaller(contact);
  const queue = useFeed((docs) => docs.queues[contact.queue_id ?? ""]?.name);
  const rated = agent.last_survey?.interaction_id === contact.interaction_id ? agent.last_survey : null;
  return (
    <>
      <header>
        <h2 className="figure">{callerText(caller, say)}</h2>
        <span className="tag" data-state={agent.state}>
          <Glyph state={agent.state} />
          {word("state", agent.state)}
        </span>
      </header>
      {contact.message_ms === null ? null : <p className="current-message">{say("desk.left_message", { seconds: Math.round(contact.message_ms / 1000) })}</p>}
      <dl className="facts">
        <div>
          <dt>{say("desk.in_queue")}</dt>
          <dd>{queue ?? say("common.none")}</dd>
        </div>
        <div>
          <dt>{say("desk.called")}</dt>
          <dd className="figure">{call?.called ? phoneNumber(call.called) : say("common.none")}</dd>
        </div>
        <div>
          <dt>{say("desk.since")}</dt>
          <dd className="figure">{call ? clockTime(call.started) : say("common.none")}</dd>
        </div>
        <div hidden={!live}>
          <dt>{say("desk.duration")}</dt>
          <dd>
            <Since at={call?.started} />
          </dd>
        </div>
      </dl>
      <SentWords sent={call?.sent} />
      {rated === null && !(live && call?.sent?.survey) ? null : <SurveyWords survey={rated} />}
      <Attached data={call?.data} />
    </>
  );
}
