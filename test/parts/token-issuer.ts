/** An issuer of tokens on a free port: metadata, published keys, and a pen that also forges. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { SignJWT, UnsecuredJWT, type JWTPayload } from "jose";

export interface TokenIssuer {
  readonly metadataUrl: string;
  /** Paths that were asked for. */
  readonly requests: string[];
  /** While true every answer is 503. */
  isDown: boolean;
  sign: Pen;
  readonly forge: {
    readonly unsigned: Pen;
    /** The public key as an HMAC secret, under its own id. */
    readonly hmac: Pen;
    readonly unknownKey: Pen;
    /** Another key under the published id. */
    readonly otherKey: Pen;
    /** A published key that no channel has endorsed. */
    readonly unendorsed: Pen;
  };
  close(): Promise<void>;
}

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export type Pen = (claims: JWTPayload) => Promise<string>;

/** Made once: they take longer than a test. */
let pairs: KeyPair[] | null = null;
const readPairs = () =>
  (pairs ??= Array.from({ length: 3 }, () => generateKeyPairSync("rsa", { modulusLength: 2048 })));

export async function startTokenIssuer(): Promise<TokenIssuer> {
  const [own, plain, foreign] = readPairs() as [KeyPair, KeyPair, KeyPair];
  const publish = (key: KeyObject, kid: string) => ({ ...key.export({ format: "jwk" }), kid, use: "sig" });
  const keys = [
    { ...publish(own.publicKey, "own"), endorsements: ["msteams", "skype"] },
    { ...publish(plain.publicKey, "plain"), endorsements: ["webchat"] },
  ];
  const write =
    (kid: string, key: KeyObject): Pen =>
    (claims) =>
      new SignJWT(claims).setProtectedHeader({ alg: "RS256", typ: "JWT", kid }).sign(key);
  const pem = own.publicKey.export({ type: "spki", format: "pem" }).toString();

  const server = createServer((request, response) => {
    const path = request.url ?? "";
    issuer.requests.push(path);
    const answers: Record<string, unknown> = {
      "/metadata": { issuer: "https://issuer.example", jwks_uri: `${url}/keys` },
      "/keys": { keys },
    };
    // In two steps: restify, in the same process, takes the return value from every response's writeHead.
    response.writeHead(issuer.isDown ? 503 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(answers[path] ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer: TokenIssuer = {
    metadataUrl: `${url}/metadata`,
    requests: [],
    isDown: false,
    sign: write("own", own.privateKey),
    forge: {
      unsigned: async (claims) => new UnsecuredJWT(claims).encode(),
      hmac: (claims) =>
        new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: "own" }).sign(Buffer.from(pem)),
      unknownKey: write("unknown", own.privateKey),
      otherKey: write("own", foreign.privateKey),
      unendorsed: write("plain", plain.privateKey),
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return issuer;
}
