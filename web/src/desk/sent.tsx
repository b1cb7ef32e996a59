// The flow that the agent sent his customer into, and what came of it; of a survey also how he rated the service.
import type { Rest } from "@yingda/desk";
import { useSay, useWord } from "../i18n";

export function SentWords({ sent }: { sent: Rest.LiveSent | null | undefined }) {
  const say = useSay();
  const word = useWord();
  if (sent == null) return null;
  const answers = Object.entries(sent.answers ?? {});
  const came = sent.result === null ? say("sent.there") : sent.survey ? word("sent_survey", answers.length > 0 ? "answered" : "none") : word("sent_result", sent.result);
  return (
    <p className="sent" role="status">
      <span className="quiet">{say(sent.survey ? "sent.survey" : "sent.flow")}</span> {sent.flow} · <strong>{came}</strong>
      {answers.map(([question, answer]) => (
        <span key={question} className="tag">
          {word("sent_question", question)} <span className="figure">{answer}</span>
        </span>
      ))}
    </p>
  );
}
