// Somebody else has saved or published meanwhile: what he did, and the choice.
import { desk } from "../api/client";
import { useSay } from "../i18n";
import { Act } from "../ui/act";
import type { Draft } from "./draft";

export function Moved({ draft }: { draft: Draft }) {
  const say = useSay();
  const { document } = draft;
  const read = () => desk.http.call("read_flow_document", { path: { document_id: document.document_id } });
  const published = document.published?.number ?? 0;
  if (draft.saving === "moved")
    return (
      <div className="flow-moved" role="alert">
        <p>{say("flows.moved")}</p>
        <Act label={say("flows.take_theirs")} doing={say("flows.working")} act={async () => draft.take(await read())} />
        <Act label={say("flows.keep_mine")} doing={say("flows.working")} act={() => draft.insist()} />
      </div>
    );
  if (document.draft === null || document.draft.base === published) return null;
  return (
    <div className="flow-moved" role="alert">
      <p>{say("flows.published_meanwhile", { number: published })}</p>
      <Act label={say("flows.go_on", { number: published })} doing={say("flows.working")} act={() => draft.insist(published)} />
    </div>
  );
}
