// At a running centre with a caller in a queue: YINGDA_URL, YINGDA_PASSWORD, YINGDA_AGENT, YINGDA_LEADER, YINGDA_CALLER.
import assert from "node:assert/strict";
import { env } from "node:process";
import { test, type TestContext } from "node:test";
import { Desk, Refusal, type CallDoc } from "../src/index.ts";

const WAIT_MS = 10_000;

function given(name: string): string {
  const value = env[name];
  assert.ok(value, `${name} is not set`);
  return value;
}

async function signedIn(name: string, scene: TestContext): Promise<Desk> {
  const desk = new Desk({ origin: given("YINGDA_URL") });
  await desk.session.signIn(given(name), given("YINGDA_PASSWORD"));
  desk.follow();
  scene.after(() => desk.unfollow());
  assert.ok(await desk.feed.until((docs) => Object.keys(docs.agents).length > 0, WAIT_MS), "no snapshot came");
  return desk;
}

const waiting = (caller: string) => (call: CallDoc) => call.state === "waiting" && (call.caller ?? "").endsWith(caller);

test("a leader sees who waits, and the call state is told", async (scene) => {
  const desk = await signedIn("YINGDA_LEADER", scene);
  const such = waiting(given("YINGDA_CALLER"));
  assert.ok(await desk.feed.until((docs) => Object.values(docs.calls).some(such), WAIT_MS), "nobody waits");
  const call = Object.values(desk.feed.docs.calls).find(such);
  assert.ok(call?.entry_id);
  console.log(`call ${call.caller} ${call.state} since ${call.since}`);
  assert.ok(desk.feed.clock.now() >= call.since);
  await desk.floor.prefer(call.entry_id);
  const listed = await desk.http.call("list_calls", { query: { limit: 5 } });
  assert.ok(Array.isArray(listed.items));
});

test("a command that makes no sense is refused with a code and a sentence", async (scene) => {
  const desk = await signedIn("YINGDA_AGENT", scene);
  await assert.rejects(desk.commands.hold(), (error) => {
    assert.ok(error instanceof Refusal);
    assert.equal(error.status, 409);
    assert.ok(error.sentence.endsWith("."), error.sentence);
    console.log(`hold: ${error.code}`);
    return true;
  });
  await assert.rejects(desk.floor.flush("nothing"), (error) => error instanceof Refusal && error.code === "not_allowed");
});

test("after a break the feed goes on where it stopped; signed out it ends", async (scene) => {
  const desk = await signedIn("YINGDA_AGENT", scene);
  const { since } = desk.feed;
  desk.hurry(); // while live this changes nothing
  assert.equal(desk.feed.link.at, "live");
  assert.match(since, /^.+:\d+$/);
  await desk.session.signOut();
  assert.equal(desk.session.gate.at, "out");
  await assert.rejects(desk.commands.idle(), (error) => error instanceof Refusal && error.code === "not_signed_in");
});

test("an unreachable server is a refusal too", async () => {
  const desk = new Desk({ origin: "http://127.0.0.1:9" });
  await desk.session.read();
  assert.equal(desk.session.gate.at, "away");
  await assert.rejects(desk.commands.idle(), (error) => error instanceof Refusal && error.code === "offline");
});
