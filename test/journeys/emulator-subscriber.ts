/** A subscriber of the emulated Graph: makes subscriptions by any version of the API and reads what it is told. */
import { createEdges } from "../../src/edges.ts";
import {
  startEmulatedTenant,
  type EmulatedTenant,
  type EmulatedTenantOptions,
} from "../../src/emulator/emulated-tenant.ts";
import type { EncryptedContent } from "../../src/wire/change-notification.ts";
import { unseal } from "../parts/emulator-unseal.ts";
import { createCertificate } from "./emulator-certificate.ts";
import {
  call,
  placesOf,
  requestToken,
  SILENT_LOG,
  startFakeBot,
  type Answer,
  type FakeBot,
} from "./emulator-fake-bot.ts";

const NOTIFICATIONS = "/api/notifications";

export interface ToldItem {
  readonly subscriptionId: string;
  readonly changeType: string;
  readonly tenantId: string;
  readonly resource: string;
  readonly resourceData: Readonly<Record<string, string>>;
  readonly encryptedContent?: EncryptedContent;
}

export interface Subscriber {
  readonly bot: FakeBot;
  readonly tenant: EmulatedTenant;
  readonly places: ReturnType<typeof placesOf>;
  /** With content, and for all changes, unless `change` says otherwise. `path` begins with the version. */
  subscribe(resource: string, change?: Record<string, unknown>, path?: string): Promise<Answer>;
  /** Calls Graph as the app in the first customer's tenant. `path` begins with the version. */
  graph(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  /** What stands in the log of deliveries because of what was done, at once; `changeType resource` each. */
  listTold(act: () => unknown): string[];
  /** The POST with this item, once the bot has it. */
  take(changeType: string, resource: string): Promise<{ item: ToldItem; body: Record<string, unknown> }>;
  open(item: ToldItem): Record<string, unknown>;
  close(): Promise<void>;
}

export async function startSubscriber(options: Partial<EmulatedTenantOptions> = {}): Promise<Subscriber> {
  const own = await createCertificate();
  const bot = await startFakeBot();
  const tenant = await startEmulatedTenant({
    ...{ edges: createEdges(SILENT_LOG), port: 0, botUrl: bot.url, tracesUrl: null, rscPermissions: [] },
    // Limits have a test of their own.
    graphLimits: false,
    ...options,
  });
  const places = placesOf(tenant);
  const readItems = (body: unknown) => (body as { value: ToldItem[] }).value;
  const graph: Subscriber["graph"] = async (method, path, body, headers) => {
    const { json } = await requestToken(tenant, places.contoso.id);
    return call(`${tenant.url}/${path}`, method, String(json.access_token), body, headers);
  };
  return {
    ...{ bot, tenant, places, graph },
    subscribe: (resource, change = {}, path = "v1.0/subscriptions") =>
      graph("POST", path, {
        ...{ changeType: "created,updated,deleted", resource, clientState: "secret state" },
        notificationUrl: `${bot.url}${NOTIFICATIONS}`,
        expirationDateTime: new Date(Date.now() + 50 * 60_000).toISOString(),
        ...{ includeResourceData: true, encryptionCertificate: own.base64, encryptionCertificateId: "own" },
        ...change,
      }),
    listTold(act) {
      const before = tenant.deliveries.length;
      act();
      return tenant.deliveries
        .slice(before)
        .filter(({ sender }) => sender === "graph")
        .flatMap(({ body }) => readItems(body).map((item) => `${item.changeType} ${item.resource}`));
    },
    async take(changeType, resource) {
      const fits = (item: ToldItem) => item.changeType === changeType && item.resource === resource;
      const { json } = await bot.take((one) => one.path === NOTIFICATIONS && readItems(one.json).some(fits));
      const item = readItems(json).find(fits);
      if (!item) throw new Error("the item was there a moment ago");
      return { item, body: json };
    },
    open({ encryptedContent }) {
      if (!encryptedContent) throw new Error("the item has no content");
      return unseal(encryptedContent, own.privateKey) as Record<string, unknown>;
    },
    async close() {
      await tenant.close();
      await bot.close();
    },
  };
}
