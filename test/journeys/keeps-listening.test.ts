/** What Graph says of subscriptions, and what time does to them. */
import assert from "node:assert/strict";
import { useFakeTimers, type SinonFakeTimers } from "sinon";
import { createEdges } from "../../src/edges.ts";
import { createMemoryLog, readReplies, setStage, type Stage } from "./stage.ts";

const MIRA = "Mira Lindqvist";
const HOUR_MS = 60 * 60_000;
const { sleep: realSleep } = createEdges(createMemoryLog([]));

describe("keeps listening", () => {
  let stage: Stage;
  let clock: SinonFakeTimers;

  before(async () => {
    // One clock for all in this process, libraries included, which goes on and can be set forward.
    clock = useFakeTimers({ now: Date.now(), toFake: ["Date"], shouldAdvanceTime: true });
    stage = await setStage({
      // Nobody sleeps for long.
      edges: { sleep: (ms, signal) => realSleep(Math.min(ms, 20), signal) },
    });
    await stage.waitForSubscriptions(5);
  });
  after(async () => {
    clock.restore();
    await stage.strike();
  });
  const passTime = (ms: number) => {
    clock.setSystemTime(Date.now() + ms);
  };

  const idOf = (resource: RegExp) =>
    stage.tenant.subscriptions().find((each) => resource.test(each.resource))!.id;
  const countCalls = (method: string) =>
    stage.tenant.calls.filter((call) => call.method === method && call.path.includes("/subscriptions"))
      .length;
  const sayAndHear = async (text: string) => {
    const before = readReplies(stage, "Lunch crew").length;
    await stage.waitForOutcome(stage.tenant.say({ person: MIRA, conversation: "Lunch crew", text }));
    assert.equal(readReplies(stage, "Lunch crew").length, before + 1);
  };

  it("asks for just under three days", () => {
    for (const { expirationDateTime } of stage.tenant.subscriptions()) {
      const hours = (Date.parse(expirationDateTime) - Date.now()) / HOUR_MS;
      assert.ok(hours > 70 && hours < 72, `${hours} hours`);
    }
  });

  it("makes a subscription anew that Graph removed", async () => {
    const removed = idOf(/getAllMessages/);
    await stage.tenant.sendLifecycle(removed, "subscriptionRemoved");
    await stage.waitForSubscriptions(5);
    assert.notEqual(idOf(/getAllMessages/), removed);
    await sayAndHear("the oven is down");
  });

  it("does not renew at once what it has just made, even when asked to reauthorize", async () => {
    const renewals = countCalls("PATCH");
    const reads = stage.tenant.calls.length;
    await stage.tenant.sendLifecycle(idOf(/getAllMessages/), "reauthorizationRequired");
    await stage.tenant.sendLifecycle(idOf(/getAllMessages/), "missed");
    await sayAndHear("the oven is down again");
    assert.ok(stage.tenant.calls.length > reads);
    assert.equal(countCalls("PATCH"), renewals);
  });

  it("renews one that Graph asks to reauthorize", async () => {
    passTime(HOUR_MS);
    const id = idOf(/getAllMessages/);
    const renewals = countCalls("PATCH");
    await stage.tenant.sendLifecycle(id, "reauthorizationRequired");
    await stage.waitUntil("a renewal", () => countCalls("PATCH") > renewals);
    assert.equal(countCalls("PATCH"), renewals + 1);
    assert.equal(idOf(/getAllMessages/), id);
  });

  it("renews all at half their life, and hears on", async () => {
    const renewals = countCalls("PATCH");
    const ids = stage.tenant
      .subscriptions()
      .map(({ id }) => id)
      .sort();
    passTime(37 * HOUR_MS);
    await stage.waitUntil("the renewals", () => countCalls("PATCH") >= renewals + 5);
    assert.deepEqual(
      stage.tenant
        .subscriptions()
        .map(({ id }) => id)
        .sort(),
      ids,
    );
    await sayAndHear("the kettle is down");
  });

  it("makes anew what lapsed while it was away", async () => {
    await stage.stopBot();
    passTime(100 * HOUR_MS);
    assert.equal(stage.tenant.subscriptions().length, 0);
    await stage.startBot();
    await stage.waitForSubscriptions(5);
    await sayAndHear("the fridge is down");
  });

  it("takes no lifecycle word from a stranger", async () => {
    const [{ body } = { body: null }] = stage.tenant.deliveries.filter(({ url }) =>
      url.endsWith("/api/lifecycle"),
    );
    const [item] = (body as { value: object[] }).value;
    const subscriptionId = idOf(/getAllMessages/);
    const writes = countCalls("POST") + countCalls("PATCH") + countCalls("DELETE");
    for (const forged of [
      { ...item, subscriptionId },
      { ...item, subscriptionId, clientState: "" },
    ]) {
      const answer = await fetch(`${stage.botUrl}/api/lifecycle`, {
        method: "POST",
        body: JSON.stringify({ value: [forged] }),
      });
      assert.equal(answer.status, 202);
    }
    assert.equal(stage.traces.filter(({ code }) => code === "client-state").length, 2);
    await sayAndHear("the grill is down");
    assert.equal(countCalls("POST") + countCalls("PATCH") + countCalls("DELETE"), writes);
  });
});
