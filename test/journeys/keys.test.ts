/** Keys that change while the bot listens: by command and by schedule, nobody misses a word, and the old ones go. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { KeysReport } from "../../src/operator/keys-report.ts";
import { createMovedClock, type MovedClock } from "../clock/moved-clock.ts";
import { PROJECT } from "./child-program.ts";
import { MANIFEST_PERMISSIONS, readReplies, setStage, type Stage } from "./stage.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Nothing happens meanwhile that would not be noticed an hour later. */
const PACE = { stepMs: HOUR_MS };
const MIRA = "Mira Lindqvist";
const CHAT = "Lunch crew";

describe("keys that change while the bot listens", function () {
  this.timeout(120_000);
  let clock: MovedClock;
  let stage: Stage;
  before(async () => {
    clock = createMovedClock(Date.now());
    stage = await setStage({
      // Of chats Graph alone tells: what is heard there was sealed by it.
      rscPermissions: MANIFEST_PERMISSIONS.filter((name) => name !== "ChatMessage.Read.Chat"),
      edges: clock.edges("bot"),
      tenantEdges: clock.edges("tenant"),
      settings: { KEY_ROTATION_DAYS: "5", KEY_BITS: "3072" },
    });
    clock.follow(stage);
    await clock.advance(MINUTE_MS);
  });
  after(async () => {
    await stage.strike();
    clock.restore();
  });

  const keysDir = () => join(stage.dataDir, "keys");
  const listFiles = async () => (await readdir(keysDir())).toSorted();
  const filesOf = (...ids: string[]) => ids.flatMap((id) => [`${id}.cert.pem`, `${id}.key.pem`]).toSorted();
  /** Beside the bot, as its operator does. */
  const earshot = (...words: string[]): Promise<{ code: unknown; out: string; err: string }> => {
    const env = {
      PATH: process.env.PATH,
      DATABASE_URL: `sqlite:${join(stage.dataDir, "earshot.db")}`,
      KEYS_DIR: keysDir(),
    };
    const launcher = join(PROJECT, "bin", "earshot.js");
    return new Promise((resolve) => {
      execFile(process.execPath, [launcher, "keys", ...words], { env }, (error, out, err) => {
        resolve({ code: error ? error.code : 0, out, err });
      });
    });
  };
  const readUse = async () => {
    const { code, out, err } = await earshot("--json");
    assert.deepEqual([code, err], [0, ""]);
    const { keys } = JSON.parse(out) as KeysReport;
    return keys.map(({ id, state, bits, subscriptions }) => ({ id, state, bits, subscriptions }));
  };
  /** Of those that bring content. */
  const readSealedTo = () =>
    stage.tenant.subscriptions().flatMap(({ encryptionCertificateId }) => encryptionCertificateId ?? []);
  const chatIsSealedTo = () =>
    stage.tenant.subscriptions().find(({ resource }) => resource.endsWith("installedToChats/getAllMessages"))
      ?.encryptionCertificateId;
  const isLogged = (event: string, certificateId: string) =>
    stage.logLines.some((line) => line.includes(`"${event}"`) && line.includes(`"${certificateId}"`));
  const sayAndHear = async (text: string) => {
    const before = readReplies(stage, CHAT).length;
    const said = stage.tenant.say({ person: MIRA, conversation: CHAT, text });
    const outcome = await clock.pass(stage.waitForOutcome(said, 1));
    assert.equal(outcome.ear, "graph");
    assert.equal(readReplies(stage, CHAT).length, before + 1);
  };
  let [first, second] = ["", ""];

  it("begin with one, to which every subscription is sealed", async () => {
    const [only, ...others] = await readUse();
    assert.ok(only);
    first = only.id;
    const amount = readSealedTo().length;
    assert.ok(amount > 1);
    assert.deepEqual(
      [only, others],
      [{ id: first, state: "current", bits: 3072, subscriptions: amount }, []],
    );
    assert.deepEqual(new Set(readSealedTo()), new Set([first]));
    await sayAndHear("the oven is down");
  });

  it("are made by command: new subscriptions have the new one within a minute, and the others are heard", async () => {
    const { code, out, err } = await earshot("rotate", "--json");
    assert.deepEqual([code, err], [0, ""]);
    second = (JSON.parse(out) as { made: { id: string } }).made.id;
    await clock.advance(MINUTE_MS + 5_000);
    assert.ok(isLogged("a certificate that another one made is taken up", second));

    stage.tenant.addChannel("Help Desk", "Networks");
    await clock.advance(MINUTE_MS);
    assert.equal(readSealedTo().filter((id) => id === second).length, 1);
    assert.equal(chatIsSealedTo(), first);
    await sayAndHear("the toaster is down");
    assert.deepEqual(await readUse(), [
      { id: second, state: "current", bits: 2048, subscriptions: 1 },
      { id: first, state: "kept", bits: 3072, subscriptions: readSealedTo().length - 1 },
    ]);
  });

  it("come to every subscription by its next renewal, and the old key stays three days and some hours", async () => {
    const changes = countChanges();
    await clock.advance(1.5 * DAY_MS, PACE);
    assert.deepEqual(new Set(readSealedTo()), new Set([second]));
    // With the renewal that was due anyway, each once.
    assert.equal(countChanges() - changes, stage.tenant.subscriptions().length);
    await sayAndHear("the kettle is down");
    const { out } = await earshot();
    assert.match(
      out,
      new RegExp(
        `^${second}\\n.*\\n {2}new subscriptions, \\d+ subscriptions\\n\\n${first}\\n.*\\n {2}not needed\\n$`,
      ),
    );
    await clock.advance(1.5 * DAY_MS, PACE);
    assert.deepEqual(await listFiles(), filesOf(first, second));

    await clock.advance(6 * HOUR_MS, PACE);
    assert.ok(isLogged("an old certificate is retired", first));
    assert.deepEqual(await listFiles(), filesOf(second));
    await sayAndHear("the fridge is down");
  });

  it("are made by schedule, too, of the size that is set", async () => {
    await clock.advance(2 * DAY_MS, PACE);
    const [third, old, ...others] = await readUse();
    assert.ok(third && old);
    assert.deepEqual([third.state, third.bits, old.id, others], ["current", 3072, second, []]);
    assert.ok(isLogged("a new certificate is made", third.id));
    await sayAndHear("the lamp is down");
    await clock.advance(2 * DAY_MS, PACE);
    assert.deepEqual(new Set(readSealedTo()), new Set([third.id]));
    await sayAndHear("the fan is down");
  });

  const countChanges = () =>
    stage.tenant.calls.filter(({ method, path }) => method === "PATCH" && path.includes("/subscriptions/"))
      .length;
});
