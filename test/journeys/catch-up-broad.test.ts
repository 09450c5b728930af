/**
 * One subscription to all chats: where something was heard once, what is missed later is read back, and no more than
 * `listen:` asks for. And what Graph tells in the end, though it was read back by then, is handled once.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { useFakeTimers, type SinonFakeTimers } from "sinon";
import { createEdges } from "../../src/edges.ts";
import type { PostedMessage } from "../../src/emulator/posted-message.ts";
import { formatGroupChatId } from "../../src/emulator/thread-ids.ts";
import { openSqlite } from "../../src/storage/sqlite/open-sqlite.ts";
import { createMemoryLog, setStage, type Stage } from "./stage.ts";

const MIRA = "Mira Lindqvist";
const MINUTE_MS = 60_000;
const LUNCH = formatGroupChatId("Lunch crew");
const { sleep: realSleep } = createEdges(createMemoryLog([]));
// Nobody sleeps for long.
const restless = { sleep: (ms: number, signal?: AbortSignal) => realSleep(Math.min(ms, 20), signal) };

describe("catch-up, of what one subscription brings", () => {
  let stage: Stage;
  let clock: SinonFakeTimers;
  let folder: string;
  let isUnheard: boolean;

  beforeEach(async () => {
    clock = useFakeTimers({ now: Date.now(), toFake: ["Date"], shouldAdvanceTime: true });
    folder = await mkdtemp(join(tmpdir(), "earshot-broad-"));
    isUnheard = false;
    await listen("chats: all");
    stage = await setStage({
      ...{ installEverywhere: false, edges: restless },
      settings: { LISTENER_FILE: join(folder, "listener.yaml") },
      consentedAppRoles: ["Chat.Read.All", "ChannelMessage.Read.All"],
      tenantFetch: async (input, init) =>
        isUnheard ? new Response(null, { status: 202 }) : fetch(input, init),
    });
    // The customer is known by a place, whatever is heard there.
    await stage.tenant.install("Facilities");
    await stage.waitUntil("the subscription", () =>
      stage.tenant.subscriptions().some(({ resource }) => resource === "/chats/getAllMessages"),
    );
  });
  afterEach(async () => {
    clock.restore();
    await stage.strike();
    await rm(folder, { recursive: true });
  });

  const listen = (entry: string) =>
    writeFile(
      join(folder, "listener.yaml"),
      `listen:\n  - ${entry}\nrules:\n  - name: outage\n    when: { text: [down] }\n    then: [{ react: like }]\n`,
    );
  const say = (text: string, conversation = "Lunch crew") =>
    stage.tenant.say({ person: MIRA, conversation, text });
  const stepsOf = (message: PostedMessage, step: string) =>
    stage.traces.filter(
      (trace) =>
        trace.step === step &&
        trace.message?.messageId === message.id &&
        trace.message.conversationId === message.conversationId,
    );
  const decided = (message: PostedMessage) =>
    stage.waitUntil("a decision", () => stepsOf(message, "decided").length > 0);
  const sleepThrough = async <Said>(meanwhile: () => Said): Promise<Said> => {
    await stage.stopBot();
    const said = meanwhile();
    clock.setSystemTime(Date.now() + 10 * MINUTE_MS);
    return said;
  };
  const readsOf = (conversationId: string) =>
    stage.tenant.calls.filter(
      ({ method, path }) =>
        method === "GET" && decodeURIComponent(path).includes(`${conversationId}/messages`),
    ).length;
  const listKept = async () => {
    const storage = await openSqlite(join(stage.dataDir, "earshot.db"), "tool");
    try {
      return (await storage.listConversations({})).map(({ label }) => label);
    } finally {
      await storage.close();
    }
  };

  it("reads back where something was heard before", async () => {
    await decided(say("Noodles?"));
    const missed = await sleepThrough(() => {
      isUnheard = true;
      return say("the oven is down");
    });
    await stage.startBot();
    await decided(missed);
    assert.deepEqual(
      stepsOf(missed, "stored").map(({ code }) => code),
      ["read-back"],
    );
  });

  it("reads no more where `listen:` does not ask for it any more", async () => {
    await decided(say("Noodles?"));
    await sleepThrough(() => undefined);
    assert.deepEqual(await listKept(), [`chats: all › ${LUNCH}`]);
    await listen("channels: all");
    await stage.startBot();
    await stage.waitUntil("the other subscription alone", () => {
      const [own, ...others] = stage.tenant.subscriptions();
      return own?.resource === "/teams/getAllMessages" && others.length === 0;
    });
    await decided(say("The kettle is down", "Outages"));
    const before = readsOf(LUNCH);
    const unwished = await sleepThrough(() => say("the fridge is down"));
    assert.deepEqual(
      (await listKept()).map((label) => label.split(" › ")[0]),
      ["channels: all"],
    );
    await stage.startBot();
    const marker = say("The door is down", "Outages");
    await decided(marker);
    assert.equal(readsOf(LUNCH), before);
    assert.deepEqual(stepsOf(unwished, "stored"), []);
  });

  it("handles once what is read back and then told after all", async () => {
    await decided(say("Noodles?"));
    const told = await sleepThrough(() => say("the sink is down"));
    await stage.startBot();
    // Its trace may be missed: the bot listens before we listen to it.
    const isTold = () =>
      stage.tenant.deliveries.some(
        ({ state, body }) => state === "delivered" && JSON.stringify(body).includes(`messages('${told.id}')`),
      );
    const copies = () => stepsOf(told, "stored");
    await stage.waitUntil("both", () => {
      // Graph tries again later and later.
      if (!isTold()) clock.setSystemTime(Date.now() + 1_000);
      return isTold() && copies().some(({ code }) => code === "read-back");
    });
    await decided(told);
    assert.ok(copies().filter(({ result }) => result === "ok").length <= 1);
    assert.equal(stepsOf(told, "decided").length, 1);
  });
});
