/** What Graph told in vain, or not at all, is read back: once, in order, and answered while it is not too old. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { useFakeTimers, type SinonFakeTimers } from "sinon";
import { createEdges } from "../../src/edges.ts";
import type { PostedMessage } from "../../src/emulator/posted-message.ts";
import { createMemoryLog, readReplies, setStage, type Stage } from "./stage.ts";

const MIRA = "Mira Lindqvist";
const MINUTE_MS = 60_000;
const { sleep: realSleep } = createEdges(createMemoryLog([]));

describe("catch-up", () => {
  let stage: Stage;
  let clock: SinonFakeTimers;
  let haste: NodeJS.Timeout;
  /** What the tenant tells the bot goes nowhere, and the tenant believes that it was taken. */
  let isUnheard = false;
  const swallowed: string[] = [];
  const spoken: PostedMessage[] = [];
  /** What the bot asks of Graph while it reads back is answered so. */
  let answer: ((url: URL) => Response | null | Promise<null>) | null = null;

  before(async () => {
    clock = useFakeTimers({ now: Date.now(), toFake: ["Date"], shouldAdvanceTime: true });
    // Graph lets a tenant's channels be read once a second: seconds are short here, for both sides.
    haste = setInterval(() => {
      clock.setSystemTime(Date.now() + 90);
    }, 10);
    stage = await setStage({
      edges: {
        // Nobody sleeps for long.
        sleep: (ms, signal) => realSleep(Math.min(ms, 20), signal),
        fetch: async (input, init) =>
          (await answer?.(new URL(input instanceof Request ? input.url : input))) ?? fetch(input, init),
      },
      tenantFetch: async (input, init) => {
        if (!isUnheard) return fetch(input, init);
        if (typeof init?.body === "string") swallowed.push(init.body);
        return new Response(null, { status: 202 });
      },
    });
    await stage.waitForSubscriptions(5);
    for (const label of ["Help Desk › Outages", "Help Desk › General", "Help Desk › Vendors"]) {
      await stage.waitForReadBack(label);
    }
  });
  after(async () => {
    clearInterval(haste);
    clock.restore();
    await stage.strike();
  });
  afterEach(() => {
    isUnheard = false;
    answer = null;
  });

  const say = (conversation: string, text: string, inThreadOf?: PostedMessage) => {
    const message = stage.tenant.say({
      ...{ person: MIRA, conversation, text },
      ...(inThreadOf ? { inThreadOf } : {}),
    });
    spoken.push(message);
    return message;
  };
  /** What is said there is told to nobody, by Graph and by Bot Framework. */
  const sayUnheard = async <Said>(speak: () => Said): Promise<Said> => {
    isUnheard = true;
    spoken.length = 0;
    const result = speak();
    await stage.waitUntil("it to be told in vain", () =>
      spoken.every(({ id }) => swallowed.filter((body) => body.includes(id)).length >= 2),
    );
    isUnheard = false;
    return result;
  };
  const wasReadBack = (message: PostedMessage) =>
    tracesOf(message).some(
      ({ step, result, code }) => step === "stored" && result === "ok" && code === "read-back",
    );
  const tracesOf = ({ id, conversationId }: PostedMessage) =>
    stage.traces.filter(
      ({ change, message }) =>
        change === undefined && message?.messageId === id && message.conversationId === conversationId,
    );
  const decisionsOf = (message: PostedMessage) => tracesOf(message).filter(({ step }) => step === "decided");
  /** How often it was handled; what had to wait for its turn to be sent was not, yet. */
  const countHandled = (message: PostedMessage) =>
    decisionsOf(message).length -
    tracesOf(message).filter(({ step, result }) => step === "claimed" && result === "retry").length;
  const decided = (...messages: PostedMessage[]) =>
    stage.waitUntil("decisions", () => messages.every((message) => countHandled(message) > 0));
  const sleepThrough = async (minutes: number, meanwhile: () => void) => {
    await stage.stopBot();
    await sayUnheard(meanwhile);
    clock.setSystemTime(Date.now() + minutes * MINUTE_MS);
    await stage.startBot();
  };
  const resultOf = (message: PostedMessage) => [
    ...new Set(decisionsOf(message).map(({ result, code, rule }) => code ?? rule ?? result)),
  ];

  it("answers what was said while nobody was here, once and in the order in which it was said", async () => {
    const root = say("Outages", "Where is the key to the server room?");
    await decided(root);
    const said: PostedMessage[] = [];
    await sleepThrough(30, () => {
      said.push(say("Outages", "the wifi is down"), say("Outages", "so is the other one: it is down", root));
      said.push(
        say("Lunch crew", "the oven is down"),
        say("Lunch crew", "thank you"),
        say("Outages", "Fine again."),
      );
    });
    const later = say("Outages", "one more is down");
    await decided(...said, later);
    for (const message of [...said, later]) assert.equal(countHandled(message), 1);
    const order = stage.traces
      .filter(({ step, message }) => step === "decided" && message?.conversationId === later.conversationId)
      .map(({ message }) => message!.messageId)
      .filter((id) => [...said, later].some((message) => message.id === id));
    // One that waits to be sent is decided again, and holds up those behind it.
    assert.deepEqual(order, order.toSorted());
    assert.ok(said.every(wasReadBack) && !wasReadBack(later));
    assert.deepEqual(resultOf(said[0]!), ["outage"]);
    await stage.waitUntil("the answer", () => readReplies(stage, "Lunch crew").length === 1);
  });

  it("takes what was edited as it stands, and leaves alone what was taken back", async () => {
    let edited: PostedMessage | undefined;
    let removed: PostedMessage | undefined;
    await sleepThrough(30, () => {
      edited = say("Outages", "Nothing to see.");
      stage.tenant.edit(edited, { text: "the door is down" });
      removed = say("Outages", "the roof is down");
      stage.tenant.remove(removed);
    });
    await decided(edited!);
    assert.deepEqual(resultOf(edited!), ["outage"]);
    const marker = say("Outages", "thank you");
    await decided(marker);
    assert.deepEqual(decisionsOf(removed!), []);
  });

  it("hears what is too old to be answered, and does not answer it", async () => {
    let old: PostedMessage | undefined;
    const replies = readReplies(stage, "Outages").length;
    await sleepThrough(25 * 60, () => {
      old = say("Outages", "the lift is down");
    });
    await decided(old!);
    assert.deepEqual(resultOf(old!), ["too-old"]);
    assert.equal(readReplies(stage, "Outages").length, replies);
  });

  it("reads back what a subscription did not tell that Graph had removed", async () => {
    const channel = stage.tenant.organisations[0]!.teams[0]!.channels.find(({ name }) => name === "Outages")!;
    const { id } = stage.tenant.subscriptions().find(({ resource }) => resource.includes(channel.id))!;
    const lost = await sayUnheard(() => say("Outages", "the gate is down"));
    await stage.tenant.sendLifecycle(id, "subscriptionRemoved");
    await decided(lost);
    assert.deepEqual(resultOf(lost), ["outage"]);
    assert.ok(wasReadBack(lost));
  });

  it("reads back when Graph says that it missed some", async () => {
    const chats = stage.tenant.subscriptions().find(({ resource }) => resource.includes("installedToChats"))!;
    const lost = await sayUnheard(() => say("Lunch crew", "the fridge is down"));
    await stage.tenant.sendLifecycle(chats.id, "missed");
    await decided(lost);
    assert.ok(wasReadBack(lost));
  });

  it("goes on after refusals and failures of Graph", async () => {
    let refusals = 0;
    answer = (url) => {
      if (!url.pathname.includes("/messages") || refusals >= 4) return null;
      refusals += 1;
      const status = refusals % 2 === 0 ? 503 : 429;
      return Response.json(
        { error: { code: "x", message: "later" } },
        { status, headers: { "retry-after": "1" } },
      );
    };
    let lost: PostedMessage | undefined;
    await sleepThrough(30, () => {
      lost = say("Outages", "the bell is down");
    });
    await decided(lost!);
    assert.equal(refusals, 4);
    assert.equal(countHandled(lost!), 1);
  });

  it("goes on where it stopped, and finds everything once", async () => {
    const said: PostedMessage[] = [];
    let pages = 0;
    answer = (url) => {
      if (url.searchParams.has("$skiptoken")) pages += 1;
      return null;
    };
    await sleepThrough(30, () => {
      for (let index = 0; index < 120; index += 1) said.push(say("Outages", `Line ${index}.`));
    });
    await stage.waitUntil("a first page", () => decisionsOf(said[0]!).length > 0 || pages > 0);
    await stage.stopBot();
    await stage.startBot();
    await decided(...said);
    for (const message of said) assert.equal(countHandled(message), 1);
    assert.ok(said.every(wasReadBack));
  });

  it("goes on after a crash from the page that it had read, and handles in order what it finds", async () => {
    const said: PostedMessage[] = [];
    const second = Promise.withResolvers<undefined>();
    const { promise: never } = Promise.withResolvers<null>();
    answer = (url) => {
      if (!url.searchParams.has("$skiptoken")) return null;
      second.resolve(undefined);
      return never;
    };
    await sleepThrough(30, () => {
      for (let index = 0; index < 60; index += 1) said.push(say("Outages", `Line ${index}.`));
    });
    await second.promise;
    assert.deepEqual(decisionsOf(said[0]!), [], "what was said later, and is read first, waits");
    // What a crash leaves behind is what was on disk.
    const left = join(stage.dataDir, "crashed.db");
    const database = new DatabaseSync(join(stage.dataDir, "earshot.db"));
    database.exec(`VACUUM INTO '${left}'`);
    database.close();
    await stage.stopBot();
    const reads: URL[] = [];
    answer = (url) => {
      if (decodeURIComponent(url.pathname).includes(`${said[0]!.conversationId}/messages`)) reads.push(url);
      return null;
    };
    await stage.startBot({ DATABASE_URL: `sqlite:${left}` });
    await decided(...said);
    assert.ok(reads[0]?.searchParams.has("$skiptoken"), String(reads[0]));
    for (const message of said) assert.equal(countHandled(message), 1);
    const order = stage.traces.flatMap(({ step, message }) =>
      step === "decided" && said.some(({ id }) => id === message?.messageId) ? [message?.messageId] : [],
    );
    assert.deepEqual(
      order,
      said.map(({ id }) => id),
    );
  });

  it("polls a shared channel, of which Graph tells nothing", async () => {
    // Nobody but the poll brings it: it is no mention.
    const said = say("Vendors", "the portal is down");
    clock.setSystemTime(Date.now() + 20 * MINUTE_MS);
    await decided(said);
    assert.deepEqual(resultOf(said), ["outage"]);
    await stage.waitUntil("the answer", () => readReplies(stage, "Vendors").length === 1);
  });

  it("says in the metrics what had to be read back", async () => {
    const metrics = await (await fetch(`${stage.adminUrl}/metrics`)).text();
    const news = new Set(
      stage.traces
        .filter(
          ({ step, code, result, change }) =>
            step === "stored" && code === "read-back" && result === "ok" && !change,
        )
        .map(({ message }) => JSON.stringify(message)),
    );
    const [, amount] = /earshot_heard_total\{ear="graph",order="read-back"\} (\d+)/.exec(metrics) ?? [];
    assert.ok(Number(amount) > 0 && Number(amount) <= news.size, `${amount ?? "none"} of ${news.size}`);
    assert.match(metrics, /earshot_subscriptions\{state="listening"\} [1-9]/);
    assert.match(metrics, /earshot_unreported\{state="polled"\} [1-9]/);
    assert.match(metrics, /earshot_gaps \d/);
    assert.match(metrics, /earshot_first_expiry_seconds [1-9]\d{4,5}\n/);
  });
});
