/** What only PostgreSQL can do, and what only it can suffer: several bots at once, a network, a server that is gone. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, connect, type AddressInfo, type Socket } from "node:net";
import { inspect } from "node:util";
import fc from "fast-check";
import { openPostgres } from "../../src/storage/postgres/open-postgres.ts";
import type { Claim, Storage } from "../../src/storage/storage.ts";
import { failOnLeaks } from "../parts/leak-watch.ts";
import { createNotification } from "../parts/waiting-notification.ts";
import { usePostgresServer, type PostgresServer } from "../postgres-server.ts";
import { count, killHolders, NOW, query } from "./storage-conformance-stage.ts";

const startServer = usePostgresServer(after);
const UNAVAILABLE = { name: "EarshotError", code: "storage-unavailable", disposition: "retry" };

const inChat = (conversationId: string, messageId: string | number, tenantId = "tenant") =>
  createNotification({ tenantId, conversationId, messageId: String(messageId) });
const claimAll = (bot: Storage, limit = 100) => bot.claimNotifications({ limit, now: NOW });
const complete = (bot: Storage, { id }: Claim) => bot.completeNotification({ id, now: NOW });

describe("PostgreSQL", () => {
  failOnLeaks();
  let server: PostgresServer;
  let url: string;
  const opened: Storage[] = [];
  const open = async (at = url, as: "bot" | "tool" = "bot") => {
    const storage = await openPostgres(at, as);
    opened.push(storage);
    return storage;
  };
  before(async function () {
    this.timeout(60_000);
    server = await startServer();
  });
  beforeEach(async () => {
    url = await server.createDatabase();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((storage) => storage.close()));
  });

  describe("two bots on one database", () => {
    it("never have the same in hand, nor two of one conversation, whatever they do at once", async function () {
      this.timeout(60_000);
      const bots = [await open(), await open()] as const;
      const bot = fc.constantFrom(...bots);
      const act = fc.oneof(
        fc.record({
          kind: fc.constant("add" as const),
          bot,
          chat: fc.constantFrom("19:a", "19:b", "19:c"),
          ids: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }),
        }),
        fc.record({ kind: fc.constant("claim" as const), bot, limit: fc.integer({ min: 1, max: 4 }) }),
        fc.record({ kind: fc.constantFrom("complete" as const, "retry" as const, "park" as const) }),
        fc.record({ kind: fc.constant("release" as const), bot }),
      );
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(act, { maxLength: 6 }), { maxLength: 8 }), async (waves) => {
          const tenantId = `tenant-${++run}`;
          const inHand = new Map<string, { bot: Storage; claim: Claim }>();
          const tries = new Map<number, number>();
          const settled = new Map<string, number>();
          const take = async (bot: Storage, limit: number) => {
            const claims = await claimAll(bot, limit);
            for (const claim of claims) {
              const { conversationId } = claim.message;
              assert.ok(!inHand.has(conversationId), "two of one conversation were in hand");
              assert.equal(claim.attempts, (tries.get(claim.id) ?? 0) + 1, "it was claimed by both");
              tries.set(claim.id, claim.attempts);
              inHand.set(conversationId, { bot, claim });
            }
            return claims.length;
          };
          /** Out of our hands before the database is told: from then on another may have the next. */
          const letGo = (settle: (bot: Storage, claim: Claim) => Promise<unknown>) => {
            const [first] = inHand;
            if (!first) return Promise.resolve();
            inHand.delete(first[0]);
            return settle(first[1].bot, first[1].claim);
          };
          for (const wave of waves) {
            await Promise.all(
              wave.map((act): Promise<unknown> => {
                switch (act.kind) {
                  case "add":
                    return act.bot.addNotifications(act.ids.map((id) => inChat(act.chat, id, tenantId)));
                  case "claim":
                    return take(act.bot, act.limit);
                  case "complete":
                    return letGo(complete);
                  case "retry":
                    return letGo((bot, { id }) =>
                      bot.retryNotification({ id, dueAt: NOW, code: "x", isCounted: true }),
                    );
                  case "park":
                    return letGo((bot, { id }) => bot.parkNotification({ id, now: NOW, code: "x" }));
                  case "release":
                    return act.bot.releaseClaims().then((released) => {
                      assert.equal(released, 0, "both live");
                    });
                }
              }),
            );
          }
          while (inHand.size > 0) await letGo(complete);
          // In the end one of them handles what is left, in order.
          for (let claims = await claimAll(bots[0]); claims.length > 0; claims = await claimAll(bots[0])) {
            for (const { message } of claims) {
              assert.ok(Number(message.messageId) > (settled.get(message.conversationId) ?? 0));
              settled.set(message.conversationId, Number(message.messageId));
            }
            await Promise.all(claims.map((claim) => complete(bots[0], claim)));
          }
          const { waiting, claimed } = await bots[1].readCounts({ tenantId });
          assert.deepEqual({ waiting, claimed }, { waiting: 0, claimed: 0 });
        }),
        { numRuns: 60 },
      );
    });

    it("empty a full inbox together: each message once, each conversation in order", async function () {
      this.timeout(60_000);
      const bots = [await open(), await open(), await open()];
      const chats = Array.from({ length: 12 }, (_, index) => `19:${index}`);
      await bots[0]!.addNotifications(
        chats.flatMap((chat) => Array.from({ length: 30 }, (_, index) => inChat(chat, index + 1))),
      );
      const handled = new Map<string, number[]>(chats.map((chat) => [chat, []]));
      const helpers = new Set<Storage>();
      const isLeft = () => [...handled.values()].some((ids) => ids.length < 30);
      await Promise.all(
        bots.map(async (bot) => {
          while (isLeft()) {
            for (const claim of await claimAll(bot, 3)) {
              helpers.add(bot);
              handled.get(claim.message.conversationId)?.push(Number(claim.message.messageId));
              await complete(bot, claim);
            }
          }
        }),
      );
      const inOrder = Array.from({ length: 30 }, (_, index) => index + 1);
      for (const [chat, ids] of handled) assert.deepEqual(ids, inOrder, chat);
      assert.equal(helpers.size, bots.length, "one of them did nothing");
      assert.deepEqual(await bots[0]!.readCounts({}), count({ done: 360 }));
    });

    it("store the same at the same time once, whoever brings it, in whatever order", async () => {
      const bots = [await open(), await open()] as const;
      for (let round = 1; round <= 5; round += 1) {
        const batch = Array.from({ length: 400 }, (_, index) => inChat(`19:${index}`, round));
        const byOther = batch.map((one) => ({ ...one, ear: "bot-framework" as const }));
        const [one, two] = await Promise.all([
          bots[0].addNotifications(batch),
          bots[1].addNotifications(byOther.toReversed()),
        ]);
        const other = two.toReversed();
        const pairs = one.map((result, index) => [result, other[index]].toSorted().join());
        assert.deepEqual([...new Set(pairs)], ["second-ear,stored"]);
      }
    });

    it("are kept apart by the database itself, should both see another head", async () => {
      const bot = await open();
      await bot.addNotifications([inChat("19:a", 1), inChat("19:a", 2), inChat("19:b", 2)]);
      assert.equal((await claimAll(bot)).length, 2);
      const force = "UPDATE notification SET state = 'claimed', holder = 1 WHERE state = 'waiting'";
      await assert.rejects(query(url, force), { code: "23505" });
      await query(url, "UPDATE notification SET state = 'done' WHERE state = 'claimed'");
      await query(url, force);
    });

    it("survive each other: who lost its connection is taken for dead, comes back, and settles nothing of the other's", async () => {
      const [first, second] = [await open(), await open()];
      await first.addNotifications([inChat("19:a", 1), inChat("19:b", 1)]);
      assert.deepEqual([await first.tryLead(), await second.tryLead()], [true, false]);
      const held = await claimAll(first);
      assert.equal(held.length, 2);
      assert.equal(await killHolders(url, 1), 1);

      assert.equal(await second.tryLead(), true);
      assert.equal(await second.releaseClaims(), 2);
      const [taken] = await claimAll(second, 1);
      for (const claim of held) await complete(first, claim);
      assert.deepEqual(await second.readCounts({}), count({ waiting: 1, claimed: 1 }));

      assert.equal(await first.tryLead(), false);
      const [anew] = await claimAll(first);
      assert.notEqual(anew?.message.conversationId, taken?.message.conversationId);
      assert.deepEqual([await first.releaseClaims(), await second.releaseClaims()], [0, 0]);
      await Promise.all([complete(first, anew!), complete(second, taken!)]);
      assert.deepEqual(await first.readCounts({}), count({ done: 2 }));
    });

    it("are told of the death by the lock, and of a proper end too", async () => {
      const [first, second] = [await open(), await open()];
      await first.addNotifications([inChat("19:a", 1)]);
      await claimAll(first);
      assert.equal(await first.tryLead(), true);
      assert.equal(await second.releaseClaims(), 0);
      await first.close();
      assert.equal(await second.releaseClaims(), 1);
      assert.equal(await second.tryLead(), true);
    });
  });

  describe("a bot", () => {
    it("keeps what is in its hands over the loss of a connection, as long as nobody else took it", async () => {
      const bot = await open();
      await bot.addNotifications([inChat("19:a", 1), inChat("19:b", 1)]);
      const [one, two] = await claimAll(bot);
      await killHolders(url);
      assert.equal(await bot.releaseClaims(), 0, "it lives, and knows what it holds");
      await complete(bot, one!);
      await bot.retryNotification({ id: two!.id, dueAt: NOW, code: "x", isCounted: true });
      assert.deepEqual(await bot.readCounts({}), count({ done: 1, waiting: 1 }));
    });

    it("lets go of what it claimed without knowing, when the answer was lost", async () => {
      const bot = await open();
      await bot.addNotifications([inChat("19:a", 1), inChat("19:b", 1)]);
      const [known] = await claimAll(bot, 1);
      const own = `(SELECT holder FROM notification WHERE state = 'claimed')`;
      await query(url, `UPDATE notification SET state = 'claimed', holder = ${own} WHERE state = 'waiting'`);
      assert.equal(await bot.releaseClaims(), 1);
      assert.deepEqual(await bot.readCounts({}), count({ waiting: 1, claimed: 1 }));
      await complete(bot, known!);
      assert.deepEqual(await bot.readCounts({}), count({ waiting: 1, done: 1 }));
    });

    it("stores what comes beside a text that PostgreSQL refuses", async () => {
      const bot = await open();
      const results = await Promise.allSettled([
        bot.addNotifications([inChat("19:a", 1)]),
        bot.addNotifications([inChat("19:\0", 2), inChat("19:a", 2)]),
        bot.addNotifications([inChat("19:a", 3)]),
      ]);
      assert.deepEqual(
        results.map(({ status }) => status),
        ["fulfilled", "rejected", "fulfilled"],
      );
      assert.deepEqual(await bot.readCounts({}), count({ waiting: 2 }));
    });

    it("gathers what comes at once in few commits", async () => {
      const bot = await open();
      // Each row says by which transaction it was written.
      const readCommits = async () =>
        (await query(url, "SELECT DISTINCT xmin::text FROM notification")).length;
      const many = Array.from({ length: 500 }, (_, index) => inChat(`19:${index}`, 1));
      await Promise.all(many.map((one) => bot.addNotifications([one])));
      const stored = await readCommits();
      assert.ok(stored >= 1 && stored <= 10, `500 calls were ${stored} commits`);
      const claims = await claimAll(bot, 500);
      await Promise.all(claims.map((claim) => complete(bot, claim)));
      const completed = await readCommits();
      assert.ok(completed >= 1 && completed <= 10, `500 completions were ${completed} commits`);
      assert.deepEqual(await bot.readCounts({}), count({ done: 500 }));
    });

    it("waits for the disk, whatever the server's default", async () => {
      await query(url, `ALTER DATABASE "${new URL(url).pathname.slice(1)}" SET synchronous_commit = off`);
      assert.deepEqual(await query(url, "SELECT current_setting('synchronous_commit')"), ["off"]);
      const bot = await open();
      await query(
        url,
        `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
         'BEGIN IF current_setting(''synchronous_commit'') <> ''on'' THEN RAISE ''not durable''; END IF; RETURN NEW; END';
         CREATE TRIGGER durable BEFORE INSERT OR UPDATE ON notification FOR EACH ROW EXECUTE FUNCTION refuse()`,
      );
      assert.deepEqual(await bot.addNotifications([inChat("19:a", 1)]), ["stored"]);
      await complete(bot, (await claimAll(bot))[0]!);
      const undurable =
        "INSERT INTO notification (ordinal, received_at, ear, tenant_id, conversation_id, reply_to_id, message_id, version, change_type) VALUES (1, 1, '', '', '', '', '', '', '')";
      await assert.rejects(query(url, undurable), /not durable/);
    });

    it("leaves no connection behind", async () => {
      const bot = await open();
      await Promise.all(Array.from({ length: 20 }, () => bot.readCounts({})));
      const readConnections = async () =>
        (
          await query(
            url,
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'earshot'",
          )
        ).length;
      assert.ok((await readConnections()) > 1);
      await bot.close();
      // The server sees the end of a connection a moment later than we do.
      while ((await readConnections()) > 0);
    });
  });

  describe("a database that is gone", () => {
    const everything = (bot: Storage): Promise<unknown>[] => [
      // First, since on this connection one waits for the other: not even a leader believes that it still is one.
      bot.tryLead(),
      bot.claimNotifications({ limit: 1, now: NOW }),
      bot.releaseClaims(),
      bot.addNotifications([inChat("19:z", 9)]),
      bot.readCounts({}),
      bot.takeLooks(),
      bot.prune({ doneBefore: 0, parkedBefore: 0 }),
    ];
    const assertGone = async (bot: Storage) => {
      await Promise.all(everything(bot).map((work) => assert.rejects(work, UNAVAILABLE)));
    };

    it("is told of by every operation, and found again when it is back, with all that was stored", async function () {
      this.timeout(60_000);
      const [bot, other] = [await open(), await open()];
      await bot.addNotifications([inChat("19:a", 1), inChat("19:b", 1)]);
      const [held] = await claimAll(bot, 1);
      assert.equal(await bot.tryLead(), true);
      await server.stop();
      try {
        await assertGone(bot);
        await assert.rejects(complete(bot, held!), UNAVAILABLE);
        await assert.rejects(openPostgres(url, "bot"), UNAVAILABLE);
      } finally {
        await server.restart();
      }
      assert.equal(await other.tryLead(), true, "leadership went with the connection");
      assert.equal(await bot.tryLead(), false);
      await complete(bot, held!);
      const [next] = await claimAll(bot);
      await complete(bot, next!);
      assert.deepEqual(await bot.readCounts({}), count({ done: 2 }));
      for (const work of everything(bot)) await work;
    });

    it("is told of also where it does not even answer", async function () {
      this.timeout(60_000);
      const { port } = new URL(url);
      const sockets = new Set<Socket>();
      let isDeaf = false;
      const proxy = createServer((near) => {
        const far = connect(Number(port), "127.0.0.1");
        for (const [from, to] of [
          [near, far],
          [far, near],
        ] as const) {
          sockets.add(from);
          from.on("data", (chunk) => (isDeaf ? undefined : to.write(chunk)));
          from.on("error", () => undefined);
          from.on("close", () => {
            sockets.delete(from);
            to.destroy();
          });
        }
      }).listen(0, "127.0.0.1");
      await once(proxy, "listening");
      try {
        const through = url.replace(`:${port}/`, `:${(proxy.address() as AddressInfo).port}/`);
        const bot = await open(through);
        assert.deepEqual(await bot.addNotifications([inChat("19:a", 1)]), ["stored"]);
        assert.equal(await bot.tryLead(), true);
        isDeaf = true;
        await Promise.all([assertGone(bot), assert.rejects(openPostgres(through, "tool"), UNAVAILABLE)]);
        isDeaf = false;
        assert.ok((await bot.readCounts({})).waiting >= 1);
        assert.equal(await bot.tryLead(), true);
        assert.ok((await claimAll(bot)).length >= 1);
        await bot.close();
      } finally {
        for (const socket of sockets) socket.destroy();
        proxy.close();
        await once(proxy, "close");
      }
    });
  });

  describe("its password", () => {
    const PASSWORD = "hunter2-and-more";
    for (const [title, spoil] of [
      ["is wrong", (at: URL) => at.href],
      ["is for a server that is not there", (at: URL) => Object.assign(at, { port: "1" }).href],
      ["is for a host that is not there", (at: URL) => Object.assign(at, { hostname: "no.invalid" }).href],
      ["is in a URL that cannot be read", (at: URL) => at.href.replace(PASSWORD, `${PASSWORD}%ZZ`)],
      ["is in a URL without a right port", (at: URL) => at.href.replace(/:\d+\//, ":99999999/")],
    ] as const) {
      it(`is told to nobody where it ${title}`, async () => {
        const spoilt = spoil(Object.assign(new URL(url), { password: PASSWORD }));
        assert.ok(spoilt.includes(PASSWORD));
        const error = await openPostgres(spoilt, "bot").then(
          () => assert.fail("it was opened"),
          (error: unknown) => error,
        );
        assert.equal((error as { code: string }).code, "storage-unavailable");
        assert.ok(!inspect(error, { depth: 10, showHidden: true }).includes(PASSWORD), inspect(error));
      });
    }
  });
});
