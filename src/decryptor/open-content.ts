import {
  constants,
  createDecipheriv,
  createHmac,
  privateDecrypt,
  timingSafeEqual,
  type KeyObject,
} from "node:crypto";
import { EarshotError } from "../errors.ts";
import type { EncryptedContent } from "../wire/change-notification.ts";

const AES_KEY_BYTES = 32;
const IV_BYTES = 16;

/**
 * Opens an item's sealed content: unwraps the AES key, checks the HMAC over the ciphertext before anything is
 * decrypted, then decrypts. Answers the UTF-8 text, which is JSON where Graph wrote it.
 * Whatever is wrong, the failure is one and the same `content-not-openable`: which check failed is not told.
 * Source: https://learn.microsoft.com/graph/change-notifications-with-resource-data#decrypting-resource-data-from-change-notifications
 */
export function openContent(content: EncryptedContent, privateKey: KeyObject): string {
  try {
    const key = privateDecrypt(
      { key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha1" },
      Buffer.from(content.dataKey, "base64"),
    );
    const ciphertext = Buffer.from(content.data, "base64");
    const expected = createHmac("sha256", key).update(ciphertext).digest();
    const given = Buffer.from(content.dataSignature, "base64");
    if (
      key.length !== AES_KEY_BYTES ||
      given.length !== expected.length ||
      !timingSafeEqual(given, expected)
    ) {
      throw notOpenable();
    }
    const decipher = createDecipheriv("aes-256-cbc", key, key.subarray(0, IV_BYTES));
    const plaintext = Buffer.concat([decipher.update(ciphertext), decipher.final()]);
    return new TextDecoder("utf-8", { fatal: true }).decode(plaintext);
  } catch {
    throw notOpenable();
  }
}

function notOpenable(): EarshotError {
  return new EarshotError("content-not-openable", "the sealed content could not be opened");
}
