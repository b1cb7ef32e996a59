// The flow that the agent sent his customer into, and what came of it; of a survey also how he rated the service.
import type { Rest } from "@yingda/desk";
import { useSay, useWord } from "../i18n";

export function SentWords({ sent }: { sent: Rest.LiveSent | null | undefined }) {
  const say = useSay();
  const word = useWord();
  if (sent == null || sent.survey) return null;
  return (
    <p className="sent" role="status">
      <span className="quiet">{say("sent.flow")}</span> {sent.flow} · <strong>{sent.result === null ? say("sent.there") : word("sent_result", sent.result)}</strong>
    </p>
  );
}

/** survey: how it ended; null while he is in it. */
export function SurveyWords({ survey }: { survey: Rest.LiveSurvey | null }) {
  const say = useSay();
  const word = useWord();
  return (
    <p className="sent" role="status">
      <span className="quiet">{say("sent.survey")}</span> <strong>{survey === null ? say("sent.there") : word("sent_survey", survey.result)}</strong>
      {Object.entries(survey?.answers ?? {}).map(([question, answer]) => (
        <span key={question} className="tag">
          {word("sent_question", question)} <span className="figure">{String(answer)}</span>
        </span>
      ))}
    </p>
  );
}
