// Is the SIP line still there? A WebSocket whose address has gone says nothing for minutes, so we ask: a double CRLF is
// answered by a single one (RFC 7118, RFC 5626 section 3.5.1).
import type { UA } from "jssip";

const PING = "\r\n\r\n";
const PONG = "\r\n";
const ANSWER_MS = 400;
const CONNECT_MS = 1_500;
const LOOK_MS = 50;
const AGAIN_MS = 200;

interface Socket {
  ondata: (data: unknown) => void;
}

interface Transport {
  readonly socket: Socket;
  connect(): void;
  disconnect(): void;
  isConnected(): boolean;
  isConnecting(): boolean;
  send(data: string): boolean;
}

/** Settles when the line works, anew if it has to be; rejects never. `wanted` says whether anybody still waits. */
export async function workingLine(agent: UA, wanted: () => boolean): Promise<void> {
  const transport = (agent as unknown as { transport: Transport }).transport;
  while (wanted() && !(await answers(transport))) await reconnect(transport);
}

/** One attempt; it may take its time, but not that of a SYN into nowhere. */
async function reconnect(transport: Transport): Promise<void> {
  transport.disconnect();
  transport.connect();
  for (let waited = 0; waited < CONNECT_MS && transport.isConnecting(); waited += LOOK_MS) await pause(LOOK_MS);
  if (!transport.isConnected()) await pause(AGAIN_MS);
}

function answers(transport: Transport): Promise<boolean> {
  if (!transport.isConnected() || !transport.send(PING)) return Promise.resolve(false);
  const { socket } = transport;
  const before = socket.ondata;
  return new Promise((resolve) => {
    const end = (there: boolean): void => {
      clearTimeout(timer);
      if (socket.ondata === listen) socket.ondata = before;
      resolve(there);
    };
    const timer = setTimeout(() => end(false), ANSWER_MS);
    const listen = (data: unknown): void => {
      before(data);
      if (data === PONG || (data instanceof ArrayBuffer && data.byteLength === PONG.length)) end(true);
    };
    socket.ondata = listen;
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
