import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { copyFile, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openKeyRing } from "../../src/decryptor/key-ring.ts";
import { EarshotError } from "../../src/errors.ts";
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
