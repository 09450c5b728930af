import { webcrypto } from "node:crypto";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";

export interface KeyPairFiles {
  readonly privatePem: string;
  readonly certificatePem: string;
}

/**
 * An RSA key and a certificate that it signed itself, which is what Graph wants; instants in epoch ms.
 * Source: https://learn.microsoft.com/graph/change-notifications-with-resource-data#managing-encryption-keys
 */
export async function makeKeyPair(wanted: {
  bits: number;
  /** Hexadecimal. */
  serialNumber: string;
  notBefore: number;
  notAfter: number;
}): Promise<KeyPairFiles> {
  const algorithm = {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    modulusLength: wanted.bits,
    publicExponent: new Uint8Array([1, 0, 1]),
  };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: wanted.serialNumber,
      name: "CN=Earshot notifications",
      notBefore: new Date(wanted.notBefore),
      notAfter: new Date(wanted.notAfter),
      signingAlgorithm: algorithm,
      keys,
      extensions: [new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyEncipherment, true)],
    },
    webcrypto,
  );
  const privateKey = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    privatePem: x509.PemConverter.encode(privateKey, "PRIVATE KEY"),
    certificatePem: certificate.toString("pem"),
  };
}
