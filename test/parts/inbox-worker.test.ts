import assert from "node:assert/strict";
import { EarshotError, type ErrorCode } from "../../src/errors.ts";
import { createWorker, type Worker } from "../../src/inbox/worker.ts";
import { readMostAttempts } from "../../src/model/retry-delay.ts";
import type { Trace } from "../../src/model/trace.ts";
import { openSqlite } from "../../src/storage/sqlite/open-sqlite.ts";
import type { Claim, Storage } from "../../src/storage/storage.ts";
import { createEventLog, type EventLog } from "./event-log.ts";
import { createHeldClock, type HeldClock } from "./held-clock.ts";
import { failOnLeaks } from "./leak-watch.ts";
import { createQuietEdges } from "./quiet-edges.ts";
import { useTemporaryFolder } from "./temporary-folder.ts";
import { createNotification } from "./waiting-notification.ts";

const START = Date.parse("2026-03-01T12:00:00Z");
const inChat = (name: string, messageId: string) => createNotification({ conversationId: name, messageId });
const nameOf = ({ message }: Pick<Claim, "message">) => `${message.conversationId}${message.messageId}`;

describe("the inbox's worker", () => {
  failOnLeaks();
  const pathOf = useTemporaryFolder();
  let storage: Storage;
  let worker: Worker;
  let clock: HeldClock;
  let traces: EventLog<Trace>;
  let handled: EventLog<string>;
  /** What the next handling of a message does; well, unless told otherwise. */
  let acts: Map<string, (() => Promise<void>)[]>;

  const start = async (concurrency = 8, own: Storage = storage) => {
    // No chance in the delays: they are exact.
    const edges = createQuietEdges({ ...clock, randomBytes: (sizeBytes) => Buffer.alloc(sizeBytes) });
    worker = createWorker({
      storage: own,
      handle: async (claim) => {
        handled.note(nameOf(claim));
        await acts.get(nameOf(claim))?.shift()?.();
      },
      trace: traces.note,
      edges,
      concurrency,
    });
    await worker.start();
  };
  beforeEach(async () => {
    storage = await openSqlite(pathOf("earshot.db"));
    clock = createHeldClock(START);
    traces = createEventLog();
    handled = createEventLog();
    acts = new Map();
  });
  afterEach(async () => {
    await worker.stop();
    await storage.close();
  });

  const plan = (name: string, ...next: (() => Promise<void>)[]) => void acts.set(name, next);
  const failing = (code: ErrorCode, retryAfterMs?: number) => async () => {
    throw new EarshotError(code, "as planned", retryAfterMs === undefined ? {} : { retryAfterMs });
  };
  const hold = (name: string) => {
    const gate = Promise.withResolvers<undefined>();
    plan(name, async () => gate.promise.then(() => undefined));
    return () => void gate.resolve(undefined);
  };
  const store = async (...notifications: Parameters<Storage["addNotifications"]>[0]) => {
    await storage.addNotifications(notifications);
    worker.poke();
  };
  const sees = (name: string) => handled.take((one) => one === name);
  const tells = (name: string, step: string, result: string) =>
    traces.take(
      (trace) =>
        trace.message !== undefined &&
        nameOf({ message: trace.message }) === name &&
        trace.step === step &&
        trace.result === result,
    );
  /** All that waits is settled when the worker sleeps. */
  const isIdle = async () => {
    worker.poke();
    for (;;) {
      await clock.fallAsleep();
      const counts = await storage.readCounts({});
      if (counts.claimed === 0) return counts;
    }
  };

  it("handles what waited before it began, and what comes after", async () => {
    await storage.addNotifications([inChat("a", "1")]);
    await start();
    await sees("a1");
    await store(inChat("b", "1"));
    await sees("b1");
    assert.deepEqual(await isIdle(), { waiting: 0, claimed: 0, done: 2, parked: 0 });
  });

  it("takes up what was claimed when the program ended", async () => {
    await storage.addNotifications([inChat("a", "1")]);
    await storage.claimNotifications({ limit: 1, now: START });
    await storage.close();
    storage = await openSqlite(pathOf("earshot.db"));
    await start();
    await sees("a1");
  });

  it("handles a conversation one by one in order, and others beside it", async () => {
    const release = hold("a1");
    await storage.addNotifications([
      inChat("a", "3"),
      inChat("a", "1"),
      inChat("a", "2"),
      inChat("b", "1"),
      inChat("b", "2"),
    ]);
    await start();
    await sees("b2");
    assert.deepEqual(
      handled.events.filter((name) => name.startsWith("a")),
      ["a1"],
      "a is held",
    );
    release();
    await sees("a3");
    assert.deepEqual(
      handled.events.filter((name) => name.startsWith("a")),
      ["a1", "a2", "a3"],
    );
    assert.deepEqual(
      handled.events.filter((name) => name.startsWith("b")),
      ["b1", "b2"],
    );
  });

  it("has as many in hand as it may, and no more", async () => {
    const names = ["a", "b", "c", "d", "e"];
    const releases = names.map((name) => hold(`${name}1`));
    await storage.addNotifications(names.map((name) => inChat(name, "1")));
    await start(3);
    for (const name of ["a1", "b1", "c1"]) await sees(name);
    await clock.fallAsleep();
    assert.deepEqual(handled.events, ["a1", "b1", "c1"]);
    releases[1]!();
    await sees("d1");
    assert.equal(handled.events.length, 4);
    for (const release of releases) release();
    await sees("e1");
  });

  describe("after a failure", () => {
    for (const code of ["key-missing", "send-throttled", "token-unavailable"] as const) {
      it(`tries again where it may be well later (${code})`, async () => {
        plan("a1", failing(code));
        await start();
        await store(inChat("a", "1"));
        assert.equal((await tells("a1", "claimed", "retry")).code, code);
        await isIdle();
        clock.advance(999);
        assert.deepEqual(await isIdle(), { waiting: 1, claimed: 0, done: 0, parked: 0 });
        clock.advance(1);
        assert.deepEqual(await isIdle(), { waiting: 0, claimed: 0, done: 1, parked: 0 });
        assert.deepEqual(handled.events, ["a1", "a1"]);
      });
    }

    it("waits as long as the other side asks", async () => {
      plan("a1", failing("send-throttled", 20_000));
      await start();
      await store(inChat("a", "1"));
      await tells("a1", "claimed", "retry");
      assert.equal(await storage.readNextDue({ now: START }), START + 20_000);
    });

    it("sleeps no longer than the retry, though a later one of the conversation waits, too", async () => {
      plan("a1", failing("send-throttled"));
      await start();
      await store(inChat("a", "1"), inChat("a", "2"));
      await tells("a1", "claimed", "retry");
      await isIdle();
      assert.equal(await clock.fallAsleep(), 1_000);
      assert.deepEqual(handled.events, ["a1"], "a2 waits its turn");
      clock.advance(1_000);
      await sees("a2");
      assert.deepEqual(handled.events, ["a1", "a1", "a2"]);
    });

    for (const [title, error, code] of [
      ["a person must look at", new EarshotError("content-not-openable", "no"), "content-not-openable"],
      ["nobody foresaw", new TypeError("oops"), "unexpected"],
      ["is no error at all", "thrown text", "unexpected"],
    ] as const) {
      it(`parks what ${title}, and goes on with the next`, async () => {
        plan("a1", async () => {
          // eslint-disable-next-line @typescript-eslint/only-throw-error
          throw error;
        });
        await start();
        await store(inChat("a", "1"), inChat("a", "2"));
        assert.equal((await tells("a1", "parked", "failed")).code, code);
        await sees("a2");
        assert.deepEqual(await isIdle(), { waiting: 0, claimed: 0, done: 1, parked: 1 });
      });
    }

    for (const [code, attempts] of [
      ["graph-unavailable", 12],
      // Nobody else brings a key back, and the conversation waits behind it.
      ["key-missing", 3],
    ] as const) {
      it(`parks after ${attempts} tries, and not before: ${code}`, async () => {
        assert.equal(readMostAttempts(code), attempts);
        plan("a1", ...Array.from({ length: attempts + 1 }, () => failing(code)));
        await start();
        await store(inChat("a", "1"));
        for (let attempt = 1; attempt < attempts; attempt += 1) {
          await tells("a1", "claimed", "retry");
          assert.equal((await isIdle()).waiting, 1);
          clock.advance(5 * 60_000);
          worker.poke();
        }
        assert.equal((await tells("a1", "parked", "failed")).code, code);
        assert.equal(handled.events.length, attempts);
        assert.deepEqual(await isIdle(), { waiting: 0, claimed: 0, done: 0, parked: 1 });
      });
    }
  });

  it("stops though what is in hand does not end, and leaves it to the next start", async () => {
    const gate = Promise.withResolvers<null>();
    plan("a1", async () => {
      await gate.promise;
    });
    await start();
    await store(inChat("a", "1"));
    await sees("a1");
    const stopping = worker.stop();
    // Whatever the worker still asks of the storage is answered before this is.
    for (let times = 0; times < 5; times += 1) await storage.readCounts({});
    clock.advance(4_000);
    await stopping;
    assert.deepEqual(await storage.readCounts({}), { waiting: 0, claimed: 1, done: 0, parked: 0 });
    gate.resolve(null);
  });

  it("stops when what is in hand is done, and takes no more", async () => {
    const gate = Promise.withResolvers<null>();
    const order: string[] = [];
    plan("a1", async () => {
      await gate.promise;
      order.push("done");
    });
    await start();
    await store(inChat("a", "1"), inChat("a", "2"));
    await sees("a1");
    const stopping = worker.stop().then(() => order.push("stopped"));
    // Whatever the worker still asks of the storage is answered before these are.
    for (let times = 0; times < 5; times += 1) await storage.readCounts({});
    gate.resolve(null);
    await stopping;
    assert.deepEqual(order, ["done", "stopped"]);
    assert.deepEqual(await storage.readCounts({}), { waiting: 1, claimed: 0, done: 1, parked: 0 });
    assert.deepEqual(handled.events, ["a1"]);
  });

  describe("while the storage fails", () => {
    /** The real storage, whose named operation fails as often as told. */
    const failingStorage = (name: "claimNotifications" | "completeNotification", times: number) => {
      let left = times;
      const own = storage[name] as (input: unknown) => Promise<unknown>;
      const broken = async (input: unknown) => {
        if (left-- > 0) throw new EarshotError("storage-unavailable", "SQLite: disk I/O error");
        return own(input);
      };
      return { ...storage, [name]: broken };
    };

    it("looks again after a second", async () => {
      await storage.addNotifications([inChat("a", "1")]);
      await start(8, failingStorage("claimNotifications", 2));
      for (let times = 0; times < 2; times += 1) {
        assert.equal(await clock.fallAsleep(), 1_000);
        assert.deepEqual(handled.events, []);
        clock.advance(1_000);
      }
      await sees("a1");
    });

    it("handles nothing twice because its end could not be written", async () => {
      await storage.addNotifications([inChat("a", "1")]);
      await start(8, failingStorage("completeNotification", 2));
      await sees("a1");
      for (let times = 0; times < 2; times += 1) {
        assert.equal(await clock.fallAsleep(1_000), 1_000);
        clock.advance(1_000);
      }
      assert.equal((await isIdle()).done, 1);
      assert.deepEqual(handled.events, ["a1"]);
    });

    it("stops all the same; what is in hand stays claimed for the next start", async () => {
      await storage.addNotifications([inChat("a", "1")]);
      await start(8, failingStorage("completeNotification", Infinity));
      await sees("a1");
      await worker.stop();
      await storage.close();
      storage = await openSqlite(pathOf("earshot.db"));
      assert.equal((await storage.readCounts({})).claimed, 1);
      assert.equal(await storage.releaseClaims(), 1);
    });
  });
});
