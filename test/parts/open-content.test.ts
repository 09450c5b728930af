import assert from "node:assert/strict";
import {
  constants,
  createCipheriv,
  createHmac,
  createPrivateKey,
  type KeyObject,
  publicEncrypt,
  randomBytes,
} from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { openKeyRing, type KeyRing } from "../../src/decryptor/key-ring.ts";
import { openContent } from "../../src/decryptor/open-content.ts";
import { sealContent } from "../../src/decryptor/seal-content.ts";
import { EarshotError } from "../../src/errors.ts";
import { parseEncryptedContent, type EncryptedContent } from "../../src/wire/change-notification.ts";
import { createQuietEdges } from "./quiet-edges.ts";
import { useTemporaryFolder } from "./temporary-folder.ts";

const PUBLISHED = resolve(import.meta.dirname, "../../../shared/vectors/known-answer");
const isPublishedHere = existsSync(PUBLISHED);
const readPublished = (name: string): unknown => JSON.parse(readFileSync(join(PUBLISHED, name), "utf8"));

describe("opening of sealed content", () => {
  const pathOf = useTemporaryFolder("block");
  let ring: KeyRing;
  let ownKey: KeyObject;
  before(async () => {
    ring = await openKeyRing({ dir: pathOf("keys"), edges: createQuietEdges() });
    ownKey = (await ring.find(ring.current().id))!;
  });
  const seal = (text: string) => sealContent(text, ring, randomBytes);
  const open = (content: EncryptedContent) => openContent(content, ownKey);

  describe(
    isPublishedHere
      ? "of the notification that Microsoft published"
      : "of the notification that Microsoft published (absent here: shared/vectors/known-answer)",
    () => {
      const readVector = () => ({
        content: parseEncryptedContent({
          encryptionCertificateId: "published",
          ...(readPublished("encrypted-content.json") as object),
        }),
        key: createPrivateKey({ key: readPublished("private-key.jwk.json") as never, format: "jwk" }),
      });
      before(function () {
        if (!isPublishedHere) this.skip();
      });
      it("gives the published text", () => {
        const { content, key } = readVector();
        assert.deepEqual(JSON.parse(openContent(content, key)), readPublished("plaintext.json"));
      });
      it("gives nothing with our own key", () => {
        assert.throws(() => open(readVector().content), { code: "content-not-openable" });
      });
    },
  );

  it("gives back whatever was sealed", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
        assert.equal(open(seal(text)), text.toWellFormed().replace(/^\ufeff/, ""));
      }),
      { numRuns: 60 },
    );
  });

  for (const [title, text] of [
    ["nothing", ""],
    ["one block exactly", "x".repeat(16)],
    ["a text beyond the first plane", "👀🏽 — שלום — e\u0301 — \u{10ffff}"],
    ["a NUL and a BOM within", "a\u0000b\ufeffc"],
    ["100,000 characters", "é".repeat(100_000)],
  ] as const) {
    it(`gives back ${title}`, () => {
      assert.equal(open(seal(text)), text);
    });
  }

  it("leaves out a byte order mark, with which no parser would take the JSON", () => {
    assert.equal(open(seal("\ufeff{}")), "{}");
  });

  it("seals the same text each time to other bytes", () => {
    const [one, other] = [seal("the same"), seal("the same")];
    assert.notEqual(one.data, other.data);
    assert.notEqual(one.dataKey, other.dataKey);
    assert.notEqual(one.dataSignature, other.dataSignature);
  });

  describe("that was tampered with", () => {
    const edit = (base64: string, change: (bytes: Buffer) => Buffer) =>
      change(Buffer.from(base64, "base64")).toString("base64");
    const flip = (at: number) => (bytes: Buffer) => {
      const index = at < 0 ? bytes.length + at : at;
      bytes[index] = bytes[index]! ^ 0x01;
      return bytes;
    };
    const cut = (bytes: Buffer) => bytes.subarray(0, -1);
    const lengthen = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(1)]);
    /** Sealed by hand to our own certificate, as anybody can: it is public. */
    const forge = (plain: Buffer, key = randomBytes(32), aesKey = key): EncryptedContent => {
      const cipher = createCipheriv("aes-256-cbc", aesKey, aesKey.subarray(0, 16));
      const data = Buffer.concat([cipher.update(plain), cipher.final()]);
      const { publicKey, id } = ring.current();
      const padding = constants.RSA_PKCS1_OAEP_PADDING;
      return {
        data: data.toString("base64"),
        dataSignature: createHmac("sha256", key).update(data).digest("base64"),
        dataKey: publicEncrypt({ key: publicKey, padding, oaepHash: "sha1" }, key).toString("base64"),
        encryptionCertificateId: id,
      };
    };
    const sign = (content: EncryptedContent, key: Buffer, data: Buffer): EncryptedContent => ({
      ...content,
      data: data.toString("base64"),
      dataSignature: createHmac("sha256", key).update(data).digest("base64"),
    });

    const TEXT = "a text of more than one block";
    type Tamper = (content: EncryptedContent) => EncryptedContent;
    const region =
      (name: "data" | "dataKey" | "dataSignature", change: (bytes: Buffer) => Buffer): Tamper =>
      (content) => ({ ...content, [name]: edit(content[name], change) });
    const regions = (["data", "dataKey", "dataSignature"] as const).flatMap((name): [string, Tamper][] => [
      [`${name}, first byte`, region(name, flip(0))],
      [`${name}, middle byte`, region(name, flip(17))],
      [`${name}, last byte`, region(name, flip(-1))],
      [`${name}, cut by a byte`, region(name, cut)],
      [`${name}, longer by a byte`, region(name, lengthen)],
      [`${name}, empty`, region(name, () => Buffer.alloc(0))],
      [`${name}, zeros`, region(name, (bytes) => bytes.fill(0))],
      [`${name}, not base64`, (content) => ({ ...content, [name]: "§§ no base64 §§" })],
      [`${name}, of another item`, (content) => ({ ...content, [name]: seal("another")[name] })],
    ]);
    const TAMPERS: readonly (readonly [string, Tamper])[] = [
      ...regions,
      ["a block left out", region("data", (bytes) => bytes.subarray(16))],
      ["data and signature of another item", (content) => ({ ...seal("another"), dataKey: content.dataKey })],
      [
        "a key of 16 bytes, rightly signed",
        () => forge(Buffer.from("text"), randomBytes(16), randomBytes(32)),
      ],
      ["text that is not UTF-8, rightly sealed", () => forge(Buffer.from([0x22, 0xff, 0xfe, 0x22]))],
      [
        "a broken padding, rightly signed",
        () => {
          const key = randomBytes(32);
          const sealed = forge(Buffer.from("x".repeat(20)), key);
          return sign(sealed, key, Buffer.from(sealed.data, "base64").subarray(0, 16));
        },
      ],
      [
        "a ciphertext that is no whole block, rightly signed",
        () => {
          const key = randomBytes(32);
          return sign(forge(Buffer.from("x"), key), key, Buffer.alloc(15));
        },
      ],
    ];

    for (const [title, tamper] of TAMPERS) {
      it(`is refused by one and the same error: ${title}`, () => {
        const good = seal(TEXT);
        assert.throws(() => open(tamper(good)), expectRefusal);
        assert.equal(open(good), TEXT);
      });
    }

    it("is refused so with another's key, too", async () => {
      const other = await openKeyRing({ dir: pathOf("other"), edges: createQuietEdges() });
      const otherKey = (await other.find(other.current().id))!;
      assert.throws(() => openContent(seal("text"), otherKey), expectRefusal);
    });

    it("opens what was rightly sealed by hand, so that the forgeries above fail for their own faults", () => {
      assert.equal(open(forge(Buffer.from("by hand"))), "by hand");
    });

    it("is refused so wherever one bit is turned", () => {
      const good = seal("a text of more than one block, to be turned everywhere");
      const name = fc.constantFrom("data" as const, "dataKey" as const, "dataSignature" as const);
      fc.assert(
        fc.property(name, fc.nat(), fc.nat(7), (field, at, bit) => {
          const bytes = Buffer.from(good[field], "base64");
          bytes[at % bytes.length]! ^= 1 << bit;
          assert.throws(() => open({ ...good, [field]: bytes.toString("base64") }), expectRefusal);
        }),
        { numRuns: 100 },
      );
    });
  });
});

/** Nothing in it tells which check failed: no cause, no other words, no other fields. */
function expectRefusal(error: unknown): true {
  assert.ok(error instanceof EarshotError);
  assert.deepEqual(
    { ...error, message: error.message, cause: error.cause },
    {
      name: "EarshotError",
      code: "content-not-openable",
      disposition: "park",
      retryAfterMs: undefined,
      message: "the sealed content could not be opened",
      cause: undefined,
    },
  );
  return true;
}
