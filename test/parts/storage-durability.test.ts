import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, stat, writeFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { MIGRATIONS } from "../../src/storage/sqlite/migrations.ts";
import {
  PRUNE_DONE,
  PRUNE_LEDGER,
  PRUNE_PARKED,
  SENT_IDS,
} from "../../src/storage/sqlite/operations/forget.ts";
import { NEEDED_CERTIFICATES } from "../../src/storage/sqlite/operations/list-needed-certificates.ts";
import { COUNTS } from "../../src/storage/sqlite/operations/read-inbox.ts";
import { PARKED } from "../../src/storage/sqlite/operations/read-parked.ts";
import { openSqlite } from "../../src/storage/sqlite/open-sqlite.ts";
import type { NewNotification, Storage } from "../../src/storage/storage.ts";
import { failOnLeaks } from "./leak-watch.ts";
import { useTemporaryFolder } from "./temporary-folder.ts";
import { createNotification } from "./waiting-notification.ts";

const EMPTY = { waiting: 0, claimed: 0, done: 0, parked: 0 };

describe("SQLite's durability", () => {
  failOnLeaks();
  const pathOf = useTemporaryFolder();
  const opened: Storage[] = [];
  const open = async (name = "earshot.db", as: "bot" | "tool" = "bot") => {
    const storage = await openSqlite(pathOf(name), as);
    opened.push(storage);
    return storage;
  };
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((storage) => storage.close()));
  });
  /** Another reader's view: only what is committed. */
  const readFile = (sql: string) => {
    const database = new DatabaseSync(pathOf("earshot.db"), { readOnly: true });
    try {
      return database
        .prepare(sql)
        .all()
        .map((row) => ({ ...row }));
    } finally {
      database.close();
    }
  };
  const numbered = (count: number) =>
    Array.from({ length: count }, (_, index) => createNotification({ messageId: String(index + 1) }));
  const broken = (): NewNotification => ({ ...createNotification({ messageId: "7" }), ear: null as never });

  it("makes the folder and outlives closing and opening", async () => {
    const first = await open("deep/down/earshot.db");
    await first.addNotifications(numbered(2));
    const [claim] = await first.claimNotifications({ limit: 1, now: 1 });
    await first.beginAction({ messageKey: "m", rule: "r", action: "0:reply", now: 1 });
    await first.close();
    const second = await open("deep/down/earshot.db");
    assert.deepEqual(await second.readCounts({}), { ...EMPTY, waiting: 1, claimed: 1 });
    assert.equal(await second.releaseClaims(), 1);
    const [again] = await second.claimNotifications({ limit: 1, now: 1 });
    assert.deepEqual({ ...again, attempts: 1 }, claim);
    assert.deepEqual(await second.beginAction({ messageKey: "m", rule: "r", action: "0:reply", now: 2 }), {
      state: "intended",
      intendedAt: 1,
      settledAt: null,
    });
  });

  it("makes files that only their owner may read, and leaves one alone that is there", async () => {
    const modeOf = async (name: string) => (await stat(pathOf(name))).mode & 0o777;
    await (await open()).addNotifications(numbered(1));
    for (const name of ["earshot.db", "earshot.db-wal", "earshot.db-shm", "earshot.db.lock"])
      assert.equal(await modeOf(name), 0o600, name);
    await writeFile(pathOf("shared.db"), "");
    await chmod(pathOf("shared.db"), 0o664);
    await open("shared.db");
    assert.equal(await modeOf("shared.db"), 0o664);
  });

  it("has on disk what it said it has, for another reader to see", async () => {
    const storage = await open();
    await storage.addNotifications(numbered(3));
    assert.deepEqual(readFile("SELECT COUNT(*) AS amount FROM notification"), [{ amount: 3 }]);
    assert.deepEqual(readFile("PRAGMA journal_mode"), [{ journal_mode: "wal" }]);
  });

  it("drops the sealed content of what is done, and keeps that of what is parked", async () => {
    const storage = await open();
    await storage.addNotifications([createNotification(), createNotification({ conversationId: "19:b" })]);
    const [done, parked] = await storage.claimNotifications({ limit: 2, now: 1 });
    await storage.completeNotification({ id: done!.id, now: 2 });
    await storage.parkNotification({ id: parked!.id, now: 3, code: "wire-shape" });
    assert.deepEqual(
      readFile("SELECT state, sealed, settled_at, code FROM notification ORDER BY settled_at"),
      [
        { state: "done", sealed: null, settled_at: 2, code: null },
        { state: "parked", sealed: '{"sealed":true}', settled_at: 3, code: "wire-shape" },
      ],
    );
  });

  it("rolls back an operation that fails, whole and alone", async () => {
    const storage = await open();
    const results = await Promise.allSettled([
      storage.addNotifications([createNotification({ messageId: "1" })]),
      storage.addNotifications([createNotification({ messageId: "2" }), broken()]),
      storage.addNotifications([createNotification({ messageId: "3" })]),
      storage.savePlace({ tenantId: "t", placeId: "p", kind: "no such kind" as never } as never),
      storage.readCounts({}),
    ]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ["fulfilled", "rejected", "fulfilled", "rejected", "fulfilled"],
    );
    for (const result of results) {
      if (result.status === "rejected")
        assert.equal((result.reason as { code: string }).code, "storage-unavailable");
    }
    assert.deepEqual(readFile("SELECT message_id FROM notification ORDER BY 1"), [
      { message_id: "1" },
      { message_id: "3" },
    ]);
    assert.deepEqual(await storage.addNotifications([createNotification({ messageId: "2" })]), ["stored"]);
  });

  it("says storage-unavailable to all who wait while another holds the file, and goes on after", async function () {
    this.timeout(20_000);
    const storage = await open();
    const other = new DatabaseSync(pathOf("earshot.db"));
    try {
      other.exec("BEGIN IMMEDIATE");
      const results = await Promise.allSettled(numbered(3).map((one) => storage.addNotifications([one])));
      for (const result of results) {
        assert.ok(result.status === "rejected");
        assert.equal((result.reason as { code: string }).code, "storage-unavailable");
      }
      other.exec("ROLLBACK");
    } finally {
      other.close();
    }
    assert.deepEqual(await storage.addNotifications(numbered(1)), ["stored"]);
  });

  it("refuses a file of a later Earshot, and takes it at its own version", async () => {
    const stamp = (version: number) => {
      const database = new DatabaseSync(pathOf("earshot.db"));
      database.exec(`PRAGMA user_version = ${version}`);
      database.close();
    };
    await (await open()).close();
    stamp(MIGRATIONS.length + 1);
    await assert.rejects(open(), {
      name: "EarshotError",
      code: "storage-schema-newer",
      disposition: "stop",
      message: /earshot\.db has schema \d+, written by a later Earshot; this one knows \d+\..*DATABASE_URL/,
    });
    stamp(MIGRATIONS.length);
    assert.deepEqual(await (await open()).readCounts({}), EMPTY);
  });

  for (const [title, spoil] of [
    ["a folder", (path: string) => mkdir(path)],
    [
      "no database",
      (path: string) => writeFile(path, "this is a text and no database, of more than one page".repeat(100)),
    ],
  ] as const) {
    it(`says storage-unavailable where the file is ${title}`, async () => {
      await spoil(pathOf("earshot.db"));
      await assert.rejects(open(), { code: "storage-unavailable", message: /earshot\.db cannot be opened/ });
    });
  }

  describe("one bot at a time", () => {
    it("has the file; a second one is told what to do, and may have it after", async () => {
      const first = await open();
      await assert.rejects(open(), {
        name: "EarshotError",
        code: "storage-in-use",
        disposition: "stop",
        message: /earshot\.db cannot be taken.*holds .*earshot\.db\.lock.*DATABASE_URL.*PostgreSQL/,
      });
      await assert.rejects(open(), { code: "storage-in-use" }, "who was refused took nothing away");
      assert.deepEqual(await first.addNotifications(numbered(1)), ["stored"]);
      await first.close();
      assert.deepEqual(await (await open()).readCounts({}), { ...EMPTY, waiting: 1 });
    });

    it("has it beside tools, whoever came first", async () => {
      const tools = [await open("earshot.db", "tool")];
      const bot = await open();
      tools.push(await open("earshot.db", "tool"));
      for (const [index, tool] of tools.entries())
        assert.deepEqual(await tool.addNotifications([createNotification({ messageId: String(index) })]), [
          "stored",
        ]);
      assert.deepEqual(await bot.readCounts({}), { ...EMPTY, waiting: 2 });
      await assert.rejects(open(), { code: "storage-in-use" });
    });

    it("has it until its process dies, however it dies", async () => {
      const path = JSON.stringify(pathOf("earshot.db"));
      const module = JSON.stringify(import.meta.resolve("../../src/storage/sqlite/open-sqlite.ts"));
      const script = `import(${module}).then(({ openSqlite }) => openSqlite(${path}, "bot"))`;
      const child = spawn(process.execPath, ["--eval", `${script}.then(() => console.log("open"))`]);
      const exited = once(child, "exit");
      try {
        await Promise.race([once(child.stdout, "data"), exited]);
        await assert.rejects(open(), { code: "storage-in-use" });
      } finally {
        child.kill("SIGKILL");
        await exited;
      }
      assert.deepEqual(await (await open()).readCounts({}), EMPTY);
    });

    it("cannot be made sure of where the lock cannot be made: then it does not start", async () => {
      await mkdir(pathOf("earshot.db.lock"));
      await assert.rejects(open(), { code: "storage-unavailable", message: /earshot\.db cannot be opened/ });
      assert.deepEqual(await (await open("earshot.db", "tool")).readCounts({}), EMPTY);
    });
  });

  describe("a file of an earlier Earshot", () => {
    /** As the first migration made it, with one row of each state and kind. */
    const writeFirst = () => {
      const database = new DatabaseSync(pathOf("earshot.db"));
      database.exec(`${MIGRATIONS[0]}; PRAGMA user_version = 1;
        INSERT INTO notification
          (id, ear, tenant_id, conversation_id, reply_to_id, message_id, change_type, ordinal, sealed, received_at,
           state, attempts, due_at, settled_at, code)
        VALUES
          (3, 'graph', 'tenant', '19:a', '', '1000', 'created', 1000, NULL, 5, 'done', 1, 0, 6, NULL),
          (5, 'graph', 'tenant', '19:a', '', '1001', 'created', 1001, '{"one":1}', 5, 'claimed', 2, 0, NULL, NULL),
          (6, 'bot-framework', 'tenant', '19:a', '1', '1002', 'created', 1002, '{"two":2}', 5, 'waiting', 0, 9, NULL, NULL),
          (9, 'graph', 'tenant', '19:b', '', '1000', 'created', 1000, '{"three":3}', 5, 'parked', 8, 0, 7, 'key-missing');
        INSERT INTO ledger VALUES ('tenant|19:a||1000', 'outage', '0:reply', 'sent', 5, 6);
        INSERT INTO ledger VALUES ('tenant|19:a||1001', 'outage', '0:reply', 'intended', 5, NULL);
        INSERT INTO place VALUES ('tenant', '19:a', 'team', NULL, 'Ops', 'https://example.com', 5);
        INSERT INTO subscription VALUES ('key', 'tenant', 'sub', '/teams', 'Ops', 'digest', 'cert', 'https://bot', 8, 9)`);
      database.close();
    };

    it("is brought up to date with all that it holds", async () => {
      writeFirst();
      const storage = await open();
      assert.deepEqual(await storage.readCounts({}), { waiting: 1, claimed: 1, done: 1, parked: 1 });
      const seen = (messageId: string, replyToId: string | null = null) =>
        createNotification({ conversationId: "19:a", messageId, replyToId });
      assert.deepEqual(
        await storage.addNotifications([
          seen("1000"),
          seen("1002", "1"),
          { ...seen("1001"), ear: "bot-framework" },
        ]),
        ["duplicate", "second-ear", "second-ear"],
      );
      // The holder of that time is not named: whoever it was is gone.
      assert.equal(await storage.releaseClaims(), 1);
      const [claim] = await storage.claimNotifications({ limit: 9, now: 5 });
      assert.deepEqual(
        [claim?.id, claim?.attempts, claim?.sealed, claim?.message.messageId],
        [5, 2, '{"one":1}', "1001"],
      );
      await storage.completeNotification({ id: claim!.id, now: 5 });
      const [next] = await storage.claimNotifications({ limit: 9, now: 9 });
      assert.deepEqual([next?.id, next?.message.replyToId, next?.ear], [6, "1", "bot-framework"]);
      assert.deepEqual(
        (await storage.listParked({ limit: 9 })).map(({ id, code, parkedAt }) => [id, code, parkedAt]),
        [[9, "key-missing", 7]],
      );

      const entry = (messageId: string) =>
        storage.beginAction({
          messageKey: `tenant|19:a||${messageId}`,
          rule: "outage",
          action: "0:reply",
          now: 9,
        });
      assert.deepEqual(await entry("1000"), { state: "sent", intendedAt: 5, settledAt: 6 });
      assert.deepEqual(await entry("1001"), { state: "intended", intendedAt: 5, settledAt: null });
      assert.equal((await storage.listPlaces({})).length, 1);
      assert.deepEqual(await storage.listSubscriptions({}), [
        {
          key: "key",
          tenantId: "tenant",
          subscriptionId: "sub",
          resource: "/teams",
          changeTypes: "created",
          label: "Ops",
          clientStateDigest: "digest",
          certificateId: "cert",
          notificationUrl: "https://bot",
          expiresAt: 8,
          renewedAt: 9,
          // What that Earshot knew nothing of: renewed halfway, as it did, and changed when it was renewed.
          ...{ wantedBy: "installed", content: "encrypted", api: "v1.0", lifecycleUrl: "https://bot" },
          ...{ renewAt: 9, patchedAt: 9, heardAt: 0 },
        },
      ]);
      // Ids go on from where they were, and no deleted one comes again.
      await storage.addNotifications([createNotification({}, { changeType: "updated" })]);
      assert.deepEqual(readFile("SELECT max(id) > 9 AS isLater FROM notification"), [{ isLater: 1 }]);
    });

    it("is left as it was where a step fails", async () => {
      writeFirst();
      const database = new DatabaseSync(pathOf("earshot.db"));
      database.exec("CREATE TABLE look (in_the_way TEXT)");
      database.close();
      await assert.rejects(open(), { code: "storage-unavailable" });
      assert.deepEqual(readFile("SELECT count(*) AS amount FROM notification"), [{ amount: 4 }]);
      assert.deepEqual(readFile("PRAGMA user_version"), [{ user_version: 1 }]);
    });
  });

  it("never reads through the rows of what is done", async () => {
    await open();
    const all = [COUNTS, PRUNE_DONE, PRUNE_PARKED, PRUNE_LEDGER, SENT_IDS, PARKED, NEEDED_CERTIFICATES];
    for (const sql of all) {
      const steps = readFile(`EXPLAIN QUERY PLAN ${sql}`).map(({ detail }) => String(detail));
      assert.ok(steps.length > 0);
      // "SCAN x USING … INDEX" reads an index, and all of ours but the key's are of one state.
      const scans = steps.filter((step) =>
        /^SCAN (notification|ledger)(?! USING (COVERING )?INDEX)/.test(step),
      );
      assert.deepEqual(scans, [], sql);
      assert.ok(!steps.some((step) => step.includes("sqlite_autoindex_notification")), sql);
    }
  });

  it("lets nobody wait who asks while it closes", async () => {
    const storage = await open();
    const closing = storage.close();
    const late = storage.readCounts({}).catch((error: unknown) => (error as { code: string }).code);
    await closing;
    const result = await late;
    assert.ok(result === "storage-unavailable" || typeof result === "object");
  });
});
