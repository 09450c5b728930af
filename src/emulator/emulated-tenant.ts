/**
 * A Microsoft 365 tenant on loopback: Entra, Graph, Bot Framework and the people who talk, enough for the bot to run
 * over real HTTP with nothing else on the machine. `coverage.ts` says what is emulated and what is not.
 */
import type { Edges } from "../edges.ts";
import type { AdminActs } from "./admin-acts.ts";
import type { BotFrameworkActs } from "./bot-framework-parts.ts";
import type { ApiCall } from "./call-log.ts";
import type { Delivery } from "./courier.ts";
import type { EndpointRule, EndpointState } from "./endpoint-state.ts";
import type { FaultCounts, Faults } from "./faults.ts";
import type { LifecycleEvent } from "./notifier.ts";
import type { Batching } from "./outbox.ts";
import type { PlayActs } from "./play-acts.ts";
import { createParts, type Lifecycle, type TenantParts } from "./tenant-parts.ts";
import type { TlsIdentity } from "./http-listener.ts";
import type { Bulk } from "./seed.ts";
import type { Send } from "./send-desk.ts";
import type { SubscriptionResource } from "./subscription-resource.ts";
import type { TenantActs } from "./tenant-acts.ts";
import type { BotIdentity, Organisation } from "./tenant-model.ts";
import type { TenantEvent } from "./tenant-events.ts";
import type { ValidationTokenForm } from "./tokens.ts";
import type { TroubleActs } from "./trouble-acts.ts";

export interface EmulatedTenantOptions {
  readonly edges: Edges;
  /** Port on 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  /**
   * Everything in https, under `https://127.0.0.1:{port}`, for clients that send no token in the clear; who calls must
   * trust the certificate. Default: plain http.
   */
  readonly tls?: TlsIdentity;
  /** Base URL of the bot (`BOT_ENDPOINT`); nothing need listen there before the first installation. */
  readonly botUrl: string;
  /** The bot's stream of traces (`{admin}/events`), shown in the window; null: none. */
  readonly tracesUrl: string | null;
  /** Resource-specific permissions that the app's manifest asks for; granted where it is installed. */
  readonly rscPermissions: readonly string[];
  /** Application permissions that the administrators consented to. Default: both that Earshot can use. */
  readonly consentedAppRoles?: readonly string[];
  /** The bot's secret and conversations that name no seed of their own are made from it. Default: made anew. */
  readonly seed?: number;
  /** Adds the organisation Fabrikam to Contoso. Default: false. */
  readonly withSecondOrganisation?: boolean;
  /** Teams, channels and chats besides. Default: none. */
  readonly bulk?: Bulk;
  /** Form of the tokens in notification batches. Default: `v1`. */
  readonly validationTokenForm?: ValidationTokenForm;
  /** Whether a deletion's notification has sealed content; the documents leave it open. Default: `sealed`. */
  readonly deletedForm?: "sealed" | "bare";
  /** Whether Teams' limits on sending are kept. Default: true. */
  readonly sendLimits?: boolean;
  /** Whether Graph's limits on calls are kept. Default: true. */
  readonly graphLimits?: boolean;
  /** Subscriptions that an organisation may have. Default: 10,000. */
  readonly subscriptionQuota?: number;
  /**
   * Graph asks for new authorizations by itself, and tells nothing where it gets none. Default: null, it asks where a
   * test makes it ask.
   */
  readonly lifecycle?: Lifecycle | null;
  /** Graph's notifications gathered into batches. Default: a POST for each change. */
  readonly batching?: Batching;
  /**
   * Graph tells slow hosts late and those that hardly answer nothing. Default: by Graph's own numbers; null: it has
   * patience with all.
   */
  readonly endpointStates?: EndpointRule | null;
  /** Trouble from the start; `setFaults` changes it. Default: none. */
  readonly faults?: Faults;
}

export interface EmulatedTenant extends TenantActs, AdminActs, BotFrameworkActs, PlayActs, TroubleActs {
  /** `http://127.0.0.1:{port}`, or `https://` with `tls`: the window, and the base of every emulated service. */
  readonly url: string;
  readonly port: number;
  readonly bot: BotIdentity;
  /** The environment that a bot needs to live in this tenant. */
  readonly settings: Readonly<Record<string, string>>;
  /** The customers: people, teams, channels and chats by id and name. */
  readonly organisations: readonly Organisation[];
  /** Told of each change of a message, each trace and each change of places, at once. */
  onChange(listener: (event: TenantEvent) => void): () => void;
  /** What was posted to the bot, with attempts; newest last, live. */
  readonly deliveries: readonly Delivery[];
  /** Told after each attempt at a delivery. */
  onDelivery(listener: (delivery: Delivery) => void): () => void;
  /** Sends a past delivery anew, as Graph sometimes does. `index` is the delivery's own. */
  deliverAgain(index: number): Promise<Delivery>;
  /** Sends a lifecycle notification; `subscriptionRemoved` ends the subscription as well. */
  sendLifecycle(subscriptionId: string, event: LifecycleEvent): Promise<Delivery>;
  /** How well each host answers Graph, and what that has cost it. */
  endpointStates(): EndpointState[];
  /** Makes trouble from now on, by seeded dice; null: no more. */
  setFaults(faults: Faults | null): void;
  /** How often each fault was really made since the start, live. */
  readonly faultCounts: FaultCounts;
  /** As it is now. */
  readFaultCounts(): FaultCounts;
  /** Every reply and reaction that the connector was asked for, in the order of answering, live. */
  readonly sends: readonly Send[];
  /** As they are now. */
  readSends(): readonly Send[];
  /** The live ones, as Graph answers them. */
  subscriptions(): SubscriptionResource[];
  /** Calls to Graph and to the connector, newest last, live. */
  readonly calls: readonly ApiCall[];
  /** `METHOD /path` of every registered route. */
  readonly routes: readonly string[];
  /** Epoch milliseconds by the tenant's own clock, which `jumpClock` moves. */
  now(): number;
  /** Stops deliveries, streams and the listener; drops sockets. */
  readonly close: () => Promise<void>;
}

const DEFAULT_APP_ROLES: readonly string[] = ["Chat.Read.WhereInstalled", "AppCatalog.Read.All"];

/** Throws `address-unavailable` where the port is taken. */
export async function startEmulatedTenant(options: EmulatedTenantOptions): Promise<EmulatedTenant> {
  const parts = await createParts({
    ...{ edges: options.edges, port: options.port, tracesUrl: options.tracesUrl },
    tls: options.tls ?? null,
    botUrl: options.botUrl.replace(/\/+$/, ""),
    rscPermissions: options.rscPermissions,
    appRoles: options.consentedAppRoles ?? DEFAULT_APP_ROLES,
    seed: options.seed ?? null,
    withSecondOrganisation: options.withSecondOrganisation ?? false,
    bulk: options.bulk ?? {},
    validationTokenForm: options.validationTokenForm ?? "v1",
    deletedForm: options.deletedForm ?? "sealed",
    sendLimits: options.sendLimits ?? true,
    graphLimits: options.graphLimits ?? true,
    subscriptionQuota: options.subscriptionQuota ?? 10_000,
    lifecycle: options.lifecycle ?? null,
    batching: options.batching ?? null,
    faults: options.faults ?? null,
    endpointStates: options.endpointStates === undefined ? {} : options.endpointStates,
  });
  const { url, port, bot, courier, subscriptions, events, callLog, notifier, dice, desk } = parts;
  return {
    ...{ url, port, bot, settings: formatSettings(parts), organisations: parts.directory.customers },
    ...parts.acts,
    onChange: events.listen,
    deliveries: courier.deliveries,
    onDelivery: courier.onDelivery,
    deliverAgain: courier.deliverAgain,
    sendLifecycle: notifier.sendLifecycle,
    endpointStates: () => parts.endpointStates?.list() ?? [],
    setFaults: dice.set,
    faultCounts: dice.counts,
    readFaultCounts: () => ({ ...dice.counts }),
    sends: desk.sends,
    readSends: () => [...desk.sends],
    subscriptions: () => subscriptions.listAll().map(({ resource }) => resource),
    calls: callLog.calls,
    routes: parts.routes,
    now: parts.now,
    close: parts.close,
  };
}

function formatSettings({ url, bot, botUrl, clientSecret }: TenantParts): Record<string, string> {
  return {
    BOT_ID: bot.id,
    BOT_PASSWORD: clientSecret,
    BOT_TYPE: "SingleTenant",
    BOT_TENANT_ID: bot.homeTenantId,
    TEAMS_APP_ID: bot.teamsAppId,
    BOT_ENDPOINT: botUrl,
    LOGIN_ENDPOINT: url,
    GRAPH_ENDPOINT: url,
    BOT_LOGIN_ENDPOINT: url,
    SERVICE_URL_HOSTS: "127.0.0.1",
  };
}
