/** What Graph says of subscriptions, teams and channels is on disk before it is acknowledged, like what people say. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createEdges } from "../../src/edges.ts";
import type { PostedMessage } from "../../src/emulator/posted-message.ts";
import { createMemoryLog, setStage, type Stage } from "./stage.ts";

const MIRA = "Mira Lindqvist";
const CHATS = "/installedToChats/";
const { sleep: realSleep } = createEdges(createMemoryLog([]));

interface Batch {
  readonly value: readonly { readonly lifecycleEvent?: string; readonly resource?: string }[];
  readonly validationTokens?: readonly string[];
}

describe("what Graph says is kept", () => {
  let stage: Stage;
  /** What comes is acknowledged on its way, and the bot hears nothing of it. */
  let isDeaf: boolean;
  let unheard: { pathname: string; body: string }[];
  /** One ear alone: what is not kept of Graph's, nobody tells. */
  let isOneEared: boolean;

  before(async () => {
    [isDeaf, unheard, isOneEared] = [false, [], false];
    stage = await setStage({
      // Nobody of the bot sleeps for long.
      edges: { sleep: (ms, signal) => realSleep(Math.min(ms, 20), signal) },
      tenantFetch: async (input, init) => {
        const { pathname, searchParams } = new URL(input instanceof Request ? input.url : input);
        if (searchParams.has("validationToken")) return fetch(input, init);
        if (isOneEared && pathname === "/api/messages") return new Response(null, { status: 202 });
        if (!isDeaf) return fetch(input, init);
        unheard.push({ pathname, body: init?.body as string });
        return new Response(null, { status: 202 });
      },
    });
    await stage.waitForSubscriptions(5);
    await stage.waitForReadBack("Help Desk › Outages");
  });
  beforeEach(() => {
    [isDeaf, unheard, isOneEared] = [false, [], false];
  });
  after(() => stage.strike());

  const findTeamId = () => {
    const [{ teams } = { teams: [] }] = stage.tenant.organisations;
    return teams.find(({ name }) => name === "Help Desk")!.id;
  };
  const find = (fits: (resource: string) => boolean) =>
    stage.tenant.subscriptions().find(({ resource }) => fits(resource))!.id;
  const findChats = () => find((resource) => resource.includes(CHATS));
  const findWatch = () => find((resource) => resource === `/teams/${findTeamId()}/channels`);
  const countChannels = () =>
    stage.tenant.subscriptions().filter(({ resource }) => /channels\/.*\/messages$/.test(resource)).length;
  const statusesOf = (fits: (item: Batch["value"][number]) => boolean, from: number) =>
    stage.tenant.deliveries
      .slice(from)
      .filter(({ sender, body }) => sender === "graph" && (body as Batch).value.some(fits))
      .flatMap(({ attempts }) => attempts.map(({ status }) => status));
  const storedOf = ({ id }: PostedMessage) =>
    stage.traces
      .filter(({ step, message, ear }) => step === "stored" && ear === "graph" && message?.messageId === id)
      .map(({ result }) => result);
  const isHeard = async (conversation: string, text: string) => {
    isOneEared = true;
    await stage.waitForOutcome(stage.tenant.say({ person: MIRA, conversation, text }), 1);
  };
  const change = (sql: string) => {
    const database = openDatabase();
    database.exec(sql);
    database.close();
  };
  const openDatabase = () => new DatabaseSync(join(stage.dataDir, "earshot.db"), { timeout: 10_000 });
  /** Meanwhile nobody else writes. */
  const whileLocked = async (act: () => Promise<void>) => {
    const database = openDatabase();
    try {
      database.exec("BEGIN IMMEDIATE");
      await act();
    } finally {
      database.close();
    }
  };

  it("is refused for now while it cannot be written down, and acted upon when it is said again", async () => {
    const [id, from] = [findChats(), stage.tenant.deliveries.length];
    const isIt = ({ lifecycleEvent }: Batch["value"][number]) => lifecycleEvent === "subscriptionRemoved";
    await whileLocked(async () => {
      void stage.tenant.sendLifecycle(id, "subscriptionRemoved");
      await stage.waitUntil("a refusal", () => statusesOf(isIt, from).includes(503));
      assert.ok(!statusesOf(isIt, from).includes(202));
    });
    await stage.waitUntil("its acceptance", () => statusesOf(isIt, from).at(-1) === 202);
    await stage.waitForSubscriptions(5);
    assert.notEqual(findChats(), id);
    await isHeard("Lunch crew", "the oven is down");
  });

  it("is refused and acted upon likewise where it tells of a channel", async () => {
    const [from, channels] = [stage.tenant.deliveries.length, countChannels()];
    const isIt = ({ resource = "" }: Batch["value"][number]) => /channels\('[^']+'\)$/.test(resource);
    isOneEared = true;
    await whileLocked(async () => {
      stage.tenant.addChannel("Help Desk", "Night shift", "standard");
      await stage.waitUntil("a refusal", () => statusesOf(isIt, from).includes(503));
      assert.ok(!statusesOf(isIt, from).includes(202));
    });
    await stage.waitUntil("the channel", () => countChannels() === channels + 1);
    await stage.waitUntil("its acceptance", () => statusesOf(isIt, from).at(-1) === 202);
    await isHeard("Night shift", "the lift is down");
  });

  it("does not keep the rest of its batch from being stored, which is known when all comes again", async () => {
    const id = findChats();
    isDeaf = true;
    const message = stage.tenant.say({ person: MIRA, conversation: "Outages", text: "the gate is down" });
    await stage.tenant.sendLifecycle(id, "subscriptionRemoved");
    await stage.waitUntil("Graph's copy", () => listUnheard(unheard, "/api/notifications").length > 0);
    isDeaf = false;
    const [told, said] = [listUnheard(unheard, "/api/lifecycle"), listUnheard(unheard, "/api/notifications")];
    const body = JSON.stringify({
      value: [...told, ...said].flatMap(({ value }) => value),
      validationTokens: said.flatMap(({ validationTokens = [] }) => validationTokens),
    });
    const post = async () =>
      (await fetch(`${stage.botUrl}/api/notifications`, { method: "POST", body })).status;

    change(`CREATE TRIGGER full BEFORE UPDATE OF expires_at ON subscription
            BEGIN SELECT RAISE(ABORT, 'no room'); END`);
    assert.equal(await post(), 503);
    assert.deepEqual(storedOf(message), ["ok"]);
    change("DROP TRIGGER full");
    assert.equal(await post(), 202);
    assert.deepEqual(storedOf(message), ["ok", "duplicate"]);
    await stage.waitForOutcome(message, 1);
    await stage.waitUntil("a new one", () =>
      stage.tenant.subscriptions().some((each) => each.resource.includes(CHATS) && each.id !== id),
    );
  });

  for (const event of ["missed", "subscriptionRemoved"] as const) {
    it(`has a team's channels listed again: ${event}`, async () => {
      const [watch, channels] = [findWatch(), countChannels()];
      isDeaf = true;
      stage.tenant.addChannel("Help Desk", `Told in vain: ${event}`, "standard");
      await stage.waitUntil("both ears' copies", () =>
        [/channels\('[^']+'\)"/, /"channelCreated"/].every((copy) =>
          unheard.some(({ body }) => copy.test(body)),
        ),
      );
      assert.equal(countChannels(), channels);
      isDeaf = false;
      await stage.tenant.sendLifecycle(watch, event);
      await stage.waitUntil("the channel", () => countChannels() === channels + 1);
      await stage.waitUntil("the watch", () => findWatch() !== undefined);
      assert.equal(findWatch() === watch, event === "missed");
      await isHeard(`Told in vain: ${event}`, "the tap is down");
    });
  }
});

function listUnheard(unheard: readonly { pathname: string; body: string }[], path: string): Batch[] {
  return unheard.filter(({ pathname }) => pathname === path).map(({ body }) => JSON.parse(body) as Batch);
}
