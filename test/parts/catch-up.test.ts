import assert from "node:assert/strict";
import { EarshotError } from "../../src/errors.ts";
import { createInbox } from "../../src/inbox/inbox.ts";
import { openSqlite } from "../../src/storage/sqlite/open-sqlite.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { createCatchUp, type CatchUp } from "../../src/subscriptions/catch-up.ts";
import { createEventLog, type EventLog } from "./event-log.ts";
import { createHeldClock, type HeldClock } from "./held-clock.ts";
import { failOnLeaks } from "./leak-watch.ts";
import { createQuietEdges } from "./quiet-edges.ts";
import { createScriptedGraph } from "./scripted-graph.ts";
import { useTemporaryFolder } from "./temporary-folder.ts";

const START = Date.parse("2026-03-01T12:00:00Z");
const HOUR = 60 * 60_000;

describe("catching up", () => {
  failOnLeaks();
  const pathOf = useTemporaryFolder();
  let storage: Storage;
  let catchUp: CatchUp;
  let clock: HeldClock;
  let asked: EventLog<string>;
  /** How Graph's answers come: each by hand, by `tenant conversation`. */
  let gates: Map<string, PromiseWithResolvers<undefined>>;

  const create = (own: Partial<Storage> = {}) => {
    const edges = createQuietEdges({ ...clock, randomBytes: (sizeBytes) => Buffer.alloc(sizeBytes) });
    const trace = () => undefined;
    catchUp = createCatchUp({
      ...{ trace, edges, rememberedMs: 72 * HOUR, storage: { ...storage, ...own } },
      inbox: createInbox({ storage, trace, edges }),
      seal: () => ({ data: "", dataSignature: "", dataKey: "", encryptionCertificateId: "cert" }),
      graph: (tenantId) => {
        const graph = createScriptedGraph();
        graph.onCall = async ({ path }) => {
          const name = `${tenantId} ${path.split("/")[2] ?? ""}`;
          graph.answer("GET ", { value: [] });
          const gate = Promise.withResolvers<undefined>();
          gates.set(name, gate);
          asked.note(name);
          await gate.promise;
        };
        return graph;
      },
    });
    return catchUp;
  };
  beforeEach(async () => {
    storage = await openSqlite(pathOf("earshot.db"));
    clock = createHeldClock(START);
    asked = createEventLog();
    gates = new Map();
  });
  afterEach(async () => {
    await catchUp.stop();
    await storage.close();
  });

  const save = (tenantId: string, amount: number, now = START) =>
    storage.saveConversations(
      Array.from({ length: amount }, (_, index) => ({
        ...{ tenantId, conversationId: `${index}`, teamId: null, label: "" },
        ...{ heardUntil: START - HOUR, isPolled: false, now },
      })),
    );
  const take = (amount: number) => Promise.all(Array.from({ length: amount }, () => asked.take(() => true)));
  const answer = (name: string) => gates.get(name)?.resolve(undefined);
  const until = async (isSo: () => Promise<boolean>) => {
    while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve));
  };
  const isClosed = async (name: string) => {
    const [tenantId = "", id] = name.split(" ");
    const known = await storage.listConversations({ tenantId });
    return known.find(({ conversationId }) => conversationId === id)?.gap === null;
  };

  it("reads a few at once of a tenant, and lets none wait behind another tenant's thousands", async () => {
    await save("large", 200, START - 1);
    await save("small", 2);
    create().start();
    const names = await take(6);
    assert.equal(names.filter((name) => name.startsWith("large")).length, 4);
    assert.deepEqual(names.filter((name) => name.startsWith("small")).toSorted(), ["small 0", "small 1"]);
    const [first = ""] = names.filter((name) => name.startsWith("large"));
    answer(first);
    const [next = ""] = await take(1);
    assert.ok(next.startsWith("large") && !names.includes(next));
    assert.ok(await isClosed(first));
  });

  it("never reads a conversation twice at once", async () => {
    await save("tenant", 2);
    create().start();
    await take(2);
    for (let looks = 0; looks < 3; looks += 1) {
      await clock.fallAsleep(1_000);
      clock.advance(1_000);
    }
    await clock.fallAsleep(1_000);
    assert.deepEqual(asked.events.toSorted(), ["tenant 0", "tenant 1"]);
  });

  it("reads what it is told of at once", async () => {
    create().start();
    await clock.fallAsleep(1_000);
    await save("tenant", 1);
    catchUp.poke();
    await take(1);
  });

  it("reads nothing while another instance is the keeper, and takes over when it is no more", async () => {
    let isLeading = false;
    await save("tenant", 1);
    create({ tryLead: async () => isLeading }).start();
    await clock.fallAsleep(1_000);
    assert.deepEqual(asked.events, []);
    isLeading = true;
    clock.advance(1_000);
    await take(1);
  });

  for (const failing of ["saveReading", "finishReading"] as const) {
    it(`leaves a database alone for a while that can be read but not written: ${failing}`, async () => {
      let isFull = true;
      let tries = 0;
      const fail = async <Result>(write: () => Promise<Result>): Promise<Result> => {
        tries += 1;
        if (isFull) throw new EarshotError("storage-unavailable", "the disk is full");
        return write();
      };
      await save("tenant", 4);
      create(
        failing === "saveReading"
          ? { saveReading: (reading) => fail(() => storage.saveReading(reading)) }
          : { finishReading: (reading) => fail(() => storage.finishReading(reading)) },
      ).start();
      if (failing === "finishReading") {
        // That they failed can be written down: they are due later.
        for (const name of await take(4)) answer(name);
        await until(async () =>
          (await storage.listConversations({})).every(({ fault }) => fault === "storage-unavailable"),
        );
        for (let turns = 0; turns < 50; turns += 1) await new Promise((resolve) => setImmediate(resolve));
        assert.equal(asked.events.length, 4);
        return;
      }
      for (let rests = 1; rests <= 2; rests += 1) {
        const before = tries;
        await until(async () => tries > before);
        // It rests: longer than between two looks, and whoever pokes.
        for (let leftMs = 0; leftMs <= 1_000; leftMs = await clock.fallAsleep()) {
          if (leftMs > 0) clock.advance(leftMs);
        }
        const tried = tries;
        catchUp.poke();
        clock.advance(2_000);
        for (let turns = 0; turns < 50; turns += 1) await new Promise((resolve) => setImmediate(resolve));
        assert.equal(tries, tried);
        assert.deepEqual(asked.events, [], "nothing is read for nothing");
        if (rests === 2) isFull = false;
        clock.advance(3_000);
      }
      assert.ok(tries <= 32, `${tries} tries in ten seconds`);
      for (const name of await take(4)) answer(name);
      for (const id of ["0", "1", "2", "3"]) await until(() => isClosed(`tenant ${id}`));
    });
  }

  it("ends at once, whatever Graph takes its time for, and reads it the next time", async () => {
    await save("tenant", 1);
    create().start();
    await take(1);
    await catchUp.stop();
    create().start();
    const [name = ""] = await take(1);
    assert.equal(await isClosed(name), false);
    answer(name);
    await clock.fallAsleep(1_000);
  });
});
