// Taking something upon oneself and calling: what missed calls and left messages offer alike.
import type { Session } from "../api/types";
import { useSay } from "../i18n";
import { Act } from "../ui/act";
import { useAway, useDeeds, type Owed } from "./owed";

export interface Claimed {
  id: string;
  claimed_by: string | null;
  mine: boolean;
}

export function useTaken(row: Claimed): string | null {
  const say = useSay();
  return row.claimed_by !== null && !row.mine ? say("owed.taken", { who: row.claimed_by }) : null;
}

export function Claimant({ row }: { row: Claimed }) {
  const say = useSay();
  return <td>{row.mine ? say("owed.mine") : (row.claimed_by ?? say("common.none"))}</td>;
}

export function ClaimDeeds({ what, row, session, why = null }: { what: Owed; row: Claimed; session: Session; why?: string | null }) {
  const say = useSay();
  const does = useDeeds(what, row.id);
  const taken = useTaken(row);
  const away = useAway(session);
  return (
    <>
      {row.mine ? (
        <Act label={say("owed.release")} doing={say("owed.acting")} act={does("release")} />
      ) : (
        <Act label={say("owed.claim")} doing={say("owed.acting")} act={does("claim")} why={taken} />
      )}
      <Act label={say("owed.call")} doing={say("owed.calling")} act={does("call")} why={taken ?? why ?? away} kind="primary" />
    </>
  );
}
