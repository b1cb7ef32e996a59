// Commands of the own desk. A command is done when the server has said so *and* the screen has heard of it.
import { post } from "../api/client";
import { currentDocs, untilFeed } from "../feed";

const HEARSAY_MS = 1_000;

export type Order = (command: string, body?: Record<string, unknown>) => Promise<void>;

export function ordersOf(agentId: string): Order {
  return async (command, body) => {
    const before = currentDocs().agents[agentId];
    await post(`/desk/${command}`, body);
    await untilFeed((docs) => docs.agents[agentId] !== before, HEARSAY_MS);
  };
}
