/** What Graph reports nothing of, a shared channel, is read regularly: by delta, or by the list where there is none. */
import assert from "node:assert/strict";
import { useFakeTimers, type SinonFakeTimers } from "sinon";
import { createEdges } from "../../src/edges.ts";
import type { PostedMessage } from "../../src/emulator/posted-message.ts";
import { createMemoryLog, readReplies, setStage, type Stage } from "./stage.ts";

const MIRA = "Mira Lindqvist";
const MINUTE_MS = 60_000;
const { sleep: realSleep } = createEdges(createMemoryLog([]));

describe("polling", () => {
  let stage: Stage;
  let clock: SinonFakeTimers;
  /** Where the bot reads the shared channel, each with Graph's answer instead of the tenant's, if there is one. */
  let reads: URL[];
  let answer: ((url: URL) => Response | null) | null;
  let vendors: string;

  before(async () => {
    clock = useFakeTimers({ now: Date.now(), toFake: ["Date"], shouldAdvanceTime: true });
    reads = [];
    answer = null;
    stage = await setStage({
      // Teams brings nothing that is said: whatever is heard was read.
      rscPermissions: [
        "ChannelMessage.Read.Group",
        "ChannelSettings.Read.Group",
        "TeamsAppInstallation.Read.Group",
      ],
      installEverywhere: false,
      edges: {
        // Nobody sleeps for long.
        sleep: (ms, signal) => realSleep(Math.min(ms, 20), signal),
        fetch: async (input, init) => {
          const url = new URL(input instanceof Request ? input.url : input);
          if (!decodeURIComponent(url.pathname).includes(`${vendors}/messages`)) return fetch(input, init);
          reads.push(url);
          return answer?.(url) ?? fetch(input, init);
        },
      },
    });
    vendors = stage.tenant.organisations[0]!.teams.flatMap(({ channels }) => channels).find(
      ({ name }) => name === "Vendors",
    )!.id;
    await stage.tenant.install("Help Desk");
    await stage.waitForReadBack("Help Desk › Vendors");
  });
  after(async () => {
    clock.restore();
    await stage.strike();
  });
  afterEach(() => {
    answer = null;
  });

  const say = (text: string, inThreadOf?: PostedMessage) =>
    stage.tenant.say({ person: MIRA, conversation: "Vendors", text, ...(inThreadOf ? { inThreadOf } : {}) });
  const traceOf = (message: PostedMessage) => (step: string) =>
    stage.traces.filter((trace) => trace.step === step && trace.message?.messageId === message.id);
  const decided = (...messages: PostedMessage[]) =>
    stage.waitUntil("decisions", () => messages.every((message) => traceOf(message)("decided").length > 0));
  const pass = (ms: number) => {
    clock.setSystemTime(Date.now() + ms);
  };
  const isDelta = ({ pathname }: URL) => pathname.endsWith("/delta");
  /** Time passes until it is read: how long that takes is for its pace to say. */
  const readAgain = async (isMeant: (url: URL) => boolean = () => true) => {
    const before = reads.length;
    const isRead = () => reads.slice(before).some(isMeant);
    await stage.waitUntil("a reading", () => {
      if (!isRead()) pass(MINUTE_MS);
      return isRead();
    });
  };

  it("answers what is said in a shared channel, once, and replies to old posts too", async () => {
    const root = say("the portal is down");
    await readAgain();
    await decided(root);
    const reply = say("the other portal is down", root);
    await readAgain();
    await decided(reply);
    await stage.waitUntil("the answers", () => readReplies(stage, "Vendors").length === 2);
    for (const message of [root, reply]) {
      assert.deepEqual(
        traceOf(message)("stored").map(({ ear, code }) => `${ear} ${code ?? ""}`)[0],
        "graph read-back",
      );
      assert.equal(traceOf(message)("decided").filter(({ rule }) => rule === "outage").length, 1);
    }
  });

  it("asks for what has changed since it asked last", async () => {
    await readAgain();
    assert.match(reads.at(-1)?.pathname ?? "", /\/messages\/delta$/);
    assert.ok(reads.at(-1)?.searchParams.has("$deltatoken"));
  });

  it("reads the list where Graph has no delta, and the delta again when it has", async () => {
    for (const status of [400, 404, 410, 501]) {
      answer = (url) =>
        isDelta(url) ? Response.json({ error: { code: "x", message: "no delta" } }, { status }) : null;
      await readAgain((url) => !isDelta(url));
      const message = say("the gate is down");
      await readAgain((url) => !isDelta(url));
      await decided(message);
    }
    answer = null;
    await readAgain(isDelta);
    const message = say("the fence is down");
    await readAgain(isDelta);
    await decided(message);
  });

  it("misses nothing of what is said while Graph wants to be left alone", async () => {
    let refusals = 0;
    answer = () => {
      refusals += 1;
      if (refusals > 2) return null;
      return refusals === 1
        ? Response.json({ error: { code: "x" } }, { status: 429, headers: { "retry-after": "30" } })
        : Response.json({ error: { code: "x" } }, { status: 503 });
    };
    const message = say("the bell is down");
    await readAgain();
    for (const until of [2, 3]) {
      await stage.waitUntil(`call ${until}`, () => {
        if (refusals < until) pass(5_000);
        return refusals >= until;
      });
    }
    await decided(message);
    assert.equal(traceOf(message)("decided").filter(({ rule }) => rule === "outage").length, 1);
  });
});
