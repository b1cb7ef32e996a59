// Versions, newest first: who, when, why; each compared with what stands in the editor, and one click makes it the draft.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { desk } from "../api/client";
import { useSay } from "../i18n";
import { moment } from "../i18n/format";
import { Act } from "../ui/act";
import { go } from "../ui/router";
import { Empty, Failure, Skeleton } from "../ui/waiting";
import { useVersions } from "./api";
import type { Pair } from "./comparison";
import type { Draft } from "./draft";

export function Versions({ draft, mayWrite, compare }: { draft: Draft; mayWrite: boolean; compare: (pair: Pair) => void }) {
  const say = useSay();
  const { document } = draft;
  const versions = useVersions(document.document_id, document.published?.number ?? 0);
  const back = async (number: number): Promise<void> => {
    const body = { number, revision: document.draft?.revision ?? 0 };
    draft.take(await desk.http.call("return_flow_version", { path: { document_id: document.document_id }, body }));
  };
  const end = mayWrite ? <End draft={draft} /> : null;
  if (versions.isError) return <Failure what={say("flows.failed")} error={versions.error} again={() => void versions.refetch()} />;
  if (versions.data === undefined) return <Skeleton rows={4} />;
  if (versions.data.length === 0)
    return (
      <>
        <Empty>{say("flows.no_versions")}</Empty>
        {end}
      </>
    );
  return (
    <>
      <ol className="versions">
        {versions.data.map((version) => (
          <li key={version.number}>
            <p>
              <strong className="figure">{say("flows.version", { number: version.number })}</strong> <span className="figure quiet">{moment(version.at, say)}</span>{" "}
              {version.by_name || say("flows.by_file")}
              {version.number === document.published?.number ? <span className="code chosen">{say("flows.in_force")}</span> : null}
            </p>
            {version.note === "" ? null : <p className="quiet">{version.note}</p>}
            <p className="version-acts">
              <button type="button" className="button plain" onClick={() => compare({ before: version.number, after: 0 })}>
                {say("flows.compare")}
              </button>
              {mayWrite ? <Act label={say("flows.return")} doing={say("flows.working")} act={() => back(version.number)} /> : null}
            </p>
          </li>
        ))}
      </ol>
      {end}
    </>
  );
}

/** Letting the draft go, and the whole document: the one brings the published text back, the other asks first. */
function End({ draft }: { draft: Draft }) {
  const say = useSay();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const { document } = draft;
  const path = { document_id: document.document_id };
  const discard = async (): Promise<void> => {
    await desk.http.call("discard_flow_draft", { path, query: { revision: document.draft?.revision ?? 0 } });
    draft.take(await desk.http.call("read_flow_document", { path }));
  };
  const remove = async (): Promise<void> => {
    const seen = { number: document.published?.number ?? 0, revision: document.draft?.revision ?? 0 };
    await desk.http.call("delete_flow_document", { path, query: seen });
    draft.take(document); // nothing of it is to be saved any more
    await queries.invalidateQueries({ queryKey: ["flows"] });
    go("/flows");
  };
  return (
    <div className="flow-end">
      {document.draft === null || document.published === null ? null : <Act label={say("flows.discard")} doing={say("flows.working")} act={discard} />}
      {asking ? (
        <Act kind="strong" label={say("flows.remove", { name: document.name })} doing={say("flows.working")} act={remove} />
      ) : (
        <button type="button" className="button plain" onClick={() => setAsking(true)}>
          {say("flows.remove_ask")}
        </button>
      )}
    </div>
  );
}
