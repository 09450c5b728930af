/** A subscriber's key and self-signed certificate, as a bot would make them. */
import "reflect-metadata";
import { KeyObject, webcrypto } from "node:crypto";
import { X509CertificateGenerator } from "@peculiar/x509";

export interface SubscriberCertificate {
  readonly privateKey: KeyObject;
  /** Base64 of the DER, as `encryptionCertificate` wants it. */
  readonly base64: string;
}

/** `kind`: RSA key size in bits, or the name of an elliptic curve. */
export async function createCertificate(kind: number | "P-256" = 2048): Promise<SubscriberCertificate> {
  const algorithm =
    kind === "P-256"
      ? { name: "ECDSA", namedCurve: kind, hash: "SHA-256" }
      : {
          name: "RSASSA-PKCS1-v1_5",
          hash: "SHA-256",
          modulusLength: kind,
          publicExponent: new Uint8Array([1, 0, 1]),
        };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    { keys, signingAlgorithm: algorithm, name: "CN=emulator test" },
    webcrypto,
  );
  return {
    privateKey: KeyObject.from(keys.privateKey),
    base64: Buffer.from(certificate.rawData).toString("base64"),
  };
}
