/**
 * Keys on disk: `<id>.key.pem` (mode 0600) and `<id>.cert.pem` for each. A pair is there while its certificate is: the
 * key is written before it and removed after it, so that several instances may read and write one folder at once.
 */
import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from "node:crypto";
import { chown, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EarshotError } from "../errors.ts";
import type { Certificate } from "./certificate.ts";
import type { KeyPairFiles } from "./make-key-pair.ts";

export interface KeyPair {
  readonly certificate: Certificate;
  readonly privateKey: KeyObject;
}

export async function listKeyIds(dir: string): Promise<string[]> {
  return (await readdir(dir)).flatMap((name) => /^(.+)\.cert\.pem$/.exec(name)?.[1] ?? []);
}

/** Without the keys, for who only wants to know. Throws where the folder itself cannot be read. */
export async function readKeyFolder(dir: string): Promise<{
  readonly certificates: readonly Certificate[];
  readonly unreadable: readonly { readonly id: string; readonly reason: string }[];
}> {
  const certificates: Certificate[] = [];
  const unreadable: { id: string; reason: string }[] = [];
  for (const id of await listKeyIds(dir)) {
    try {
      const pair = await readKeyPair(dir, id);
      if (pair) certificates.push(pair.certificate);
    } catch (error) {
      unreadable.push({ id, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return { certificates, unreadable };
}

/** Null: it was removed since it was listed. Throws where the files are no pair, or cannot be read. */
export async function readKeyPair(dir: string, id: string): Promise<KeyPair | null> {
  try {
    return await readFiles(dir, id);
  } catch (error) {
    if ((await listKeyIds(dir)).includes(id)) throw error;
    return null;
  }
}

async function readFiles(dir: string, id: string): Promise<KeyPair> {
  const { certPath, keyPath } = namePair(dir, id);
  const certificate = new X509Certificate(await readFile(certPath));
  const privateKey = createPrivateKey(await readFile(keyPath));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new EarshotError("key-ring-invalid", `${id}.key.pem in ${dir} is not the key of ${id}.cert.pem`);
  }
  return {
    privateKey,
    certificate: {
      id,
      bits: privateKey.asymmetricKeyDetails?.modulusLength ?? 0,
      derBase64: certificate.raw.toString("base64"),
      publicKey: createPublicKey(privateKey),
      notBefore: Date.parse(certificate.validFrom),
      notAfter: Date.parse(certificate.validTo),
    },
  };
}

/** On the disk, not on its way there, when it resolves: Graph is about to seal to it. */
export async function writeKeyPair(dir: string, id: string, files: KeyPairFiles): Promise<void> {
  const { certPath, keyPath } = namePair(dir, id);
  // A name that no reader looks for, until it is whole.
  const unfinished = `${certPath}.new`;
  await writeFile(keyPath, files.privatePem, { mode: 0o600, flag: "wx", flush: true });
  await writeFile(unfinished, files.certificatePem, { mode: 0o644, flag: "wx", flush: true });
  for (const path of [keyPath, unfinished]) await handOver(path, dir);
  await rename(unfinished, certPath);
  await flushFolder(dir);
}

export async function removeKeyPair(dir: string, id: string): Promise<void> {
  const { certPath, keyPath } = namePair(dir, id);
  await rm(certPath, { force: true });
  await rm(keyPath, { force: true });
}

/** A command may run as root, and the bot must be able to read what it made: it goes to the folder's owner. */
async function handOver(path: string, dir: string): Promise<void> {
  const [file, folder] = [await stat(path), await stat(dir)];
  // Who may not give it away is not root.
  if (file.uid !== folder.uid) await chown(path, folder.uid, folder.gid).catch(() => undefined);
}

/** So that the new names outlive a power cut. Where a folder cannot be opened, its system keeps them in its own way. */
async function flushFolder(dir: string): Promise<void> {
  const folder = await open(dir, "r").catch(() => null);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

function namePair(dir: string, id: string): { certPath: string; keyPath: string } {
  return { certPath: join(dir, `${id}.cert.pem`), keyPath: join(dir, `${id}.key.pem`) };
}
