// From when on a state has lasted too long (SUP-17): a busy reason by its own limit, the others as the centre has it.
import type { AgentDoc } from "@yingda/desk";
import { useMemo } from "react";
import { useBusyReasons } from "../api/queries";
import type { Session } from "../api/types";
import { serverNow, useTicked } from "../feed";

export type LimitOf = (agent: AgentDoc) => number | undefined;

/** Seconds that an agent may be in his state; undefined: as long as it takes. */
export function useLimits({ centre }: Session): LimitOf {
  const reasons = useBusyReasons(false);
  return useMemo(() => {
    const { hold_reminder_s, long_talk_s, long_wrapup_s } = centre.desk;
    const limits = new Map(reasons.map(({ id, limit_s }) => [id, limit_s]));
    return (agent) => {
      if (agent.state === "busy") return limits.get(agent.reason ?? "") || undefined;
      if (agent.state === "holding") return hold_reminder_s || undefined;
      if (agent.state === "talking") return long_talk_s || undefined;
      return agent.state === "wrapup" ? long_wrapup_s || undefined : undefined;
    };
  }, [centre, reasons]);
}

/** Ids of those who have been in their state for too long by now. */
export function useOver(agents: AgentDoc[], limitOf: LimitOf): ReadonlySet<string> {
  const text = useTicked(() =>
    agents
      .filter((agent) => agent.since !== null && serverNow() - agent.since > (limitOf(agent) ?? Infinity) * 1_000_000)
      .map((agent) => agent.id)
      .join(),
  );
  return useMemo(() => new Set(text === "" ? [] : text.split(",")), [text]);
}
