// What every part of the bar is given: who is signed in, and his live document.
import type { Session } from "../api/types";
import type { AgentDoc } from "@yingda/desk";

export interface BarProps {
  session: Session;
  agent: AgentDoc;
}
