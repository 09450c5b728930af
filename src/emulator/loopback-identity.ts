/** A certificate for https on this machine, kept in a folder, so that who trusts it once may go on trusting it. */
import "reflect-metadata";
import { KeyObject, webcrypto } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import type { Edges } from "../edges.ts";
import { EarshotError } from "../errors.ts";
import type { TlsIdentity } from "./http-listener.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 24 * 60 * 60_000;
const LIFE_MS = 365 * DAY_MS;

export interface KeptIdentity extends TlsIdentity {
  /** Where the certificate lies, PEM; Node trusts it by `NODE_EXTRA_CA_CERTS`. */
  readonly certificateFile: string;
}

/**
 * For 127.0.0.1 and localhost. Read from the folder, or made there where there is none that lives for another day.
 * Throws `config-invalid` where the folder cannot be written.
 */
export async function openLoopbackIdentity(
  dir: string,
  edges: Pick<Edges, "now" | "randomBytes">,
): Promise<KeptIdentity> {
  const [keyFile, certificateFile] = [join(dir, "tenant.key.pem"), join(dir, "tenant.cert.pem")];
  try {
    const kept = await readKept(keyFile, certificateFile);
    if (kept && kept.endsAt > edges.now() + DAY_MS) return { ...kept.identity, certificateFile };
    const made = await makeIdentity(edges);
    await mkdir(dir, { recursive: true });
    await writeFile(keyFile, made.key, { mode: 0o600 });
    await writeFile(certificateFile, made.certificate);
    return { ...made, certificateFile };
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw new EarshotError("config-invalid", `The certificate cannot be kept in ${dir}: ${found}`, {
      cause: error,
    });
  }
}

async function readKept(keyFile: string, certificateFile: string) {
  const read = (file: string) => readFile(file, "utf8").catch(() => null);
  const [key, certificate] = [await read(keyFile), await read(certificateFile)];
  if (key === null || certificate === null) return null;
  return { identity: { key, certificate }, endsAt: new X509Certificate(certificate).notAfter.getTime() };
}

async function makeIdentity(edges: Pick<Edges, "now" | "randomBytes">): Promise<TlsIdentity> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      ...{ keys, signingAlgorithm: ALGORITHM, name: "CN=Earshot's emulated tenant" },
      serialNumber: `01${edges.randomBytes(15).toString("hex")}`,
      // A clock that is a little behind must take it as well.
      ...{ notBefore: new Date(edges.now() - DAY_MS), notAfter: new Date(edges.now() + LIFE_MS) },
      extensions: [
        new BasicConstraintsExtension(true),
        new SubjectAlternativeNameExtension([
          { type: "ip", value: "127.0.0.1" },
          { type: "dns", value: "localhost" },
        ]),
      ],
    },
    webcrypto,
  );
  const key = KeyObject.from(keys.privateKey).export({ type: "pkcs8", format: "pem" }).toString();
  return { key, certificate: certificate.toString("pem") };
}
