import assert from "node:assert/strict";
import { constants, createDecipheriv, createHmac, privateDecrypt, type KeyObject } from "node:crypto";
import type { EncryptedContent } from "../../src/wire/change-notification.ts";

/** Written once more from Microsoft's page, so that the emulator's sealing is not its own judge. Throws where it cannot. */
export function unseal(sealed: EncryptedContent, privateKey: KeyObject): unknown {
  const key = privateDecrypt(
    { key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha1" },
    Buffer.from(sealed.dataKey, "base64"),
  );
  const data = Buffer.from(sealed.data, "base64");
  assert.equal(createHmac("sha256", key).update(data).digest("base64"), sealed.dataSignature);
  const decipher = createDecipheriv("aes-256-cbc", key, key.subarray(0, 16));
  return JSON.parse(Buffer.concat([decipher.update(data), decipher.final()]).toString("utf8"));
}
