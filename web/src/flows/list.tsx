// The list of flows: what is published, what is being written, who uses it; and the beginning of a new one.
import { useState } from "react";
import { useSay, type Say } from "../i18n";
import { moment } from "../i18n/format";
import { go, useQueryFields } from "../ui/router";
import { Empty, Failure, Skeleton } from "../ui/waiting";
import { useDocuments, type DocumentHead } from "./api";
import { Create } from "./create";

export function FlowList({ mayWrite }: { mayWrite: boolean }) {
  const say = useSay();
  const [fields, change] = useQueryFields();
  const [creating, setCreating] = useState(false);
  const q = fields["q"] ?? "";
  const documents = useDocuments(q);
  return (
    <section className="flows-list">
      <header>
        <input type="search" aria-label={say("flows.search")} placeholder={say("flows.search")} value={q} onChange={(event) => change({ q: event.target.value })} />
        {mayWrite ? (
          <button type="button" className="button primary" aria-expanded={creating} onClick={() => setCreating(!creating)}>
            {say("flows.new")}
          </button>
        ) : null}
      </header>
      {creating ? <Create close={() => setCreating(false)} /> : null}
      <div className="flows-rows">
        {documents.isPending ? <Skeleton rows={12} /> : null}
        {documents.isError ? <Failure what={say("flows.failed")} error={documents.error} again={() => void documents.refetch()} /> : null}
        {documents.data?.length === 0 ? <Empty>{say(q ? "flows.not_found" : "flows.none")}</Empty> : null}
        {documents.data?.length ? <Table documents={documents.data} /> : null}
      </div>
    </section>
  );
}

function Table({ documents }: { documents: DocumentHead[] }) {
  const say = useSay();
  return (
    <table className="table">
      <thead>
        <tr>
          <th>{say("flows.name")}</th>
          <th>{say("flows.description")}</th>
          <th>{say("flows.language")}</th>
          <th>{say("flows.state")}</th>
          <th>{say("flows.changed")}</th>
          <th>{say("flows.used_by")}</th>
        </tr>
      </thead>
      <tbody>
        {documents.map((document) => (
          <tr key={document.document_id} onClick={() => go(`/flows/${document.document_id}`)}>
            <td>
              <a
                href={`/flows/${document.document_id}`}
                onClick={(event) => {
                  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
                  event.preventDefault();
                }}
              >
                {document.name}
              </a>
            </td>
            <td>{document.description}</td>
            <td>{document.language}</td>
            <td>{stateOf(document, say)}</td>
            <td className="figure">{changedOf(document, say)}</td>
            <td>{document.used_by.map((use) => use.name).join(", ")}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function stateOf({ published, draft }: DocumentHead, say: Say): string {
  if (published === null) return say("flows.draft_new");
  const number = published.number;
  return draft === null ? say("flows.published", { number }) : say("flows.draft_upon", { number });
}

function changedOf({ published, draft }: DocumentHead, say: Say): string {
  const at = draft?.at ?? published?.at;
  const by = draft?.owner_name ?? published?.by_name ?? "";
  return at === undefined ? "" : `${moment(at, say)} ${by}`;
}
