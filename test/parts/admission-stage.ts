/** Everything around `createAdmission`: a signing issuer, a registry on disk, and a good batch to start from. */
import type { JWTPayload } from "jose";
import { useFakeTimers, type SinonFakeTimers } from "sinon";
import { CLOUDS } from "../../src/cloud.ts";
import { createSigningKeys } from "../../src/identity/signing-keys.ts";
import {
  createNotificationTokenVerifier,
  GRAPH_PUBLISHER_APP_ID,
} from "../../src/identity/verify-notification-token.ts";
import type { SubscriptionKey } from "../../src/model/ids.ts";
import { openSqlite } from "../../src/storage/sqlite/open-sqlite.ts";
import type { Storage } from "../../src/storage/storage.ts";
import type { SubscriptionRecord } from "../../src/storage/subscription-record.ts";
import { digestClientState } from "../../src/subscriptions/client-state.ts";
import { CHANGE_TYPES } from "../../src/subscriptions/plan.ts";
import { createRegistry, type Registry } from "../../src/subscriptions/registry.ts";
import { createAdmission, type Admit, type Verdict } from "../../src/webhook/admission.ts";
import { createQuietEdges } from "./quiet-edges.ts";
import { startTokenIssuer, type Pen, type TokenIssuer } from "./token-issuer.ts";

export const BOT = "b0b0b0b0-1111-4111-8111-111111111111";
export const TENANT = "aaaaaaaa-1111-4111-8111-111111111111";
export const OTHER_TENANT = "bbbbbbbb-2222-4222-8222-222222222222";
export const STRANGER = "cccccccc-3333-4333-8333-333333333333";
export const TEAM = "dddddddd-4444-4444-8444-444444444444";
export const CHANNEL = "19:general@thread.tacv2";
const NOW = Date.parse("2026-03-01T12:00:00Z");
export const NOW_S = NOW / 1_000;
const CHATS = "/appCatalogs/teamsApps/catalog-id/installedToChats/getAllMessages";
export const IN_CHANNEL = `teams('${TEAM}')/channels('${CHANNEL}')/messages('1700000000001')`;

export const SEALED = {
  data: "ZGF0YQ==",
  dataSignature: "c2ln",
  dataKey: "a2V5",
  encryptionCertificateId: "cert",
};

/** A batch before it is written: items as they come, and each token as claims and a pen. */
export interface Draft {
  items: Record<string, unknown>[];
  tokens: { claims: JWTPayload; pen: Pen }[];
}

export const v1Claims = (tenantId = TENANT): JWTPayload => ({
  ...{ aud: BOT, iss: `https://sts.windows.net/${tenantId}/`, tid: tenantId, appid: GRAPH_PUBLISHER_APP_ID },
  ...{ iat: NOW_S - 60, nbf: NOW_S - 60, exp: NOW_S + 3600 },
});
export const v2Claims = (tenantId = TENANT): JWTPayload => {
  const { appid, ...claims } = v1Claims(tenantId);
  return { ...claims, iss: `https://login.microsoftonline.com/${tenantId}/v2.0`, azp: appid };
};
export const item = (change: Record<string, unknown> = {}) => ({
  ...{ subscriptionId: "sub-channel", clientState: "state-channel", tenantId: TENANT, changeType: "created" },
  ...{ resource: IN_CHANNEL, encryptedContent: SEALED, resourceData: { id: "1700000000001" } },
  subscriptionExpirationDateTime: "2026-03-03T12:00:00Z",
  ...change,
});
export const lifecycle = (change: Record<string, unknown> = {}) => ({
  ...{ subscriptionId: "sub-channel", clientState: "state-channel", tenantId: TENANT },
  ...{ lifecycleEvent: "reauthorizationRequired", subscriptionExpirationDateTime: "2026-03-03T12:00:00Z" },
  ...change,
});
export const record = (name: string, change: Partial<SubscriptionRecord> = {}): SubscriptionRecord => ({
  key: `key-${name}` as SubscriptionKey,
  tenantId: TENANT,
  subscriptionId: `sub-${name}`,
  resource: `/teams/${TEAM}/channels/${CHANNEL}/messages`,
  changeTypes: CHANGE_TYPES,
  label: name,
  ...{ wantedBy: "installed", content: "encrypted", api: "v1.0" },
  clientStateDigest: digestClientState(`state-${name}`),
  ...{ certificateId: "cert", notificationUrl: "https://bot.example.com/api/notifications" },
  lifecycleUrl: "https://bot.example.com/api/lifecycle",
  ...{ expiresAt: NOW + 3_600_000, renewedAt: NOW, renewAt: NOW + 1_800_000, patchedAt: 0, heardAt: 0 },
  ...change,
});

/** Reasons of the refused, kinds of the others. */
export const readOutcomes = (verdicts: readonly Verdict[]) =>
  verdicts.map((verdict) => (verdict.kind === "refused" ? verdict.reason : verdict.kind));

export interface AdmissionStage {
  readonly issuer: TokenIssuer;
  /** The calendar alone is held: timers run. */
  readonly clock: SinonFakeTimers;
  readonly registry: Registry;
  readonly admit: Admit;
  /** Judges the good batch after a change to it. */
  judge(change?: (draft: Draft) => void): Promise<Verdict[]>;
}

/** Sets the stage anew for each test of the surrounding `describe`; what it answers is good within them. */
export function useAdmission(): AdmissionStage {
  let storage: Storage;
  let issuer: TokenIssuer;
  let registry: Registry;
  let admit: Admit;
  let clock: SinonFakeTimers;
  before(async () => {
    storage = await openSqlite(":memory:");
  });
  after(() => storage.close());
  beforeEach(async () => {
    clock = useFakeTimers({ now: NOW, toFake: ["Date"] });
    issuer = await startTokenIssuer();
    for (const { key } of await storage.listSubscriptions({})) await storage.removeSubscription({ key });
    registry = createRegistry(storage);
    await registry.save(record("channel"));
    await registry.save(record("chats", { resource: CHATS }));
    await registry.save(record("abroad", { tenantId: OTHER_TENANT }));
    const edges = createQuietEdges();
    const keys = createSigningKeys({ metadataUrl: issuer.metadataUrl, edges });
    const needs = { cloud: CLOUDS.global, botId: BOT, keys, now: edges.now };
    admit = createAdmission({
      ...{ registry, verifyToken: createNotificationTokenVerifier(needs) },
      isInstalled: async ({ teamId }) => teamId === TEAM,
    });
  });
  afterEach(async () => {
    clock.restore();
    await issuer.close();
  });
  return {
    get issuer() {
      return issuer;
    },
    get clock() {
      return clock;
    },
    get registry() {
      return registry;
    },
    get admit() {
      return admit;
    },
    judge: async (change) => {
      const draft: Draft = { items: [item()], tokens: [{ claims: v1Claims(), pen: issuer.sign }] };
      change?.(draft);
      const validationTokens = await Promise.all(draft.tokens.map(({ claims, pen }) => pen(claims)));
      return admit({ value: draft.items, validationTokens });
    },
  };
}
