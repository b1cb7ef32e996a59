// The documents as this client holds them: pure apart from its listeners. A document that did not change keeps its
// identity, and so does a collection, so that screens draw again only what did.
import { ServerClock } from "./clock.ts";
import type { CallDoc, Collection, Docs, Message } from "./documents.ts";

/** live: words arrive. lost: none since `heardAt` (server's µs). never: not one yet. */
export type Link = { at: "never" } | { at: "live" } | { at: "lost"; heardAt: number };

const REMEMBERED = 500;

const EMPTY: Docs = { agents: {}, queues: {}, calls: {}, planes: {}, alarms: {}, messages: {}, trunks: {}, rooms: {} };

export class FeedStore {
  readonly clock = new ServerClock();
  docs: Docs = EMPTY;
  link: Link = { at: "never" };
  /** Calls as last heard: an agent in wrap-up still sees whom he spoke with when the call itself is gone. */
  readonly pastCalls = new Map<string, CallDoc>();
  private heardAt = 0;
  private epoch = "";
  private seq = 0;
  private readonly listeners = new Set<() => void>();

  /** EPOCH:SEQ to resume from, or "" if there is nothing to resume. */
  get since(): string {
    return this.epoch ? `${this.epoch}:${this.seq}` : "";
  }

  apply(message: Message): void {
    this.clock.heard(message.now);
    if (message.type === "snapshot") {
      this.epoch = message.epoch;
      this.docs = { ...EMPTY, ...message.docs };
      for (const call of Object.values(this.docs.calls)) this.remember(call);
    } else if (message.type === "patch") {
      this.docs = patched(this.docs, message);
      for (const [name, id] of message.set) if (name === "calls") this.remember(this.docs.calls[id]);
    }
    this.seq = message.seq;
    this.heardAt = message.now;
    this.link = this.link.at === "live" ? this.link : { at: "live" };
    this.tell();
  }

  lose(): void {
    if (this.link.at !== "live") return;
    this.link = { at: "lost", heardAt: this.heardAt };
    this.tell();
  }

  /** Another user may look now: nothing of the one before stays. */
  forget(): void {
    this.docs = EMPTY;
    this.pastCalls.clear();
    this.link = { at: "never" };
    this.epoch = "";
    this.tell();
  }

  /** Seconds since the server was last heard of; 0 while words arrive. */
  get silence(): number {
    return this.link.at === "lost" ? Math.max(0, (this.clock.now() - this.link.heardAt) / 1_000_000) : 0;
  }

  /** Hear of a part of the documents: at once, and whenever `select` gives another thing than before. */
  watch<T>(select: (docs: Docs) => T, listener: (part: T) => void): () => void {
    let part = select(this.docs);
    listener(part);
    return this.subscribe(() => {
      const next = select(this.docs);
      if (Object.is(next, part)) return;
      part = next;
      listener(next);
    });
  }

  /** Wait until the documents are such, but not longer than `milliseconds`; whether they were. */
  until(such: (docs: Docs) => boolean, milliseconds: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (found: boolean): void => {
        clearTimeout(timer);
        unsubscribe();
        resolve(found);
      };
      const timer = setTimeout(() => end(false), milliseconds);
      const unsubscribe = this.subscribe(() => such(this.docs) && end(true));
      if (such(this.docs)) end(true);
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private remember(call: CallDoc | undefined): void {
    if (call === undefined) return;
    this.pastCalls.delete(call.id);
    this.pastCalls.set(call.id, call);
    const oldest = this.pastCalls.keys().next().value;
    if (this.pastCalls.size > REMEMBERED && oldest !== undefined) this.pastCalls.delete(oldest);
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

function patched(docs: Docs, patch: Extract<Message, { type: "patch" }>): Docs {
  const touched = new Map<Collection, Record<string, unknown>>();
  const open = (name: Collection): Record<string, unknown> => {
    const copy = touched.get(name) ?? { ...docs[name] };
    touched.set(name, copy);
    return copy;
  };
  for (const [name, id, doc] of patch.set) open(name)[id] = doc;
  for (const [name, id] of patch.del) delete open(name)[id];
  return { ...docs, ...Object.fromEntries(touched) } as Docs;
}
