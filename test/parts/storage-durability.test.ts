import assert from "node:assert/strict";
import { chmod, mkdir, stat, writeFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { MIGRATIONS } from "../../src/storage/sqlite/migrations.ts";
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
  const open = async (name = "earshot.db") => {
    const storage = await openSqlite(pathOf(name));
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
    for (const name of ["earshot.db", "earshot.db-wal", "earshot.db-shm"])
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

  it("answers many callers at once, each with its own result", async () => {
    const storage = await open();
    const twice = numbered(300).flatMap((notification) => [notification, notification]);
    const results = await Promise.all(twice.map((notification) => storage.addNotifications([notification])));
    assert.deepEqual(
      results,
      numbered(300).flatMap(() => [["stored"], ["duplicate"]]),
    );
    assert.deepEqual(await storage.readCounts({}), { ...EMPTY, waiting: 300 });
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

  it("does what was asked before it closes, and rejects what comes after", async () => {
    const storage = await open();
    const [stored] = await Promise.all([storage.addNotifications(numbered(1)), storage.close()]);
    assert.deepEqual(stored, ["stored"]);
    await assert.rejects(storage.addNotifications(numbered(2)), {
      code: "storage-unavailable",
      disposition: "retry",
    });
    assert.deepEqual(readFile("SELECT message_id FROM notification"), [{ message_id: "1" }]);
  });

  it("closes once, however often it is asked", async () => {
    const storage = await open();
    await Promise.all([storage.close(), storage.close()]);
    await storage.close();
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
