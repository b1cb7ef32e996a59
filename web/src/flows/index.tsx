// Flows (流程): the documents that callers meet, and the place where they are written.
import type { Session } from "../api/types";
import { useSay } from "../i18n";
import { Failure, Skeleton } from "../ui/waiting";
import { useCatalogue, useDocument } from "./api";
import "./flows.css";
import { FlowList } from "./list";
import { Workbench } from "./workbench";

export default function FlowsRoom({ session, open }: { session: Session; open: string | undefined }) {
  const mayWrite = session.user.role === "admin";
  return open === undefined ? <FlowList mayWrite={mayWrite} /> : <Opened key={open} id={open} mayWrite={mayWrite} />;
}

function Opened({ id, mayWrite }: { id: string; mayWrite: boolean }) {
  const say = useSay();
  const document = useDocument(id);
  const catalogue = useCatalogue();
  if (document.isError) return <Failure what={say("flows.failed")} error={document.error} again={() => void document.refetch()} />;
  if (document.data === undefined || catalogue.isPending) return <Skeleton rows={16} />;
  return <Workbench opened={document.data} catalogue={catalogue.data ?? []} mayWrite={mayWrite} />;
}
