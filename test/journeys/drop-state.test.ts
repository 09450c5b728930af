/** Graph loses patience with a bot that does not answer and drops what it has to tell: the bot notices, and reads it back. */
import assert from "node:assert/strict";
import { useFakeTimers, type SinonFakeTimers } from "sinon";
import { createEdges } from "../../src/edges.ts";
import type { PostedMessage } from "../../src/emulator/posted-message.ts";
import { createMemoryLog, readReplies, setStage, type Stage } from "./stage.ts";

const MINUTE_MS = 60_000;
const { sleep: realSleep } = createEdges(createMemoryLog([]));

describe("drop state", () => {
  let stage: Stage;
  let clock: SinonFakeTimers;
  let ticking: NodeJS.Timeout;
  /** Nothing happens for a while: time may fly. */
  let isIdle = true;
  /** The keys that Graph's tokens are checked with do not come, and so no batch is answered. */
  let keys = Promise.resolve();
  let bringKeys = () => undefined as void;
  /** Bot Framework's copy goes nowhere. */
  let isOneEared = false;
  /** Batches of Graph's, each attempt. */
  let posted = 0;

  before(async () => {
    clock = useFakeTimers({ now: Date.now(), toFake: ["Date"], shouldAdvanceTime: true });
    // Graph lets a tenant's channels be read once a second. An answer that is waited for does not age by it.
    ticking = setInterval(() => {
      if (isIdle && !isAwaited()) pass(200);
    }, 20);
    stage = await setStage({
      endpointStates: { fewestAnswers: 6 },
      edges: {
        sleep: (ms, signal) => realSleep(Math.min(ms, 20), signal),
        fetch: async (input, init) => {
          const url = input instanceof Request ? input.url : String(input);
          if (url.includes("/common/")) await keys;
          return fetch(input, init);
        },
      },
      tenantEdges: {
        sleep: async (ms, signal) => {
          const until = Date.now() + ms;
          while (Date.now() < until && !signal?.aborted) await realSleep(5, signal);
        },
      },
      tenantFetch: async (input, init) => {
        const { pathname } = new URL(input instanceof Request ? input.url : input);
        if (pathname === "/api/notifications" && typeof init?.body === "string") posted += 1;
        return isOneEared && pathname === "/api/messages"
          ? new Response(null, { status: 202 })
          : fetch(input, init);
      },
    });
    await stage.waitForSubscriptions(5);
    await stage.waitForReadBack("Help Desk › Outages");
  });
  after(async () => {
    bringKeys();
    clearInterval(ticking);
    clock.restore();
    await stage.strike();
  });

  const pass = (ms: number) => void clock.setSystemTime(Date.now() + ms);
  /** Graph has posted something and waits. */
  const isAwaited = () =>
    stage?.tenant.deliveries.some(({ sender, state }) => sender === "graph" && state === "pending") ?? false;
  const say = (text: string, conversation = "Outages") =>
    stage.tenant.say({ person: "Mira Lindqvist", conversation, text });
  const tracesOf = ({ id }: PostedMessage, step: string) =>
    stage.traces.filter(
      (trace) => trace.step === step && trace.change === undefined && trace.message?.messageId === id,
    );
  const deliveriesOf = ({ id }: PostedMessage) =>
    stage.tenant.deliveries.filter(
      ({ sender, body }) => sender === "graph" && JSON.stringify(body).includes(`'${id}'`),
    );
  const readMark = () => stage.tenant.endpointStates()[0]?.mark ?? null;
  const readState = () => {
    const [state, ...others] = stage.tenant.endpointStates();
    assert.ok(state);
    assert.deepEqual(others, [], "all of Earshot is one host");
    return state;
  };

  it("begins when the bot does not answer, and ends when it does; what was dropped is read back and answered", async () => {
    keys = new Promise((resolve) => {
      bringKeys = resolve;
    });
    isOneEared = true;
    isIdle = false;
    const waiting = ["one", "two", "three"].map((text) => say(text));
    await stage.waitUntil("Graph to post", () => posted === 3);
    pass(3_000);
    await stage.waitUntil("Graph to give up for now", () => readState().answers.all === 3);
    assert.deepEqual(readState().answers, { all: 3, late: 3, overdue: 0 });
    pass(250);
    await stage.waitUntil("Graph to post again", () => posted === 6);
    pass(10_000);
    await stage.waitUntil("Graph's patience to end", () => readMark() === "drop");
    const { answers, dropped } = readState();
    assert.deepEqual([answers, dropped], [{ all: 0, late: 0, overdue: 0 }, 0]);

    const lost = say("the printer is down");
    await stage.waitUntil("it to be dropped", () => readState().dropped === 1);
    assert.deepEqual(
      deliveriesOf(lost).map(({ state, attempts }) => [state, attempts.length]),
      [["dropped", 0]],
    );

    bringKeys();
    await stage.waitUntil("what was on its way", () =>
      waiting.every((message) => tracesOf(message, "decided").length > 0),
    );
    const lostToo = say("the scanner is down");
    await stage.waitUntil("it to be dropped too", () => readState().dropped === 2);
    assert.equal(readMark(), "drop", "it answers again, and is not tried yet");
    assert.deepEqual(
      [lost, lostToo].flatMap((message) => tracesOf(message, "stored")),
      [],
    );

    pass(10 * MINUTE_MS);
    const probe = say("thank you");
    await stage.waitUntil("the one that it is tried with", () => readMark() === null);
    assert.deepEqual(
      deliveriesOf(probe).map(({ state }) => state),
      ["delivered"],
    );
    assert.equal(readState().dropped, 2);

    // What may still be on its way is waited for before anything is read back. No answer is to look late for it.
    await stage.waitUntil("every answer", () => !isAwaited());
    pass(3 * MINUTE_MS);
    isIdle = true;
    await stage.waitUntil("what was dropped", () =>
      [lost, lostToo].every((message) => tracesOf(message, "decided").length > 0),
    );
    for (const message of [lost, lostToo]) {
      assert.deepEqual(
        tracesOf(message, "stored").map(({ code, result }) => [code, result]),
        [["read-back", "ok"]],
      );
      assert.equal(tracesOf(message, "decided")[0]?.rule, "outage");
    }
    await stage.waitUntil("the answers", () => readReplies(stage, "Outages").length >= 2);
    assert.ok(stage.logLines.some((line) => line.includes("may have dropped messages")));
  });

  it("leaves a bot alone that answers in time", async () => {
    isOneEared = false;
    const before = readState().dropped;
    const said = Array.from({ length: 8 }, (_, index) => say(`Line ${index}.`));
    for (const message of said) await stage.waitForOutcome(message);
    assert.deepEqual([readState().mark, readState().dropped], [null, before]);
  });
});
