// The script (话术) of the contact in hand: what to say, with the customer's and the call's values in it; steps are ticked.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get } from "../api/client";
import { useSay } from "../i18n";
import { usePreference } from "../ui/preferences";
import "./script.css";
import { linesOf, type Line } from "./text";

/** What was ticked, by contact: outlives a change of room, not the page. */
const ticked = new Map<string, ReadonlySet<number>>();
const AGAIN_MS = 5_000;

export function Script({ interactionId }: { interactionId: string }) {
  const say = useSay();
  const [open, setOpen] = usePreference("script");
  const [done, setDone] = useState(ticked.get(interactionId) ?? new Set<number>());
  const query = useQuery({
    queryKey: ["script", interactionId],
    queryFn: ({ signal }) => get<{ text: string; values: Record<string, string> }>(`/desk/script/${encodeURIComponent(interactionId)}`, {}, signal),
    refetchInterval: AGAIN_MS,
    retry: false,
  });
  if (!query.data?.text) return null;
  const lines = linesOf(query.data.text, query.data.values);
  const steps = lines.filter(({ kind }) => kind === "step").length;
  const tick = (place: number): void => {
    const next = new Set(done);
    if (!next.delete(place)) next.add(place);
    ticked.set(interactionId, next);
    setDone(next);
  };
  return (
    <details className="card script" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <strong>{say("script.heading")}</strong>
        {steps === 0 ? null : <span className="quiet figure">{say("script.done", { done: done.size, all: steps })}</span>}
      </summary>
      <div className="script-text">
        {lines.map((line, place) => (
          <ScriptLine key={place} line={line} done={done.has(place)} tick={() => tick(place)} />
        ))}
      </div>
    </details>
  );
}

function ScriptLine({ line, done, tick }: { line: Line; done: boolean; tick: () => void }) {
  const text = line.pieces.map(({ text: words, strong }, place) => (strong ? <strong key={place}>{words}</strong> : <span key={place}>{words}</span>));
  switch (line.kind) {
    case "heading":
      return <h3>{text}</h3>;
    case "step":
      return (
        <label className="script-step" data-done={done}>
          <input type="checkbox" checked={done} onChange={tick} />
          <span>{text}</span>
        </label>
      );
    case "point":
      return <p className="script-point">{text}</p>;
    default:
      return <p>{text}</p>;
  }
}
