/** The keeper's turn with keys: real ones in a folder, and a storage that says what needs them. */
import assert from "node:assert/strict";
import { mkdir, readdir, rename, writeFile } from "node:fs/promises";
import { openKeyRing, type KeyRing } from "../../src/decryptor/key-ring.ts";
import { EarshotError } from "../../src/errors.ts";
import type { NeededCertificate } from "../../src/storage/storage.ts";
import type { SubscriptionRecord } from "../../src/storage/subscription-record.ts";
import { createKeyKeeper } from "../../src/subscriptions/keep-keys.ts";
import { OVERLAP_MS } from "../../src/subscriptions/plan-keys.ts";
import { createKeyRingLog, type KeyRingLog } from "./key-ring-log.ts";
import { createQuietEdges } from "./quiet-edges.ts";
import { createRecord } from "./subscription-record.ts";
import { useTemporaryFolder } from "./temporary-folder.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

describe("keeping keys", () => {
  const pathOf = useTemporaryFolder();
  let now: number;
  let kept: KeyRingLog;
  let ring: KeyRing;
  let subscriptions: SubscriptionRecord[];
  let needed: NeededCertificate[];
  let reads: number;
  let storageFault: EarshotError | null;
  beforeEach(async () => {
    now = Date.UTC(2026, 10, 21);
    kept = createKeyRingLog();
    ring = await openRing();
    [subscriptions, needed, reads, storageFault] = [[], [], 0, null];
  });
  const openRing = (log = kept.log) =>
    openKeyRing({ dir: pathOf("keys"), edges: createQuietEdges({ now: () => now, log }) });
  const createKeeper = (rotationMs = 30 * DAY_MS) =>
    createKeyKeeper({
      keyRing: ring,
      storage: {
        listSubscriptions: async () => {
          if (storageFault) throw storageFault;
          return subscriptions;
        },
        listNeededCertificates: async () => {
          reads += 1;
          return needed;
        },
      },
      edges: { now: () => now, log: kept.log },
      rotationMs,
    });
  const readIds = () => ring.list().map(({ id }) => id);
  const countFiles = async () => (await readdir(pathOf("keys"))).length;

  it("makes a new one at its turn and says so, and retires the old one when nothing needs it", async () => {
    const keeper = createKeeper();
    const old = ring.current().id;
    now += 30 * DAY_MS - 2 * MINUTE_MS;
    await keeper.turn();
    assert.deepEqual(readIds(), [old]);

    now += HOUR_MS;
    await keeper.turn();
    const made = ring.current();
    assert.deepEqual(readIds(), [made.id, old]);
    assert.deepEqual(
      kept.lines.map((line) => JSON.parse(line) as object),
      [
        {
          ...{ certificateId: made.id, reason: "rotation-due" },
          ...{ until: new Date(made.notAfter).toISOString(), event: "a new certificate is made" },
        },
      ],
    );

    subscriptions = [createRecord("a", now, { certificateId: old, expiresAt: now + 4 * DAY_MS })];
    needed = [{ certificateId: old, notifications: 2 }];
    now += OVERLAP_MS;
    await keeper.turn();
    assert.deepEqual(readIds(), [made.id, old]);
    now += DAY_MS;
    await keeper.turn();
    assert.deepEqual(readIds(), [made.id, old], "a message needs it");
    needed = [];
    subscriptions = [createRecord("a", now, { certificateId: old, subscriptionId: null, expiresAt: 0 })];
    now += HOUR_MS;
    await keeper.turn();
    assert.deepEqual(readIds(), [made.id, old], "a subscription that is being made needs it");
    subscriptions = [
      createRecord("a", now, { certificateId: old, expiresAt: now }),
      createRecord("b", now, { certificateId: made.id }),
    ];
    now += HOUR_MS;
    await keeper.turn();
    assert.deepEqual(readIds(), [made.id]);
    assert.equal(await countFiles(), 2);
    assert.deepEqual(kept.readEvents(), ["a new certificate is made", "an old certificate is retired"]);
  });

  it("does not read all that waits where there is nothing to retire", async () => {
    const keeper = createKeeper();
    for (let hour = 0; hour < 5; hour += 1, now += HOUR_MS) await keeper.turn();
    assert.equal(reads, 0);
    await ring.add();
    now += OVERLAP_MS;
    await keeper.turn();
    assert.equal(reads, 1);
  });

  it("makes none by schedule where there is none, but never lets one end", async () => {
    const keeper = createKeeper(0);
    const { id, notAfter } = ring.current();
    now = notAfter - 31 * DAY_MS;
    await keeper.turn();
    assert.equal(ring.current().id, id);
    now += DAY_MS;
    await keeper.turn();
    assert.notEqual(ring.current().id, id);
    assert.match(kept.lines.join(), /"reason":"ends-soon"/);
  });

  it("looks into the folder each minute, and takes up what a command made", async () => {
    const keeper = createKeeper();
    await keeper.turn();
    const made = await (await openRing(createKeyRingLog().log)).add();
    now += MINUTE_MS - 1;
    await keeper.turn();
    assert.notEqual(ring.current().id, made.id);
    now += 1;
    await keeper.turn();
    assert.equal(ring.current().id, made.id);
    assert.deepEqual(kept.readEvents(), ["a certificate that another one made is taken up"]);
  });

  it("plans no more than once an hour", async () => {
    const keeper = createKeeper(HOUR_MS / 2);
    await keeper.turn();
    const [first] = readIds();
    for (let minute = 1; minute < 60; minute += 1) {
      now += MINUTE_MS;
      await keeper.turn();
    }
    assert.deepEqual(readIds(), [first]);
    now += MINUTE_MS;
    await keeper.turn();
    assert.equal(readIds().length, 2);
  });

  it("goes on where no new one can be made, tells until when the old one lasts, and tries again", async () => {
    const keeper = createKeeper();
    const { id, notAfter } = ring.current();
    await rename(pathOf("keys"), pathOf("away"));
    await writeFile(pathOf("keys"), "in the way");
    now += 30 * DAY_MS;
    await keeper.turn();
    assert.equal(ring.current().id, id);
    const fault = kept.lines.map((line) => JSON.parse(line) as Record<string, string>).at(-1);
    assert.equal(fault?.event, "the certificates could not be kept as they should be");
    assert.deepEqual([fault.code, fault.until], ["key-ring-invalid", new Date(notAfter).toISOString()]);
    assert.match(fault.reason!, /KEYS_DIR.*Give the program a folder it may write/);

    await rename(pathOf("keys"), pathOf("what was in the way"));
    await mkdir(pathOf("keys"));
    now += HOUR_MS;
    await keeper.turn();
    assert.notEqual(ring.current().id, id);
    assert.equal(await countFiles(), 2);
  });

  it("makes a new one though the database cannot be read, and retires nothing until it can", async () => {
    const keeper = createKeeper();
    const old = ring.current().id;
    await ring.add();
    now += 30 * DAY_MS;
    storageFault = new EarshotError("storage-unavailable", "the disk is full");
    await keeper.turn();
    assert.equal(readIds().length, 3);
    assert.match(kept.lines.at(-1)!, /"code":"storage-unavailable"/);
    storageFault = null;
    now += HOUR_MS;
    await keeper.turn();
    assert.ok(!readIds().includes(old));
    assert.equal(readIds().length, 2);
  });
});
