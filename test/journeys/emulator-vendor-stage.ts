/**
 * A stage for the vendor's own clients: the emulated tenant in https under a certificate that this process trusts, so
 * that they run as they are. MSAL takes no authority in plain http, and the Graph client sends no token there.
 */
import "reflect-metadata";
import assert from "node:assert/strict";
import { KeyObject, webcrypto } from "node:crypto";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { ConfidentialClientApplication } from "@azure/msal-node";
import { Client, GraphError } from "@microsoft/microsoft-graph-client";
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { createEdges } from "../../src/edges.ts";
import {
  startEmulatedTenant,
  type EmulatedTenant,
  type EmulatedTenantOptions,
} from "../../src/emulator/emulated-tenant.ts";
import { SILENT_LOG, startFakeBot, type FakeBot } from "./emulator-fake-bot.ts";
import { MANIFEST_PERMISSIONS } from "./stage.ts";

export const GRAPH_SCOPE = "https://graph.microsoft.com/.default";
export const CONNECTOR_SCOPE = "https://api.botframework.com/.default";

export interface VendorStage {
  readonly tenant: EmulatedTenant;
  readonly bot: FakeBot;
  /** MSAL as its documentation has it, but for the authority's address. */
  createMsal(tenantId: string, change?: { readonly secret?: string }): ConfidentialClientApplication;
  /** The Graph client with its own chain of middleware and MSAL's tokens, or the tokens given. */
  createGraphClient(tenantId: string, getAccessToken?: () => Promise<string>): Client;
  /** Looked at after each change and delivery. */
  waitUntil(what: string, holds: () => boolean): Promise<void>;
  strike(): Promise<void>;
}

/** A wait that takes longer than this has failed. */
const PATIENCE_MS = 10_000;

export async function setVendorStage(options: Partial<EmulatedTenantOptions> = {}): Promise<VendorStage> {
  const trusted = getCACertificates("default");
  const tls = await createLoopbackIdentity();
  setDefaultCACertificates([...trusted, tls.certificate]);
  const bot = await startFakeBot();
  const tenant = await startEmulatedTenant({
    ...{ edges: createEdges(SILENT_LOG), port: 0, tls, botUrl: bot.url, tracesUrl: null },
    ...{ rscPermissions: MANIFEST_PERMISSIONS, withSecondOrganisation: true },
    ...options,
  });
  const { host, hostname } = new URL(tenant.url);

  const createMsal: VendorStage["createMsal"] = (
    tenantId,
    { secret = tenant.settings.BOT_PASSWORD ?? "" } = {},
  ) =>
    new ConfidentialClientApplication({
      auth: {
        ...{ clientId: tenant.bot.id, clientSecret: secret },
        ...{ authority: `${tenant.url}/${tenantId}`, knownAuthorities: [host] },
      },
    });

  const readToken = (tenantId: string) => {
    const msal = createMsal(tenantId);
    return async () =>
      (await msal.acquireTokenByClientCredential({ scopes: [GRAPH_SCOPE] }))?.accessToken ?? "";
  };

  return {
    tenant,
    bot,
    createMsal,
    createGraphClient: (tenantId, getAccessToken = readToken(tenantId)) =>
      Client.initWithMiddleware({
        ...{ baseUrl: tenant.url, customHosts: new Set([hostname]) },
        authProvider: { getAccessToken },
      }),
    async waitUntil(what, holds) {
      const { promise, resolve, reject } = Promise.withResolvers<undefined>();
      const look = () => {
        if (holds()) resolve(undefined);
      };
      const timer = setTimeout(
        () => reject(new assert.AssertionError({ message: `waited in vain for ${what}` })),
        PATIENCE_MS,
      );
      const forget = tenant.onChange(look);
      const forgetToo = tenant.onDelivery(look);
      look();
      try {
        await promise;
      } finally {
        clearTimeout(timer);
        forget();
        forgetToo();
      }
    },
    async strike() {
      await tenant.close();
      await bot.close();
      setDefaultCACertificates(trusted);
    },
  };
}

/** What the Graph client throws where Graph refuses. */
export async function readRefusal(call: Promise<unknown>): Promise<GraphError> {
  const error: unknown = await call.then(
    () => assert.fail("it was not refused"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof GraphError, String(error));
  return error;
}

async function createLoopbackIdentity(): Promise<{ key: string; certificate: string }> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      ...{ keys, signingAlgorithm: algorithm, name: "CN=emulated tenant" },
      extensions: [
        new BasicConstraintsExtension(true),
        new SubjectAlternativeNameExtension([{ type: "ip", value: "127.0.0.1" }]),
      ],
    },
    webcrypto,
  );
  const key = KeyObject.from(keys.privateKey).export({ type: "pkcs8", format: "pem" }).toString();
  return { key, certificate: certificate.toString("pem") };
}
