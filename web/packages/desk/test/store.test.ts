// The store by itself: days as tests/agents/test_event_kinds.py recorded them (YINGDA_DAYS), and small cases by hand.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { env } from "node:process";
import { test } from "node:test";
import { FeedStore, type Docs } from "../src/index.ts";

type Message = Parameters<FeedStore["apply"]>[0];
interface Day {
  before: Message;
  told: Message[];
  after: Message;
}

function after(...messages: Message[]): FeedStore {
  const store = new FeedStore();
  for (const message of messages) store.apply(message);
  return store;
}

const days = JSON.parse(readFileSync(env["YINGDA_DAYS"] ?? assert.fail("YINGDA_DAYS is not set"), "utf8")) as Day[];

for (const [place, day] of days.entries())
  test(`day ${place}: a snapshot and ${day.told.length} patches are a fresh snapshot`, () => {
    assert.ok(day.told.length > 0);
    assert.deepEqual(after(day.before, ...day.told).docs, after(day.after).docs);
  });

const queue = (id: string, waiting: number) => ({ id, name: id, waiting }) as Docs["queues"][string];
const SNAPSHOT: Message = { type: "snapshot", epoch: "e", seq: 1, now: 0, docs: { queues: { a: queue("a", 0), b: queue("b", 0) } } };

test("what did not change keeps its identity", () => {
  const store = after(SNAPSHOT);
  const { queues, agents } = store.docs;
  store.apply({ type: "patch", seq: 2, now: 1, set: [["queues", "a", queue("a", 3)]], del: [] });
  assert.equal(store.docs.agents, agents);
  assert.equal(store.docs.queues["b"], queues["b"]);
  assert.equal(store.docs.queues["a"]?.waiting, 3);
  assert.equal(store.since, "e:2");
});

test("a part is watched, and told only when it is another", () => {
  const store = after(SNAPSHOT);
  const heard: (number | undefined)[] = [];
  const stop = store.watch((docs) => docs.queues["a"]?.waiting, (waiting) => heard.push(waiting));
  store.apply({ type: "patch", seq: 2, now: 1, set: [["queues", "b", queue("b", 9)]], del: [] });
  store.apply({ type: "patch", seq: 3, now: 2, set: [["queues", "a", queue("a", 4)]], del: [["queues", "b"]] });
  stop();
  store.apply({ type: "patch", seq: 4, now: 3, set: [], del: [["queues", "a"]] });
  assert.deepEqual(heard, [0, 4]);
});

test("silence is told in seconds of the server's clock, and ends with the next word", () => {
  const store = after(SNAPSHOT);
  assert.equal(store.silence, 0);
  store.lose();
  assert.equal(store.link.at, "lost");
  store.apply({ type: "alive", seq: 1, now: 5_000_000 });
  assert.equal(store.link.at, "live");
});

test("nothing of one user stays for the next", () => {
  const store = after(SNAPSHOT);
  store.forget();
  assert.deepEqual(store.docs.queues, {});
  assert.equal(store.since, "");
});
