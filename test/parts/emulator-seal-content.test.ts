import assert from "node:assert/strict";
import { constants, createHash, generateKeyPairSync, privateDecrypt, randomBytes } from "node:crypto";
import { readSealingCertificate, sealContent } from "../../src/emulator/seal-content.ts";
import { createCertificate } from "../journeys/emulator-certificate.ts";
import { unseal } from "./emulator-unseal.ts";

describe("emulated tenant: sealing", () => {
  let own: Awaited<ReturnType<typeof createCertificate>>;
  before(async () => {
    own = await createCertificate();
  });

  function demandCertificate(id: string, base64: string) {
    const read = readSealingCertificate(id, base64);
    assert.ok("certificate" in read, "fault" in read ? read.fault : "");
    return read.certificate;
  }

  it("is opened by the private key, and by it alone", () => {
    const content = { id: "1", body: { content: "Grüße, 世界 👋" } };
    const sealed = sealContent(
      JSON.stringify(content),
      demandCertificate("mine", own.base64),
      randomBytes(32),
    );
    assert.deepEqual(unseal(sealed, own.privateKey), content);
    const { privateKey: stranger } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    assert.throws(() => unseal(sealed, stranger));
  });

  it("wraps a 32-byte key with OAEP over SHA-1, and names the certificate", () => {
    const key = randomBytes(32);
    const sealed = sealContent("{}", demandCertificate("mine", own.base64), key);
    const wrapped = Buffer.from(sealed.dataKey, "base64");
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    assert.deepEqual(privateDecrypt({ key: own.privateKey, padding, oaepHash: "sha1" }, wrapped), key);
    assert.throws(() => privateDecrypt({ key: own.privateKey, padding, oaepHash: "sha256" }, wrapped));
    assert.equal(sealed.encryptionCertificateId, "mine");
    const der = Buffer.from(own.base64, "base64");
    assert.equal(
      sealed.encryptionCertificateThumbprint,
      createHash("sha1").update(der).digest("hex").toUpperCase(),
    );
  });

  it("signs the ciphertext: a changed byte is noticed", () => {
    const sealed = sealContent('{"a":1}', demandCertificate("mine", own.base64), randomBytes(32));
    const data = Buffer.from(sealed.data, "base64");
    data[0] = (data[0] ?? 0) ^ 1;
    assert.throws(() => unseal({ ...sealed, data: data.toString("base64") }, own.privateKey), /equal/);
  });

  it("refuses what is no certificate with an RSA key of 2048 to 4096 bits", async () => {
    const small = await createCertificate(1024);
    const elliptic = await createCertificate("P-256");
    const pem = `-----BEGIN CERTIFICATE-----\n${own.base64}\n-----END CERTIFICATE-----`;
    for (const [what, text] of Object.entries({
      "a small key": small.base64,
      "an elliptic key": elliptic.base64,
      PEM: pem,
      "other bytes": Buffer.from("hello").toString("base64"),
      nothing: "",
    })) {
      assert.ok("fault" in readSealingCertificate("mine", text), what);
    }
  });
});
