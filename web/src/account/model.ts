// What the server says of one's own account.
import type { Micros } from "../api/types";

export interface Account {
  second_factor: boolean;
  recovery_codes_left: number;
  sessions: { session_id: string; created: Micros; last_seen: Micros; address: string; user_agent: string; current: boolean }[];
}
