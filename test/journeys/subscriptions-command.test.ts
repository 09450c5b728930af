/** `npx earshot subscriptions` as an operator runs it: a process of its own, beside the bot, on both engines. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { SubscriptionsReport } from "../../src/operator/subscriptions-report.ts";
import { openStorage } from "../../src/storage/open-storage.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { createRecord } from "../parts/subscription-record.ts";
import { useTemporaryFolder } from "../parts/temporary-folder.ts";
import { usePostgresServer } from "../postgres-server.ts";
import { PROJECT } from "./child-program.ts";

const HOUR_MS = 60 * 60_000;
const TENANT = "2432b57b-0abd-43db-aa7b-16eadd115d34";
const OTHER_TENANT = "0e0e0e0e-0000-4000-8000-00000000000e";
const startServer = usePostgresServer(after);

interface Result {
  readonly code: unknown;
  readonly out: string;
  readonly err: string;
}

/** The other settings are the bot's business; the command must not ask for them. */
function run(words: readonly string[], databaseUrl: string): Promise<Result> {
  const launcher = join(PROJECT, "bin", "earshot.js");
  const env = { PATH: process.env.PATH, DATABASE_URL: databaseUrl, BOT_ID: "mine", PORT: "eighty" };
  return new Promise((resolve) => {
    execFile(process.execPath, [launcher, "subscriptions", ...words], { env }, (error, out, err) => {
      resolve({ code: error ? error.code : 0, out, err });
    });
  });
}

describe("npx earshot subscriptions", function () {
  this.timeout(60_000);
  const pathOf = useTemporaryFolder();

  const ENGINES: readonly [engine: string, createUrl: () => Promise<string>][] = [
    ["SQLite", async () => `sqlite:${pathOf("earshot.db")}`],
    ["PostgreSQL", async () => (await startServer()).createDatabase()],
  ];
  for (const [engine, createUrl] of ENGINES) {
    describe(`beside a bot on ${engine}`, () => {
      let url: string;
      let bot: Storage;
      let now: number;
      beforeEach(async () => {
        now = Date.now();
        url = await createUrl();
        const file = url.replace(/^sqlite:/, "");
        bot = await openStorage(
          url === file ? { kind: "postgres", url: { reveal: () => url } } : { kind: "sqlite", file },
          "bot",
        );
      });
      afterEach(() => bot.close());

      const listen = (name: string, change: Parameters<typeof createRecord>[2] = {}) =>
        bot.saveSubscription(createRecord(name, now - HOUR_MS, { tenantId: TENANT, ...change }));
      const readJson = async (words: readonly string[] = []) => {
        const { code, out, err } = await run([...words, "--json"], url);
        assert.equal(err, "");
        return { code, report: JSON.parse(out) as SubscriptionsReport };
      };

      it("answers 0 while all is heard, and 1 from when something is not", async () => {
        const empty = await run([], url);
        assert.deepEqual([empty.code, empty.err], [0, ""]);
        assert.match(
          empty.out,
          /^Nothing is listened to: .*\nNo bot has been at work on this database yet\.\n$/,
        );

        await listen("alerts");
        await bot.noteHeard([{ key: createRecord("alerts", 0).key, at: now - 3 * 60_000 }]);
        await bot.noteAlive({ now: now - 5_000 });
        const well = await run([], url);
        assert.deepEqual([well.code, well.err], [0, ""]);
        assert.match(well.out, /^1 listening; 0 open gaps\.\nThe bot was last at work \d+ seconds ago \(/);
        assert.match(
          well.out,
          /^ {2}listening +Ops › alerts\n {4}expires in (?:69|70) hours .*, last notification 3 minutes ago$/m,
        );

        await bot.saveDeafSpots({
          tenantId: TENANT,
          spots: [
            {
              ...{ tenantId: TENANT, label: "Ops › Secret", teamId: "team", conversationId: "19:secret" },
              ...{ state: "deaf", wantedBy: "installed", reason: "not heard: nobody has granted it" },
              refused: null,
            },
          ],
        });
        const deaf = await run([], url);
        assert.deepEqual([deaf.code, deaf.err], [1, ""]);
        assert.match(deaf.out, /^ {2}deaf +Ops › Secret\n {4}not heard: nobody has granted it$/m);
      });

      it("reports each subscription, deaf spot and gap to a machine, of all tenants or of one", async () => {
        await listen("alerts");
        await listen("lost", { expiresAt: now - 1_000, content: "fetch", api: "beta" });
        await listen("far", { tenantId: OTHER_TENANT });
        await bot.saveConversations([
          {
            ...{ tenantId: TENANT, conversationId: "19:lost", teamId: "team", label: "Ops › lost" },
            ...{ heardUntil: now - 2 * HOUR_MS, isPolled: false, now },
          },
        ]);
        await bot.openGaps({
          ...{ tenantId: TENANT, conversationIds: ["19:lost"], heardUntil: now - 2 * HOUR_MS },
          ...{ reason: "subscription-lost", now, holdUntil: now },
        });

        const { code, report } = await readJson();
        assert.equal(code, 1);
        assert.deepEqual(
          report.subscriptions.map(({ place, state, content, api }) => [place, state, content, api]),
          [
            ["Ops › lost", "expired", "fetch", "beta"],
            ["Ops › far", "listening", "encrypted", "v1.0"],
            ["Ops › alerts", "listening", "encrypted", "v1.0"],
          ],
        );
        const [gap, ...others] = report.gaps;
        assert.deepEqual([gap?.place, gap?.conversationId, others], ["Ops › lost", "19:lost", []]);
        assert.equal(gap?.since, new Date(now - 2 * HOUR_MS).toISOString().replace(/\.\d+Z/, "Z"));

        const one = await readJson(["--tenant", OTHER_TENANT.toUpperCase()]);
        assert.equal(one.code, 0);
        assert.deepEqual(
          one.report.subscriptions.map(({ place }) => place),
          ["Ops › far"],
        );
        assert.deepEqual([one.report.gaps, one.report.deafSpots], [[], []]);
      });
    });
  }

  it("calls words that it does not know misuse, and makes no database where there is none", async () => {
    const url = `sqlite:${pathOf("none.db")}`;
    const misuse = await run(["--forget"], url);
    assert.deepEqual([misuse.code, misuse.out], [2, ""]);
    assert.match(misuse.err, /Unknown option '--forget'\.\nUsage: earshot subscriptions /);
    const missing = await run(["--json"], url);
    assert.deepEqual([missing.code, missing.err], [1, ""]);
    const { fault } = JSON.parse(missing.out) as { fault: { code: string } };
    assert.equal(fault.code, "storage-unavailable");
    assert.deepEqual(await readdir(pathOf(".")), []);
  });
});
