import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { choosePoison, POISON_KINDS, sealPoisoned } from "../../src/emulator/poison.ts";
import { readSealingCertificate, sealContent } from "../../src/emulator/seal-content.ts";
import { createCertificate, type SubscriberCertificate } from "../journeys/emulator-certificate.ts";
import { unseal } from "./emulator-unseal.ts";

const MESSAGE = {
  id: "1763700000000",
  etag: "1763700000000",
  body: { contentType: "text", content: "mine" },
};

describe("emulated tenant: poison", () => {
  let own: SubscriberCertificate;
  let seal: (text: string) => ReturnType<typeof sealContent>;
  before(async () => {
    own = await createCertificate();
    const read = readSealingCertificate("mine", own.base64);
    assert.ok("certificate" in read);
    const { certificate } = read;
    seal = (text) => sealContent(text, certificate, randomBytes(32));
  });

  it("is not in what is sealed without it", () => {
    assert.deepEqual(unseal(seal(JSON.stringify(MESSAGE)), own.privateKey), MESSAGE);
  });

  for (const kind of POISON_KINDS) {
    it(`is unreadable, or is not the message: ${kind}`, () => {
      const sealed = sealPoisoned(kind, MESSAGE, seal);
      assert.deepEqual(Object.keys(sealed).toSorted(), Object.keys(seal("")).toSorted());
      assert.equal(sealed.encryptionCertificateId, "mine");
      const read = () => unseal(sealed, own.privateKey);
      switch (kind) {
        case "another message":
          assert.notEqual((read() as typeof MESSAGE).id, MESSAGE.id);
          return;
        case "no message":
          assert.equal(typeof read(), "string");
          return;
        default:
          assert.throws(read);
      }
    });
  }

  it("is of every kind in turn", () => {
    const amount = POISON_KINDS.length;
    const chosen = POISON_KINDS.map((_kind, place) => choosePoison((place + 0.5) / amount));
    assert.deepEqual(chosen, POISON_KINDS);
    assert.deepEqual([choosePoison(0), choosePoison(1 - 2 ** -32)], [POISON_KINDS[0], POISON_KINDS.at(-1)]);
  });
});
