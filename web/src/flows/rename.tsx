// Another name for a document: its numbers and grants follow, its versions stay. What stands in the way is said.
import { useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { desk } from "../api/client";
import { useSay } from "../i18n";
import { Act } from "../ui/act";
import type { Draft } from "./draft";

export function Name({ draft, mayWrite }: { draft: Draft; mayWrite: boolean }) {
  const say = useSay();
  const queries = useQueryClient();
  const [name, setName] = useState<string | null>(null);
  const { document } = draft;
  const rename = async (): Promise<void> => {
    const saved = draft.saving === "saved" ? document : await draft.save();
    const path = { document_id: document.document_id };
    const body = { name: (name ?? "").trim(), number: saved.published?.number ?? 0, revision: saved.draft?.revision ?? 0 };
    draft.take(await desk.http.call("rename_flow_document", { path, body }));
    await queries.invalidateQueries({ queryKey: ["flow-versions", document.document_id] });
    setName(null);
  };
  if (name === null) {
    return (
      <>
        <h1>{document.name}</h1>
        {mayWrite ? (
          <button type="button" className="button quiet" onClick={() => setName(document.name)}>
            {say("flows.rename_ask")}
          </button>
        ) : null}
      </>
    );
  }
  const blank = name.trim() === "" || name.trim() === document.name;
  return (
    <form className="flow-rename" aria-label={say("flows.rename_ask")} onSubmit={(event) => event.preventDefault()}>
      <input autoFocus aria-label={say("flows.name")} value={name} maxLength={64} onChange={(event) => setName(event.target.value)} onKeyDown={(event) => event.key === "Escape" && setName(null)} />
      <Act type="submit" label={say("flows.rename")} doing={say("flows.renaming")} act={rename} why={blank ? say("flows.name_needed") : null} />
      <button type="button" className="button quiet" onClick={() => setName(null)}>
        {say("common.cancel")}
      </button>
    </form>
  );
}
