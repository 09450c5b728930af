import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { chown, copyFile, cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { removeKeyPair, writeKeyPair } from "../../src/decryptor/key-folder.ts";
import { openKeyRing } from "../../src/decryptor/key-ring.ts";
import { makeKeyPair } from "../../src/decryptor/make-key-pair.ts";
import { EarshotError } from "../../src/errors.ts";
import { createKeyRingLog, type KeyRingLog } from "./key-ring-log.ts";
import { createQuietEdges } from "./quiet-edges.ts";
import { useTemporaryFolder } from "./temporary-folder.ts";

const DAY_MS = 24 * 60 * 60_000;

describe("the key ring", () => {
  const pathOf = useTemporaryFolder();
  const open = (dir: string, now = Date.now()) =>
    openKeyRing({ dir, edges: createQuietEdges({ now: () => now }) });
  const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

  it("is made at the first start, readable to its owner alone", async () => {
    const dir = pathOf("data/keys");
    const { id } = (await open(dir)).current();
    assert.deepEqual((await readdir(dir)).toSorted(), [`${id}.cert.pem`, `${id}.key.pem`]);
    assert.equal(await modeOf(dir), 0o700);
    assert.equal(await modeOf(join(dir, `${id}.key.pem`)), 0o600);
  });

  it("has a certificate that Graph takes: RSA 2048, self-signed, valid now and beyond any subscription", async () => {
    const { id, derBase64, publicKey, notAfter } = (await open(pathOf("keys"))).current();
    const certificate = new X509Certificate(Buffer.from(derBase64, "base64"));
    assert.equal(certificate.publicKey.asymmetricKeyType, "rsa");
    assert.equal(certificate.publicKey.asymmetricKeyDetails?.modulusLength, 2048);
    assert.ok(certificate.verify(certificate.publicKey));
    assert.ok(certificate.publicKey.equals(publicKey));
    assert.ok(Date.parse(certificate.validFrom) <= Date.now());
    assert.equal(Date.parse(certificate.validTo), notAfter);
    assert.ok(notAfter > Date.now() + 365 * DAY_MS);
    assert.ok(id.length <= 128);
    assert.doesNotMatch(derBase64, /\s|-----/);
  });

  it("holds the private key of its certificate and says nothing of others", async () => {
    const ring = await open(pathOf("keys"));
    const { id, derBase64 } = ring.current();
    assert.ok(new X509Certificate(Buffer.from(derBase64, "base64")).checkPrivateKey((await ring.find(id))!));
    assert.equal(await ring.find("another"), undefined);
    assert.equal(await ring.find("../keys"), undefined);
  });

  it("is the same when it is opened again", async () => {
    const dir = pathOf("keys");
    const [first, again] = [await open(dir), await open(dir)];
    const { id, derBase64, notAfter } = first.current();
    assert.deepEqual(
      { id: again.current().id, derBase64: again.current().derBase64, notAfter: again.current().notAfter },
      { id, derBase64, notAfter },
    );
    assert.ok((await again.find(id))?.equals((await first.find(id))!));
    assert.equal((await readdir(dir)).length, 2);
  });

  it("is another in another folder", async () => {
    const [one, other] = [await open(pathOf("one")), await open(pathOf("other"))];
    assert.notEqual(one.current().id, other.current().id);
    assert.ok(!one.current().publicKey.equals(other.current().publicKey));
  });

  it("seals to the newest and still opens what was sealed to the others", async () => {
    const [old, fresh] = [await open(pathOf("old"), Date.now() - 30 * DAY_MS), await open(pathOf("new"))];
    for (const name of await readdir(pathOf("old")))
      await copyFile(pathOf(`old/${name}`), pathOf(`new/${name}`));
    const both = await open(pathOf("new"));
    assert.equal(both.current().id, fresh.current().id);
    for (const ring of [old, fresh])
      assert.ok((await both.find(ring.current().id))?.equals((await ring.find(ring.current().id))!));
  });

  it("finds what another instance has made since in the same folder", async () => {
    let now = Date.now();
    const ring = await openKeyRing({
      dir: pathOf("shared"),
      edges: createQuietEdges({ now: () => now }),
    });
    const other = await open(pathOf("other"));
    const { id } = other.current();
    assert.equal(await ring.find(id), undefined);
    for (const name of await readdir(pathOf("other")))
      await copyFile(pathOf(`other/${name}`), pathOf(`shared/${name}`));
    // The folder is not read for each of a flood, but again half a second later.
    assert.equal(await ring.find(id), undefined);
    now += 500;
    assert.ok((await ring.find(id))?.equals((await other.find(id))!));
  });

  it("makes a certificate where only a key was left by a crash", async () => {
    const dir = pathOf("keys");
    const { id } = (await open(dir)).current();
    await rm(join(dir, `${id}.cert.pem`));
    const made = (await open(dir)).current();
    assert.notEqual(made.id, id);
  });

  for (const bits of [3072, 4096]) {
    it(`makes keys of ${bits} bits where that is asked for, beside those that are there`, async () => {
      const old = (await open(pathOf("keys"))).current();
      const ring = await openKeyRing({ dir: pathOf("keys"), bits, edges: createQuietEdges() });
      assert.deepEqual([ring.current().id, ring.current().bits], [old.id, 2048]);
      const made = await ring.add();
      assert.equal(made.bits, bits);
      assert.equal(made.publicKey.asymmetricKeyDetails?.modulusLength, bits);
    });
  }

  it("has as its current one what was made last, not what ends last", async () => {
    const ring = await open(pathOf("keys"));
    const now = Date.now();
    const files = await makeKeyPair({
      ...{ bits: 2048, serialNumber: "01", notBefore: now - DAY_MS, notAfter: now + 5_000 * DAY_MS },
    });
    await writeKeyPair(pathOf("keys"), "lasting", files);
    await ring.refresh();
    assert.deepEqual(
      ring.list().map(({ id }) => id),
      [ring.current().id, "lasting"],
    );
    assert.notEqual(ring.current().id, "lasting");
    assert.equal((await open(pathOf("keys"))).current().id, ring.current().id);
  });

  it("gives what was added to new subscriptions, and opens what was sealed before", async () => {
    const ring = await open(pathOf("keys"));
    const old = ring.current();
    const made = await ring.add();
    assert.notEqual(made.id, old.id);
    assert.equal(ring.current(), made);
    assert.deepEqual(ring.list(), [made, old]);
    for (const { id, derBase64 } of [old, made])
      assert.ok(
        new X509Certificate(Buffer.from(derBase64, "base64")).checkPrivateKey((await ring.find(id))!),
      );
    assert.equal(await modeOf(pathOf(`keys/${made.id}.key.pem`)), 0o600);
    const again = await open(pathOf("keys"));
    assert.deepEqual(
      again.list().map(({ id, notBefore, notAfter }) => [id, notBefore, notAfter]),
      ring.list().map(({ id, notBefore, notAfter }) => [id, notBefore, notAfter]),
    );
  });

  it("has the one added last as its newest, whatever the clock did, and twice in a moment", async () => {
    let now = Date.now();
    const ring = await openKeyRing({ dir: pathOf("keys"), edges: createQuietEdges({ now: () => now }) });
    const ids = [ring.current().id];
    for (const step of [0, 0, -DAY_MS]) {
      now += step;
      ids.unshift((await ring.add()).id);
    }
    assert.deepEqual(
      ring.list().map(({ id }) => id),
      ids,
    );
    assert.equal((await open(pathOf("keys"))).current().id, ids[0]);
  });

  it("is made by two that start at once in one folder, and they agree", async () => {
    const rings = await Promise.all([open(pathOf("keys")), open(pathOf("keys"))]);
    const sealedTo = rings.map((ring) => ring.current().id);
    for (const ring of rings) await ring.refresh();
    const [one, other] = rings.map((ring) => ring.list().map(({ id }) => id));
    assert.deepEqual(one, other);
    assert.ok(one!.length <= 2);
    for (const ring of rings) for (const id of sealedTo) assert.ok(await ring.find(id));
  });

  it("belongs to the folder's owner, whoever makes it", async function () {
    // Only root may give files away.
    if (process.getuid?.() !== 0) this.skip();
    const ring = await open(pathOf("keys"));
    await chown(pathOf("keys"), 1234, 1235);
    const { id } = await ring.add();
    for (const name of [`${id}.key.pem`, `${id}.cert.pem`]) {
      const { uid, gid } = await stat(pathOf(`keys/${name}`));
      assert.deepEqual([uid, gid], [1234, 1235]);
    }
  });

  describe("looking into the folder again", () => {
    let kept: KeyRingLog;
    beforeEach(() => {
      kept = createKeyRingLog();
    });
    const openLogged = (dir: string) => openKeyRing({ dir, edges: createQuietEdges({ log: kept.log }) });

    it("takes up what another made there, and forgets what it removed", async () => {
      const [ring, other] = [await open(pathOf("keys")), await openLogged(pathOf("keys"))];
      const forgotten: string[] = [];
      const stop = other.onForget((id) => forgotten.push(id));
      const old = ring.current();
      const made = await ring.add();
      assert.equal(other.current().id, old.id);
      await other.refresh();
      assert.equal(other.current().id, made.id);
      assert.ok(await other.find(old.id));
      await ring.retire(old.id);
      await other.refresh();
      assert.deepEqual(
        [other.list().map(({ id }) => id), forgotten, await other.find(old.id)],
        [[made.id], [old.id], undefined],
      );
      assert.deepEqual(kept.readEvents(), ["a certificate that another one made is taken up"]);
      stop();
      const next = await other.add();
      await other.retire(made.id);
      assert.deepEqual([other.current().id, forgotten], [next.id, [old.id]]);
    });

    it("leaves out what cannot be read, tells it once, and takes the others and what was mended", async () => {
      const ring = await openLogged(pathOf("keys"));
      const { id: first } = ring.current();
      const other = await open(pathOf("other"));
      const { id: bad } = other.current();
      const { id: good } = await other.add();
      await cp(pathOf("other"), pathOf("keys"), { recursive: true });
      await writeFile(pathOf(`keys/${bad}.key.pem`), "no key");
      await ring.refresh();
      await ring.refresh();
      assert.deepEqual(
        ring.list().map(({ id }) => id),
        [good, first],
      );
      const warnings = kept.lines.filter((line) =>
        line.includes('"a certificate cannot be read and is left out"'),
      );
      assert.equal(warnings.length, 1);
      assert.equal((JSON.parse(warnings[0]!) as { certificateId: string }).certificateId, bad);
      assert.doesNotMatch(kept.lines.join(), /BEGIN|no key/);
      await copyFile(pathOf(`other/${bad}.key.pem`), pathOf(`keys/${bad}.key.pem`));
      await ring.refresh();
      assert.ok((await ring.find(bad))?.equals((await other.find(bad))!));
    });

    it("goes on with what it has where the folder is gone or empty, and tells", async () => {
      const ring = await openLogged(pathOf("keys"));
      const { id } = ring.current();
      await rename(pathOf("keys"), pathOf("away"));
      await ring.refresh();
      assert.deepEqual(kept.readEvents(), ["the folder of keys cannot be read"]);
      await mkdir(pathOf("keys"));
      await ring.refresh();
      await ring.refresh();
      assert.deepEqual(kept.readEvents().slice(1), ["a certificate is gone from its folder"]);
      assert.equal(ring.current().id, id);
      assert.ok(await ring.find(id));
    });

    it("goes on with a current one that is lost, and with it alone where the older ones are there", async () => {
      const ring = await openLogged(pathOf("keys"));
      const old = ring.current();
      const lost = await ring.add();
      await rename(pathOf(`keys/${lost.id}.cert.pem`), pathOf("away"));
      await ring.refresh();
      assert.deepEqual([ring.current(), ring.list()], [lost, [lost, old]]);
      assert.ok((await ring.find(lost.id)) && (await ring.find(old.id)));
      assert.match(kept.lines.join(), new RegExp(`"${lost.id}".*"a certificate is gone from its folder"`));
      // Once there is a newer one, what is gone was retired.
      await (await open(pathOf("keys"), Date.now() + DAY_MS)).add();
      await ring.refresh();
      assert.deepEqual([ring.list().length, await ring.find(lost.id), ring.list()[1]], [2, undefined, old]);
    });

    it("never sees half a pair, while others make and remove them", async () => {
      const dir = pathOf("keys");
      const ring = await openLogged(dir);
      const files = await makeKeyPair({
        ...{ bits: 2048, serialNumber: "01", notBefore: 0, notAfter: Date.now() },
      });
      let isOver = false;
      const write = async (name: string) => {
        for (let index = 0; index < 60; index += 1) {
          await writeKeyPair(dir, `${name}-${index}`, files);
          await removeKeyPair(dir, `${name}-${index}`);
        }
      };
      const writing = Promise.all(["a", "b", "c"].map(write)).finally(() => (isOver = true));
      let most = 0;
      while (!isOver) {
        await ring.refresh();
        most = Math.max(most, ring.list().length);
      }
      await writing;
      await ring.refresh();
      assert.ok(most > 1, "none of them was ever seen");
      assert.equal(ring.list().length, 1);
      assert.deepEqual(
        new Set(kept.readEvents()),
        new Set(["a certificate that another one made is taken up"]),
      );
      assert.deepEqual((await readdir(dir)).length, 2);
    });

    it("overlooks what a crash left of a pair that was never whole", async () => {
      const ring = await openLogged(pathOf("keys"));
      const { id } = ring.current();
      await writeFile(pathOf("keys/late.key.pem"), "half");
      await copyFile(pathOf(`keys/${id}.cert.pem`), pathOf("keys/late.cert.pem.new"));
      await ring.refresh();
      assert.deepEqual([ring.list().length, kept.readEvents()], [1, []]);
      assert.equal((await open(pathOf("keys"))).list().length, 1);
    });
  });

  it("removes a retired pair from the folder, but never the current one", async () => {
    const ring = await open(pathOf("keys"));
    const old = ring.current();
    await assert.rejects(ring.retire(old.id), { code: "unexpected" });
    const made = await ring.add();
    await assert.rejects(ring.retire(made.id), { code: "unexpected" });
    assert.equal((await readdir(pathOf("keys"))).length, 4);
    await ring.retire(old.id);
    assert.deepEqual((await readdir(pathOf("keys"))).toSorted(), [
      `${made.id}.cert.pem`,
      `${made.id}.key.pem`,
    ]);
    assert.deepEqual([ring.list(), await ring.find(old.id)], [[made], undefined]);
    assert.ok(await ring.find(made.id));
  });

  it("says so where a new pair cannot be written, and goes on with what it has", async () => {
    const ring = await open(pathOf("keys"));
    const { id } = ring.current();
    await rename(pathOf("keys"), pathOf("away"));
    await assert.rejects(ring.add(), (error) => {
      assert.ok(error instanceof EarshotError);
      assert.equal(error.code, "key-ring-invalid");
      assert.match(error.message, /\(KEYS_DIR\) cannot be read or made: ENOENT/);
      return true;
    });
    assert.equal(ring.current().id, id);
    await rename(pathOf("away"), pathOf("keys"));
    assert.notEqual((await ring.add()).id, id);
    assert.match(await readFile(pathOf(`keys/${id}.cert.pem`), "utf8"), /BEGIN CERTIFICATE/);
  });

  const FAULTS: readonly [title: string, spoil: (dir: string, id: string) => Promise<void>, says: RegExp][] =
    [
      [
        "the key belongs to another certificate",
        async (dir, id) => {
          const foreign = (await open(pathOf("foreign"))).current().id;
          await copyFile(pathOf(`foreign/${foreign}.key.pem`), join(dir, `${id}.key.pem`));
        },
        /^earshot-\S+\.key\.pem in \S+ is not the key of earshot-\S+\.cert\.pem$/,
      ],
      [
        "the key is gone",
        (dir, id) => rm(join(dir, `${id}.key.pem`)),
        /\(KEYS_DIR\) cannot be read or made: ENOENT/,
      ],
      ["the key is no key", (dir, id) => writeFile(join(dir, `${id}.key.pem`), "no key"), /KEYS_DIR/],
      ["the certificate is none", (dir, id) => writeFile(join(dir, `${id}.cert.pem`), "none"), /KEYS_DIR/],
      [
        "the folder is a file",
        async (dir) => {
          await rm(dir, { recursive: true });
          await writeFile(dir, "");
        },
        /the keys in \S+ \(KEYS_DIR\) cannot be read or made: EEXIST.* Give the program a folder it may write/,
      ],
      [
        "a folder has a key's name",
        async (dir, id) => {
          await rm(join(dir, `${id}.key.pem`));
          await mkdir(join(dir, `${id}.key.pem`));
        },
        /KEYS_DIR/,
      ],
    ];
  for (const [title, spoil, says] of FAULTS) {
    it(`stops the start with key-ring-invalid where ${title}, and opens before that`, async () => {
      const dir = pathOf("keys");
      const { id } = (await open(dir)).current();
      await spoil(dir, id);
      await assert.rejects(open(dir), (error) => {
        assert.ok(error instanceof EarshotError);
        assert.deepEqual([error.code, error.disposition], ["key-ring-invalid", "stop"]);
        assert.match(error.message, says);
        assert.doesNotMatch(error.message, /BEGIN/);
        return true;
      });
    });
  }
});
