/** Builds every part of the emulated tenant and joins them; no logic. */
import type { Edges } from "../edges.ts";
import { createAdminActs, type AdminActs } from "./admin-acts.ts";
import type { ApiRoutes } from "./api-route.ts";
import { createAuthorizations } from "./authorizations.ts";
import { createBotChannel } from "./bot-channel.ts";
import { createBotLoginRoutes } from "./bot-login-routes.ts";
import { createCallLog, type CallLog } from "./call-log.ts";
import { createConnectorAccess } from "./connector-access.ts";
import { createConnectorRoutes } from "./connector-routes.ts";
import { createConsents } from "./consents.ts";
import { createCourier, type Courier } from "./courier.ts";
import { createDirectory, type Directory } from "./directory.ts";
import { createEntraRoutes } from "./entra-routes.ts";
import { createFaultDice, type FaultDice, type Faults } from "./faults.ts";
import { createGraphDoor } from "./graph-access.ts";
import { createGrantRoutes } from "./grant-routes.ts";
import { createGraphLimits } from "./graph-limits.ts";
import { createGraphRoutes } from "./graph-routes.ts";
import { troubleRoutes } from "./graph-trouble.ts";
import { createHoldingOutbox } from "./holding-outbox.ts";
import { startHttpListener } from "./http-listener.ts";
import { createInstallations } from "./installations.ts";
import { startLifecycleWatch } from "./lifecycle-watch.ts";
import { createNotifier, type Notifier } from "./notifier.ts";
import { createOutbox, type Batching } from "./outbox.ts";
import { formatInstant, formatPostedMessage } from "./posted-message.ts";
import { createReauthorizeRoutes } from "./reauthorize-routes.ts";
import { BOT, createSeed, type Bulk, type Seed } from "./seed.ts";
import { createSendDesk, type SendDesk } from "./send-desk.ts";
import { createSendLimits } from "./send-limits.ts";
import { createSigningKeys } from "./signing-keys.ts";
import { createStore, type Store } from "./store.ts";
import { createSubscriptionBook, type SubscriptionBook } from "./subscription-book.ts";
import { isAllowed, readPermission } from "./subscription-permissions.ts";
import { createSubscriptionRoutes } from "./subscription-routes.ts";
import { createTenantActs, type TenantActs } from "./tenant-acts.ts";
import { createTenantEvents, type TenantEvents } from "./tenant-events.ts";
import type { BotIdentity, Change, ChangeListener } from "./tenant-model.ts";
import { createTokens, type ValidationTokenForm } from "./tokens.ts";
import { createTraceFeed } from "./trace-feed.ts";
import { createWindowRoutes } from "./window-routes.ts";
import { readWindowState } from "./window-state.ts";
import { createWindowStream } from "./window-stream.ts";

export interface TenantSettings {
  readonly edges: Edges;
  readonly port: number;
  /** Without a slash at its end. */
  readonly botUrl: string;
  readonly tracesUrl: string | null;
  readonly rscPermissions: readonly string[];
  readonly appRoles: readonly string[];
  readonly withSecondOrganisation: boolean;
  readonly bulk: Bulk;
  readonly validationTokenForm: ValidationTokenForm;
  readonly deletedForm: "sealed" | "bare";
  readonly sendLimits: boolean;
  readonly graphLimits: boolean;
  readonly subscriptionQuota: number;
  readonly lifecycle: Lifecycle | null;
  readonly batching: Batching | null;
  readonly faults: Faults | null;
}

/** Graph asks for new authorizations by itself, and tells nothing where it gets none. */
export interface Lifecycle {
  /** How long an access token lives. Default: an hour. */
  readonly tokenLifeMs?: number;
}

export interface TenantParts {
  readonly url: string;
  readonly port: number;
  readonly bot: BotIdentity;
  readonly botUrl: string;
  readonly clientSecret: string;
  readonly directory: Directory;
  readonly courier: Courier;
  readonly subscriptions: SubscriptionBook;
  readonly notifier: Notifier;
  readonly acts: TenantActs & AdminActs;
  readonly events: TenantEvents;
  readonly callLog: CallLog;
  readonly dice: FaultDice;
  readonly desk: SendDesk;
  readonly routes: readonly string[];
  readonly close: () => Promise<void>;
}

/** Throws `address-unavailable`. */
export async function createParts(settings: TenantSettings): Promise<TenantParts> {
  const { edges, botUrl } = settings;
  const bot = BOT;
  const clientSecret = edges.randomBytes(24).toString("base64url");
  // The port is known only once the listener stands; until then nobody can ask.
  let url = "";
  const readUrl = () => url;

  const seed = createSeed(edges.now(), settings.withSecondOrganisation, settings.bulk);
  const directory = createDirectory(seed.home, seed.customers);
  const changes = createChanges();
  const installations = createInstallations(settings.rscPermissions, changes.emit);
  const store = createStore(edges, directory.findPlace, changes.emit);
  writeEarlierMessages(seed, directory, store, edges.now());

  const [entraKeys, botFrameworkKeys] = await Promise.all([
    createSigningKeys(edges),
    createSigningKeys(edges, { endorsements: ["msteams"] }),
  ]);
  const { validationTokenForm, lifecycle } = settings;
  const tokens = createTokens({
    ...{ edges, entraKeys, botFrameworkKeys, bot, validationTokenForm },
    ...(lifecycle?.tokenLifeMs === undefined ? {} : { accessLifeMs: lifecycle.tokenLifeMs }),
  });
  const dice = createFaultDice();
  dice.set(settings.faults);
  const courier = createCourier(edges, dice);
  const limits = settings.sendLimits ? createSendLimits(() => edges.now()) : null;
  const desk = createSendDesk({ edges, dice, limits });
  const subscriptions = createSubscriptionBook(() => edges.now(), settings.subscriptionQuota);
  const consents = createConsents(directory.customers, settings.appRoles);
  const authorizations = createAuthorizations(edges.now);
  const limit = settings.graphLimits ? createGraphLimits(edges.now) : asTheyAre;
  const keep = lifecycle ? authorizations.keep : asTheyAre;
  const callLog = createCallLog();
  const events = createTenantEvents();
  const stream = createWindowStream(edges);
  const traceFeed = createTraceFeed(edges, settings.tracesUrl, (trace) => {
    events.emit({ kind: "trace", trace });
    stream.send("trace", () => trace);
  });
  const [shown = seed.home] = seed.customers;
  const since = formatInstant(edges.now());
  const readState = () =>
    readWindowState(shown, { bot, installations, store, since, traces: traceFeed.list() });

  const acts = createTenantActs({
    ...{ edges, directory, installations, store, bot, emit: changes.emit },
    whenTold: () => botChannel.whenTold(),
  });
  const door = createGraphDoor(entraKeys, directory, bot);
  const access = createConnectorAccess({ keys: entraKeys, directory, installations, bot });
  const routes = [
    createEntraRoutes({
      ...{ readUrl, directory, installations, tokens, bot, clientSecret, consents },
      keys: entraKeys,
    }),
    createBotLoginRoutes(readUrl, botFrameworkKeys),
    createConnectorRoutes({ edges, access, desk, directory, store, bot }),
    ...[
      createGraphRoutes({ readUrl, now: edges.now, door, directory, installations, store, bot }),
      createGrantRoutes({ door, directory, installations, bot }),
      createSubscriptionRoutes({ edges, readUrl, door, directory, installations, subscriptions, bot }),
      createReauthorizeRoutes({ door, installations, subscriptions }),
    ].map((graphRoutes) => troubleRoutes(limit(keep(graphRoutes)), { edges, dice })),
    createWindowRoutes({ directory, store, acts, readState, stream }),
  ];
  const listener = await startHttpListener(edges, settings.port, routes, ({ area, ...answered }) => {
    if (area === "graph" || area === "connector") callLog.add({ area, ...answered });
  }).catch(async (cause: unknown) => {
    stream.close();
    await traceFeed.close();
    throw cause;
  });
  url = `http://127.0.0.1:${listener.port}`;

  const { deletedForm, batching } = settings;
  const outbox = createHoldingOutbox({
    ...{ outbox: createOutbox({ edges, tokens, courier, batching }), now: edges.now },
    ...{ dice, authorizations, subscriptions },
  });
  const notifier = createNotifier({
    ...{ edges, subscriptions, installations, outbox, bot, dice, deletedForm },
    readRoles: consents.listRoles,
  });
  const watch =
    lifecycle &&
    startLifecycleWatch({
      ...{ edges, subscriptions, authorizations, sendLifecycle: notifier.sendLifecycle },
      mayHear: ({ scope, version, organisationId }) =>
        isAllowed(readPermission(scope, version, installations), consents.listRoles(organisationId)),
      onLook: outbox.release,
    });
  const botChannel = createBotChannel({
    ...{ edges, installations, tokens, courier, bot },
    messagesUrl: `${botUrl}/api/messages`,
    serviceUrl: `${url}/amer`,
  });
  const adminActs = createAdminActs({
    ...{ directory, installations, consents, subscriptions },
    ...{ sendLifecycle: notifier.sendLifecycle, whenTold: botChannel.whenTold },
  });
  changes.listen(notifier.notify);
  changes.listen(botChannel.tell);
  changes.listen((change) => {
    if (change.kind !== "message") {
      events.emit({ kind: "state" });
      stream.send("state", readState);
      return;
    }
    const message = formatPostedMessage(change.message);
    events.emit({ kind: "message", message });
    if (change.place.organisation === shown) stream.send("message", () => message);
  });
  return {
    ...{ url, port: listener.port, bot, botUrl, clientSecret, directory, courier },
    ...{ subscriptions, notifier, events, callLog, dice, desk },
    acts: { ...acts, ...adminActs },
    routes: routes.flatMap(({ handlers }) => Object.keys(handlers)),
    async close() {
      stream.close();
      await Promise.all([watch?.close(), courier.close(), traceFeed.close(), listener.close()]);
    },
  };
}

function asTheyAre(routes: ApiRoutes): ApiRoutes {
  return routes;
}

function createChanges(): { emit: ChangeListener; listen(listener: ChangeListener): void } {
  const listeners: ChangeListener[] = [];
  return {
    emit: (change: Change) => {
      for (const listener of listeners) listener(change);
    },
    listen: (listener) => void listeners.push(listener),
  };
}

function writeEarlierMessages({ lines }: Seed, directory: Directory, store: Store, nowMs: number): void {
  const roots = new Map<string, string>();
  const inOrder = lines.toSorted((a, b) => b.minutesAgo - a.minutesAgo);
  for (const { conversationId, personId, minutesAgo, text, thread } of inOrder) {
    const place = directory.findPlace(conversationId);
    const person = directory.findPerson(personId)?.person;
    if (!place || !person) continue;
    const rootId = thread === undefined ? null : (roots.get(thread) ?? null);
    const author = { id: person.id, name: person.name, isBot: false };
    const message = store.postEarlier(
      { place, rootId, author, parts: [{ text }] },
      nowMs - minutesAgo * 60_000,
    );
    if (thread !== undefined && rootId === null) roots.set(thread, message.id);
  }
}
