// Publishing: what changes for callers, what the tests say, a note; then the next caller hears it.
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { desk } from "../api/client";
import { useSay } from "../i18n";
import { Act } from "../ui/act";
import { Failure, Skeleton } from "../ui/waiting";
import { type At, judge, useDiff, type FlowDocument, type Verdict } from "./api";
import type { Pair } from "./comparison";
import { Difference } from "./difference";
import type { Draft } from "./draft";
import { isOld, OldOnes, useInside, useToday } from "./live";
import { Tests } from "./tests";

export function Publish({ draft, show, compare }: { draft: Draft; show: (at: At) => void; compare: (pair: Pair) => void }) {
  const say = useSay();
  const queries = useQueryClient();
  const { document, written } = draft;
  const [note, setNote] = useState("");
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const [told, setTold] = useState("");
  const run = async (): Promise<void> => setVerdict(await judge(document.name, written));
  useEffect(() => {
    if (draft.saving === "unsaved") void draft.save().catch(() => undefined);
    void run().catch(() => undefined);
  }, [written]);
  const publish = async (): Promise<void> => {
    const saved = await draft.save();
    const path = { document_id: document.document_id };
    const answer = await desk.http.call("publish_flow", { path, body: { revision: saved.draft?.revision ?? 0, note } });
    setTold(say(answer.in_force ? "flows.is_published" : "flows.is_published_later", { number: answer.version.number }));
    setNote("");
    draft.take(await desk.http.call("read_flow_document", { path }));
    await queries.invalidateQueries({ queryKey: ["flow-versions", document.document_id] });
  };
  const why = document.draft === null && draft.saving === "saved" ? say("flows.nothing_new") : verdict === null ? say("flows.running") : verdict.passes ? null : say("flows.not_ready");
  return (
    <div className="publish">
      <label>
        {say("flows.note")}
        <textarea rows={2} maxLength={1000} value={note} placeholder={say("flows.note_hint")} onChange={(event) => setNote(event.target.value)} />
      </label>
      <p className="publish-act">
        <Act kind="primary" label={say("flows.publish_now")} doing={say("flows.publishing")} act={publish} why={why} />
      </p>
      <p role="status">{told}</p>
      <p className="quiet">{say("flows.publish_hint")}</p>
      <Inside document={document} />
      <h3>{say("flows.tests_heading")}</h3>
      {verdict === null ? <Skeleton rows={2} /> : <Tests verdict={verdict} name={document.name} run={run} show={show} />}
      <h3>
        {say("flows.differences")}{" "}
        <button type="button" className="button quiet" onClick={() => compare({ before: document.published?.number ?? 0, after: 0 })}>
          {say("flows.comparison")}
        </button>
      </h3>
      <Changes draft={draft} />
    </div>
  );
}

/** Who goes on in the version that is in force now, or in one before it. */
function Inside({ document }: { document: FlowDocument }) {
  const say = useSay();
  const inside = useInside(useToday(document.document_id, document.published !== null).data);
  if (inside.length === 0) return null;
  return (
    <>
      <p>{say("live.inside_now", { count: inside.length })}</p>
      <OldOnes calls={inside.filter((call) => isOld(call, document))} />
    </>
  );
}

function Changes({ draft }: { draft: Draft }) {
  const say = useSay();
  const { document } = draft;
  const diff = useDiff(document.document_id, document.published?.number ?? 0, 0, document.draft?.revision ?? 0);
  if (diff.isError) return <Failure what={say("flows.failed")} error={diff.error} again={() => void diff.refetch()} />;
  return diff.data === undefined ? <Skeleton rows={4} /> : <Difference diff={diff.data} />;
}
