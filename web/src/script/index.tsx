// The script (话术) of the contact in hand: what to say, with the customer's and the call's values in it. Steps are ticked,
// questions answered, and both can be put into the summary.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get } from "../api/client";
import { drafts } from "../desk/drafts";
import { useSay } from "../i18n";
import { Act } from "../ui/act";
import { usePreference } from "../ui/preferences";
import "./script.css";
import { linesOf, recordOf, type Line, type Progress } from "./text";

/** How far each contact has come: outlives a change of room, not the page. */
const kept = new Map<string, Progress>();
const NOTHING: Progress = { ticked: [], answers: {} };
const AGAIN_MS = 5_000;
const LONGEST_NOTE = 4_000;

interface ScriptProps {
  interactionId: string;
  /** Whose summary it may be put into; null before the answer. */
  handlingId: string | null;
}

export function Script({ interactionId, handlingId }: ScriptProps) {
  const say = useSay();
  const [open, setOpen] = usePreference("script");
  const [progress, setProgress] = useState(kept.get(interactionId) ?? NOTHING);
  const query = useQuery({
    queryKey: ["script", interactionId],
    queryFn: ({ signal }) => get<{ text: string; values: Record<string, string> }>(`/desk/script/${encodeURIComponent(interactionId)}`, {}, signal),
    refetchInterval: AGAIN_MS,
    retry: false,
  });
  if (!query.data?.text) return null;
  const lines = linesOf(query.data.text, query.data.values);
  const steps = lines.filter(({ kind }) => kind === "step").length;
  const change = (next: Progress): void => {
    kept.set(interactionId, next);
    setProgress(next);
  };
  return (
    <details className="card script" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <strong>{say("script.heading")}</strong>
        {steps === 0 ? null : <span className="quiet figure">{say("script.done", { done: progress.ticked.length, all: steps })}</span>}
      </summary>
      <div className="script-text">
        {lines.map((line, place) => (
          <ScriptLine key={place} line={line} place={place} progress={progress} change={change} />
        ))}
        <Insert record={recordOf(lines, progress)} handlingId={handlingId} />
      </div>
    </details>
  );
}

/** Adds to the note what is not in it yet. */
function Insert({ record, handlingId }: { record: string; handlingId: string | null }) {
  const say = useSay();
  const insert = async (): Promise<void> => {
    if (handlingId === null) return;
    const { note } = drafts.of(handlingId);
    const fresh = record.split("\n").filter((line) => !note.split("\n").includes(line));
    if (fresh.length > 0) drafts.change(handlingId, { note: [note, ...fresh].filter(Boolean).join("\n").slice(0, LONGEST_NOTE) });
  };
  const why = handlingId === null ? say("script.no_summary") : record === "" ? say("script.nothing") : null;
  return <Act label={say("script.insert")} doing={say("script.inserted")} why={why} act={insert} />;
}

interface LineProps {
  line: Line;
  place: number;
  progress: Progress;
  change: (progress: Progress) => void;
}

function ScriptLine({ line, place, progress, change }: LineProps) {
  const say = useSay();
  const text = line.pieces.map(({ text: words, strong }, at) => (strong ? <strong key={at}>{words}</strong> : <span key={at}>{words}</span>));
  const { ticked, answers } = progress;
  const done = ticked.includes(place);
  switch (line.kind) {
    case "heading":
      return <h3>{text}</h3>;
    case "step":
      return (
        <label className="script-step" data-done={done}>
          <input type="checkbox" checked={done} onChange={() => change({ answers, ticked: done ? ticked.filter((one) => one !== place) : [...ticked, place] })} />
          <span>{text}</span>
        </label>
      );
    case "question":
      return (
        <label className="script-question">
          <span>{text}</span>
          <input
            value={answers[place] ?? ""}
            maxLength={200}
            placeholder={say("script.answer")}
            onChange={(event) => change({ ticked, answers: { ...answers, [place]: event.target.value } })}
          />
        </label>
      );
    case "point":
      return <p className="script-point">{text}</p>;
    default:
      return <p>{text}</p>;
  }
}
