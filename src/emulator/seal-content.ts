/**
 * Seals a message as Graph does, so that only the holder of the subscription's private key can read it.
 * Source: https://learn.microsoft.com/graph/change-notifications-with-resource-data
 * (section "Decrypting resource data from change notifications", read backwards).
 */
import {
  constants,
  createCipheriv,
  createHash,
  createHmac,
  publicEncrypt,
  type KeyObject,
  X509Certificate,
} from "node:crypto";
import type { EncryptedContent } from "../wire/change-notification.ts";

export interface SealingCertificate {
  /** The subscriber's own name for it. */
  readonly id: string;
  readonly publicKey: KeyObject;
  /** SHA-1 over the DER, hexadecimal, upper case. */
  readonly thumbprint: string;
}

/** `{ fault }` where the text is no base64 DER X.509 certificate with an RSA key of 2048 to 4096 bits. */
export function readSealingCertificate(
  id: string,
  base64Der: string,
): { readonly certificate: SealingCertificate } | { readonly fault: string } {
  const der = Buffer.from(base64Der, "base64");
  if (der.toString("base64") !== base64Der) return { fault: "it is not base64 of a DER certificate" };
  let publicKey: KeyObject;
  try {
    ({ publicKey } = new X509Certificate(der));
  } catch {
    return { fault: "it is not an X.509 certificate" };
  }
  const sizeBits = publicKey.asymmetricKeyDetails?.modulusLength ?? 0;
  if (publicKey.asymmetricKeyType !== "rsa" || sizeBits < 2048 || sizeBits > 4096) {
    return { fault: "its key must be RSA of 2048 to 4096 bits" };
  }
  const thumbprint = createHash("sha1").update(der).digest("hex").toUpperCase();
  return { certificate: { id, publicKey, thumbprint } };
}

/**
 * `key` is 32 random bytes, used for this item alone. Data: AES-256-CBC with PKCS7 padding, the initialisation
 * vector being the key's first 16 bytes. Signature: HMAC-SHA256 over the ciphertext. Key: RSA-OAEP with SHA-1.
 */
export function sealContent(text: string, certificate: SealingCertificate, key: Buffer): EncryptedContent {
  const cipher = createCipheriv("aes-256-cbc", key, key.subarray(0, 16));
  const data = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  const dataKey = publicEncrypt(
    { key: certificate.publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha1" },
    key,
  );
  return {
    data: data.toString("base64"),
    dataSignature: createHmac("sha256", key).update(data).digest("base64"),
    dataKey: dataKey.toString("base64"),
    encryptionCertificateId: certificate.id,
    encryptionCertificateThumbprint: certificate.thumbprint,
  };
}
