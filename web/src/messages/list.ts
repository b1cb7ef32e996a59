// What the parts of this room share: the messages as the server gives them, asked for once.
import type { Micros } from "../api/types";

export interface Message {
  message_id: string;
  sender_name: string;
  text: string;
  urgent: boolean;
  at: Micros;
  read: Micros | null;
}

export const MESSAGES = ["messages"];
export const SHOWN = 20;
