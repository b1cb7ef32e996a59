// Sending a summary to the server, from its form or with the button that finishes wrap-up.
import { post } from "../api/client";
import { preference } from "../ui/preferences";
import { drafts, isBlank } from "./drafts";

const REMEMBERED = 8;

/** Save what stands in the form of this handling, blank or not. */
export async function saveSummary(handlingId: string): Promise<void> {
  const { codes, resolved, note } = drafts.of(handlingId);
  await post("/desk/disposition", { handling_id: handlingId, codes, resolved, note });
  drafts.saved(handlingId);
  const known = preference("codes");
  known.set([...new Set([...codes, ...known.get()])].slice(0, REMEMBERED));
}

/** Save it only if something was written that is not saved yet. */
export async function saveIfWritten(handlingId: string): Promise<void> {
  const draft = drafts.of(handlingId);
  if (!draft.saved && !isBlank(draft)) await saveSummary(handlingId);
}
