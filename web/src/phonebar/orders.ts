// Commands of the own desk. A command is done when the server has said so *and* the screen has heard of it.
import type { Operation, Operations, ROUTES } from "@yingda/desk";
import { post } from "../api/client";
import { currentDocs, untilFeed } from "../feed";

const HEARSAY_MS = 1_000;

type Order<Op extends Operation> = (typeof ROUTES)[Op] extends readonly ["POST", `/desk/${infer Command}`] ? Command : never;
type Command = { [Op in Operation]: Order<Op> }[Operation];
type BodyOf<One extends Command> = { [Op in Operation]: Order<Op> extends One ? (Order<Op> extends never ? never : Operations[Op]["body"]) : never }[Operation];

/** Gives an order by the end of its address below /desk, with the body that it has. */
export type Orders = <One extends Command>(command: One, body?: NonNullable<BodyOf<One>>) => Promise<void>;

export function ordersOf(agentId: string): Orders {
  return async (command, body) => {
    const before = currentDocs().agents[agentId];
    await post(`/desk/${command}`, body);
    await untilFeed((docs) => docs.agents[agentId] !== before, HEARSAY_MS);
  };
}
