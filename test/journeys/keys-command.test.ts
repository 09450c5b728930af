/** `npx earshot keys` as an operator runs it: a process of its own, beside the bot, on both engines. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { openKeyRing, type KeyRing } from "../../src/decryptor/key-ring.ts";
import type { KeysReport } from "../../src/operator/keys-report.ts";
import { openStorage } from "../../src/storage/open-storage.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { createQuietEdges } from "../parts/quiet-edges.ts";
import { createRecord } from "../parts/subscription-record.ts";
import { useTemporaryFolder } from "../parts/temporary-folder.ts";
import { createNotification } from "../parts/waiting-notification.ts";
import { usePostgresServer } from "../postgres-server.ts";
import { PROJECT } from "./child-program.ts";

const DAY_MS = 24 * 60 * 60_000;
const startServer = usePostgresServer(after);

describe("npx earshot keys", function () {
  this.timeout(60_000);
  const pathOf = useTemporaryFolder();
  let url: string;

  /** The other settings are the bot's business; the command must not ask for them. */
  const run = (
    words: readonly string[],
    settings: Record<string, string> = {},
  ): Promise<{ code: unknown; out: string; err: string }> => {
    const launcher = join(PROJECT, "bin", "earshot.js");
    const env = {
      ...{
        PATH: process.env.PATH,
        DATABASE_URL: url,
        KEYS_DIR: pathOf("keys"),
        BOT_ID: "mine",
        PORT: "eighty",
      },
      ...settings,
    };
    return new Promise((resolve) => {
      execFile(process.execPath, [launcher, "keys", ...words], { env }, (error, out, err) => {
        assert.doesNotMatch(out + err, /PRIVATE|BEGIN/);
        resolve({ code: error ? error.code : 0, out, err });
      });
    });
  };
  const openRing = (now = Date.now()) =>
    openKeyRing({ dir: pathOf("keys"), edges: createQuietEdges({ now: () => now }) });

  const ENGINES: readonly [engine: string, createUrl: () => Promise<string>][] = [
    ["SQLite", async () => `sqlite:${pathOf("earshot.db")}`],
    ["PostgreSQL", async () => (await startServer()).createDatabase()],
  ];
  for (const [engine, createUrl] of ENGINES) {
    describe(`beside a bot on ${engine}`, () => {
      let bot: Storage;
      let ring: KeyRing;
      beforeEach(async () => {
        url = await createUrl();
        const file = url.replace(/^sqlite:/, "");
        bot = await openStorage(
          url === file ? { kind: "postgres", url: { reveal: () => url } } : { kind: "sqlite", file },
          "bot",
        );
        ring = await openRing(Date.now() - 10 * DAY_MS);
      });
      afterEach(() => bot.close());

      const listen = (name: string, certificateId: string) =>
        bot.saveSubscription(createRecord(name, Date.now(), { certificateId }));
      const store = (name: string, certificateId: string) =>
        bot.addNotifications([
          createNotification(
            { conversationId: `19:${name}` },
            { sealed: JSON.stringify({ data: "QUJD", encryptionCertificateId: certificateId }) },
          ),
        ]);

      it("lists each with what needs it, for a person and for a machine", async () => {
        const old = ring.current();
        const { id: current } = await (await openRing()).add();
        await listen("a", old.id);
        for (const name of ["b", "c"]) await listen(name, current);
        for (const name of ["d", "e", "f"]) await store(name, old.id);

        const { code, out, err } = await run([]);
        assert.deepEqual([code, err], [0, ""]);
        assert.match(
          out,
          new RegExp(
            `^${current}\\n {2}RSA-2048, made \\S+, ends \\S+ \\(in 7(29|30) days\\)\\n {2}new subscriptions, 2 subscriptions\\n\\n` +
              `${old.id}\\n {2}RSA-2048, made \\S+, ends \\S+ \\(in 7(19|20) days\\)\\n {2}1 subscription, 3 messages\\n$`,
          ),
        );
        const asJson = await run(["--json"]);
        assert.deepEqual([asJson.code, asJson.err], [0, ""]);
        const report = JSON.parse(asJson.out) as KeysReport;
        assert.deepEqual(
          report.keys.map(({ id, state, subscriptions, messages, endsAt }) => [
            ...[id, state, subscriptions, messages],
            Date.parse(endsAt ?? "") === old.notAfter,
          ]),
          [
            [current, "current", 2, 0, false],
            [old.id, "kept", 1, 3, true],
          ],
        );
      });

      it("answers 1 where a key is missing that something needs, and 0 once it is back", async () => {
        const { id } = ring.current();
        await ring.add();
        await store("a", id);
        await rename(pathOf(`keys/${id}.cert.pem`), pathOf("away"));
        const { code, out, err } = await run([]);
        assert.deepEqual([code, err], [1, ""]);
        assert.ok(
          out.startsWith(`${id}\n  missing, but needed: 1 message\n  put its .key.pem and .cert.pem back`),
        );
        await rename(pathOf("away"), pathOf(`keys/${id}.cert.pem`));
        assert.equal((await run([])).code, 0);
      });

      it("makes a new pair beside the running bot, which takes it up", async () => {
        const { id: old } = ring.current();
        const { code, out, err } = await run(["rotate"], { KEY_BITS: "3072" });
        assert.deepEqual([code, err], [0, ""]);
        const [, id = ""] = /^Made: (earshot-\S+) \(RSA-3072, ends \S+Z\)\.\n/.exec(out) ?? [];
        assert.match(out, /A running bot takes it up within a minute/);
        assert.equal(ring.current().id, old);
        await ring.refresh();
        assert.deepEqual([ring.current().id, ring.current().bits], [id, 3072]);
        assert.ok((await ring.find(id)) && (await ring.find(old)));

        const asJson = await run(["rotate", "--json"]);
        assert.deepEqual([asJson.code, asJson.err], [0, ""]);
        await ring.refresh();
        const { made } = JSON.parse(asJson.out) as { made: Record<string, unknown> };
        const { bits, notBefore, notAfter } = ring.current();
        assert.deepEqual(made, {
          ...{ id: ring.current().id, bits },
          ...{ madeAt: formatSecond(notBefore), endsAt: formatSecond(notAfter) },
        });
        assert.equal(ring.list().length, 3);
      });
    });
  }

  describe("without a bot", () => {
    beforeEach(async () => {
      url = `sqlite:${pathOf("earshot.db")}`;
    });
    const makeDatabase = async () => {
      const made = await openStorage({ kind: "sqlite", file: pathOf("earshot.db") }, "bot");
      await made.close();
    };

    it("answers 1 from thirty days before the current certificate ends", async () => {
      await makeDatabase();
      await openRing(Date.now() - 699 * DAY_MS);
      assert.equal((await run([])).code, 0);
      const made = await openKeyRing({
        dir: pathOf("sooner"),
        edges: createQuietEdges({ now: () => Date.now() - 701 * DAY_MS }),
      });
      const { code, out } = await run([], { KEYS_DIR: pathOf("sooner") });
      assert.equal(code, 1);
      assert.match(out, /\(in 2[89] days\)\n {2}new subscriptions\n {2}run earshot keys rotate: /);
      assert.equal((await run(["rotate"], { KEYS_DIR: pathOf("sooner") })).code, 0);
      await made.refresh();
      assert.equal(made.list().length, 2);
      assert.equal((await run([], { KEYS_DIR: pathOf("sooner") })).code, 0);
    });

    it("makes neither folder, key nor database where there is none, and says what it looked for", async () => {
      for (const words of [[], ["rotate"]]) {
        const { code, out, err } = await run(words);
        assert.deepEqual([code, out], [1, ""]);
        assert.ok(
          err.includes(`KEYS_DIR names the folder ${pathOf("keys")}, which cannot be read: ENOENT`),
          err,
        );
        assert.match(err, /Set KEYS_DIR as the bot has it/);
      }
      await mkdir(pathOf("keys"));
      const asJson = await run(["rotate", "--json"]);
      assert.deepEqual([asJson.code, asJson.err], [1, ""]);
      const { fault } = JSON.parse(asJson.out) as { fault: { code: string; message: string } };
      assert.equal(fault.code, "key-ring-invalid");
      assert.match(fault.message, /which holds no certificate\./);
      assert.deepEqual(await readdir(pathOf("keys")), []);

      await openRing();
      const noDatabase = await run([]);
      assert.deepEqual([noDatabase.code, noDatabase.out], [1, ""]);
      assert.match(noDatabase.err, /the SQLite file \S+earshot\.db, which is not there/);
      assert.deepEqual(await readdir(pathOf(".")), ["keys"]);
    });

    it("calls words and settings misuse and fault", async () => {
      await openRing();
      const files = await readdir(pathOf("keys"));
      for (const words of [["forget"], ["rotate", "twice"], ["--forget"]]) {
        const { code, out, err } = await run(words);
        assert.deepEqual([code, out], [2, ""], words.join(" "));
        assert.match(err, /^\S.+\.\nUsage: earshot keys \[rotate\] \[--json\]\n$/);
      }
      const { code, err } = await run(["rotate"], { KEY_BITS: "1024" });
      assert.deepEqual([code, err], [1, 'KEY_BITS must be one of 2048, 3072, 4096. Found: "1024".\n']);
      assert.deepEqual(await readdir(pathOf("keys")), files);
    });

    it("leaves a key that cannot be read for a person to mend, and shows nothing of it", async () => {
      await makeDatabase();
      const ring = await openRing();
      const { id: broken } = ring.current();
      await ring.add();
      const pem = await readFile(pathOf(`keys/${broken}.key.pem`), "utf8");
      await rename(pathOf(`keys/${broken}.key.pem`), pathOf("away"));
      const { code, out } = await run([]);
      assert.equal(code, 1);
      assert.match(
        out,
        new RegExp(`^${broken}\\n {2}unreadable: ENOENT.*\\n {2}not needed\\n {2}mend its files`),
      );
      assert.equal((await run(["rotate"])).code, 1);
      await rename(pathOf("away"), pathOf(`keys/${broken}.key.pem`));
      const mended = await run([]);
      assert.equal(mended.code, 0);
      assert.ok(!mended.out.includes(pem.split("\n")[1]!));
    });
  });
});

function formatSecond(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}
