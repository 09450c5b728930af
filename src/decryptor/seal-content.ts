import { constants, createCipheriv, createHmac, publicEncrypt } from "node:crypto";
import type { EncryptedContent } from "../wire/change-notification.ts";
import type { KeyRing } from "./key-ring.ts";

/**
 * Seals what Bot Framework brings in clear text to our own newest certificate, in the form in which Graph seals, so
 * that nothing said lies open in the inbox and one opener serves both ears.
 */
export function sealContent(
  text: string,
  keyRing: Pick<KeyRing, "current">,
  randomBytes: (sizeBytes: number) => Buffer,
): EncryptedContent {
  const key = randomBytes(32);
  const cipher = createCipheriv("aes-256-cbc", key, key.subarray(0, 16));
  const ciphertext = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  const { id, publicKey } = keyRing.current();
  return {
    data: ciphertext.toString("base64"),
    dataSignature: createHmac("sha256", key).update(ciphertext).digest("base64"),
    dataKey: publicEncrypt(
      { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha1" },
      key,
    ).toString("base64"),
    encryptionCertificateId: id,
  };
}
