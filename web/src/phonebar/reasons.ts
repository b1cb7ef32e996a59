// The name of a busy reason: one of the centre's own, or one of the system's (not ready, no answer, device failed).
import { useBusyReasons } from "../api/queries";
import { useWord } from "../i18n";

export function useReasonName(isAgent: boolean): (id: string | null | undefined) => string {
  const reasons = useBusyReasons(isAgent);
  const word = useWord();
  return (id) => (id ? (reasons.find((reason) => reason.id === id)?.name ?? (isSystems(id) ? word("reason", id) : "")) : "");
}

/** An id of a reason that is gone says nothing to a person. */
function isSystems(id: string): boolean {
  return ["not_ready", "no_answer", "device_failed"].includes(id);
}
