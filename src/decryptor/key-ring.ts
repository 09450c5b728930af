/**
 * The certificates that notifications are sealed to, and their private keys, by id. A folder holds `<id>.key.pem`
 * (mode 0600) and `<id>.cert.pem` for each; the newest is used for new subscriptions, the others still open what was
 * sealed to them.
 */
import { createPrivateKey, createPublicKey, webcrypto, X509Certificate, type KeyObject } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import type { Edges } from "../edges.ts";
import { EarshotError } from "../errors.ts";

const KEY_BITS = 2048;
const LOOK_AGAIN_MS = 500;
const LIFE_MS = 2 * 365 * 24 * 60 * 60_000;

export interface KeyRing {
  /** What new subscriptions are given. */
  current(): Certificate;
  /**
   * The private key of a certificate, or undefined where there is none by that id, not in the folder either: another
   * instance with the same folder may have made it since.
   */
  find(id: string): Promise<KeyObject | undefined>;
}

export interface Certificate {
  /** At most 128 characters; comes back on every notification. */
  readonly id: string;
  /** Base64 of the DER, as Graph wants it. */
  readonly derBase64: string;
  readonly publicKey: KeyObject;
  readonly notAfter: number;
}

/** Reads the folder, making it and a first certificate where there is none. Throws `key-ring-invalid`. */
export async function openKeyRing(needs: {
  dir: string;
  edges: Pick<Edges, "now" | "randomUuid">;
}): Promise<KeyRing> {
  try {
    await mkdir(needs.dir, { recursive: true, mode: 0o700 });
    let ids = await listIds(needs.dir);
    if (ids.length === 0) {
      await makeCertificate(needs);
      ids = await listIds(needs.dir);
    }
    const pairs = await Promise.all(ids.map((id) => readPair(needs.dir, id)));
    const newest = pairs.reduce((best, pair) =>
      pair.certificate.notAfter > best.certificate.notAfter ? pair : best,
    ).certificate;
    const privateKeys = new Map(pairs.map(({ certificate, privateKey }) => [certificate.id, privateKey]));
    return { current: () => newest, find: createFind(needs, privateKeys) };
  } catch (error) {
    if (error instanceof EarshotError) throw error;
    const found = error instanceof Error ? error.message : String(error);
    throw new EarshotError(
      "key-ring-invalid",
      `the keys in ${needs.dir} (KEYS_DIR) cannot be read or made: ${found}. Give the program a folder it may write, or restore the files.`,
      { cause: error },
    );
  }
}

/** Looks into the folder for what it does not know, but not for every one of a flood. */
function createFind(
  { dir, edges }: { dir: string; edges: Pick<Edges, "now"> },
  privateKeys: Map<string, KeyObject>,
): KeyRing["find"] {
  let looking: Promise<void> | null = null;
  let lookedAt = -Infinity;
  const look = async () => {
    for (const id of await listIds(dir)) {
      if (!privateKeys.has(id)) privateKeys.set(id, (await readPair(dir, id)).privateKey);
    }
  };
  return async (id) => {
    const known = privateKeys.get(id);
    if (known) return known;
    if (!looking && edges.now() - lookedAt >= LOOK_AGAIN_MS) {
      lookedAt = edges.now();
      // What cannot be read now is missing, and is looked for again.
      looking = look()
        .catch(() => undefined)
        .finally(() => {
          looking = null;
        });
    }
    await looking;
    return privateKeys.get(id);
  };
}

async function listIds(dir: string): Promise<string[]> {
  return (await readdir(dir)).flatMap((name) => /^(.+)\.cert\.pem$/.exec(name)?.[1] ?? []);
}

async function readPair(
  dir: string,
  id: string,
): Promise<{ certificate: Certificate; privateKey: KeyObject }> {
  const certificate = new X509Certificate(await readFile(join(dir, `${id}.cert.pem`)));
  const privateKey = createPrivateKey(await readFile(join(dir, `${id}.key.pem`)));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new EarshotError("key-ring-invalid", `${id}.key.pem in ${dir} is not the key of ${id}.cert.pem`);
  }
  return {
    privateKey,
    certificate: {
      id,
      derBase64: certificate.raw.toString("base64"),
      publicKey: createPublicKey(privateKey),
      notAfter: Date.parse(certificate.validTo),
    },
  };
}

/** The key file is written before the certificate: a certificate without its key is never listed. */
async function makeCertificate({ dir, edges }: { dir: string; edges: Pick<Edges, "now" | "randomUuid"> }) {
  const id = `earshot-${edges.randomUuid()}`;
  const algorithm = {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    modulusLength: KEY_BITS,
    publicExponent: new Uint8Array([1, 0, 1]),
  };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: edges.randomUuid().replaceAll("-", ""),
      name: "CN=Earshot notifications",
      notBefore: new Date(edges.now() - 60_000),
      notAfter: new Date(edges.now() + LIFE_MS),
      signingAlgorithm: algorithm,
      keys,
      extensions: [new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyEncipherment, true)],
    },
    webcrypto,
  );
  const privatePem = x509.PemConverter.encode(
    await webcrypto.subtle.exportKey("pkcs8", keys.privateKey),
    "PRIVATE KEY",
  );
  await writeFile(join(dir, `${id}.key.pem`), privatePem, { mode: 0o600, flag: "wx" });
  await writeFile(join(dir, `${id}.cert.pem`), certificate.toString("pem"), { mode: 0o644, flag: "wx" });
}
