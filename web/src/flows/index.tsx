// Flows (流程): the documents that callers meet, and the place where they are written.
import type { Session } from "../api/types";
import { useSay } from "../i18n";
import { follow } from "../reports";
import { Failure, Skeleton } from "../ui/waiting";
import { useCatalogue, useDocument } from "./api";
import "./flows.css";
import { FlowList } from "./list";
import { Phrases } from "./recordings";
import { Workbench } from "./workbench";

/** In place of a document's id. */
const PHRASES = "phrases";

function pathOf(tab: string | undefined): string {
  return tab === undefined ? "/flows" : `/flows/${tab}`;
}

export default function FlowsRoom({ session, open }: { session: Session; open: string | undefined }) {
  const say = useSay();
  const mayWrite = session.user.role === "admin";
  if (open !== undefined && open !== PHRASES) return <Opened key={open} id={open} mayWrite={mayWrite} agentId={session.agent?.id ?? null} />;
  return (
    <div className="flows">
      <nav className="tabs" aria-label={say("rooms.flows")}>
        {[undefined, PHRASES].map((each) => (
          <a key={each ?? ""} href={pathOf(each)} aria-current={open === each ? "page" : undefined} onClick={(event) => follow(event, pathOf(each))}>
            {say(each === PHRASES ? "phrases.heading" : "rooms.flows")}
          </a>
        ))}
      </nav>
      {open === PHRASES ? <Phrases mayWrite={mayWrite} /> : <FlowList mayWrite={mayWrite} />}
    </div>
  );
}

function Opened({ id, mayWrite, agentId }: { id: string; mayWrite: boolean; agentId: string | null }) {
  const say = useSay();
  const document = useDocument(id);
  const catalogue = useCatalogue();
  if (document.isError) return <Failure what={say("flows.failed")} error={document.error} again={() => void document.refetch()} />;
  if (document.data === undefined || catalogue.isPending) return <Skeleton rows={16} />;
  return <Workbench opened={document.data} catalogue={catalogue.data ?? []} mayWrite={mayWrite} agentId={agentId} />;
}
