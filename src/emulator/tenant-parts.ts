/** Builds every part of the emulated tenant and joins them; no logic. */
import type { Edges } from "../edges.ts";
import { createAdminActs, type AdminActs } from "./admin-acts.ts";
import { createAnnouncer } from "./announce-changes.ts";
import type { ApiRoutes } from "./api-route.ts";
import { createAuthorizations } from "./authorizations.ts";
import { createBotAddress } from "./bot-address.ts";
import { createBotFrameworkParts, type BotFrameworkActs } from "./bot-framework-parts.ts";
import { createBotLoginRoutes } from "./bot-login-routes.ts";
import { troubleRoutes } from "./call-trouble.ts";
import { createCallLog, type CallLog } from "./call-log.ts";
import { createClientSecret } from "./client-secret.ts";
import { createChanges } from "./changes.ts";
import { createConsents } from "./consents.ts";
import { createControl } from "./control.ts";
import { createCourier, type Courier } from "./courier.ts";
import { createDirectory, type Directory } from "./directory.ts";
import { createEndpointStates, type EndpointRule, type EndpointStates } from "./endpoint-state.ts";
import { createEntraRoutes } from "./entra-routes.ts";
import { createFaultDice, type FaultDice, type Faults } from "./faults.ts";
import { createGraphDoor } from "./graph-access.ts";
import { createGraphLimits } from "./graph-limits.ts";
import { createGraphParts } from "./graph-parts.ts";
import { createHoldingOutbox } from "./holding-outbox.ts";
import { startHttpListener, type AnswerListener, type TlsIdentity } from "./http-listener.ts";
import { createInstallations } from "./installations.ts";
import { startLifecycleWatch } from "./lifecycle-watch.ts";
import { createNotifier, type Notifier } from "./notifier.ts";
import { createOutbox, type Batching } from "./outbox.ts";
import { createPlayActs, type PlayActs } from "./play-acts.ts";
import { createPromptActs } from "./prompt-acts.ts";
import { formatInstant, formatPostedMessage } from "./posted-message.ts";
import { BOT, createSeed, type Bulk, type Seed } from "./seed.ts";
import { createSendDesk, type SendDesk } from "./send-desk.ts";
import { createSendLimits } from "./send-limits.ts";
import { createSigningKeys } from "./signing-keys.ts";
import { createStore, type Store } from "./store.ts";
import { createSubscriptionBook, type SubscriptionBook } from "./subscription-book.ts";
import { isAllowed, readPermission } from "./subscription-permissions.ts";
import { createTenantClock } from "./tenant-clock.ts";
import { createSystemEvents } from "./system-events.ts";
import { createTenantActs, type TenantActs } from "./tenant-acts.ts";
import { createTenantEvents, type TenantEvents } from "./tenant-events.ts";
import type { BotIdentity } from "./tenant-model.ts";
import { createTokens, type ValidationTokenForm } from "./tokens.ts";
import { createTraceFeed } from "./trace-feed.ts";
import type { TroubleActs } from "./trouble-acts.ts";
import { createViewpoints } from "./viewpoints.ts";
import { createWindowRoutes } from "./window-routes.ts";
import { readWindowState } from "./window-state.ts";
import { createWindowStream } from "./window-stream.ts";

export interface TenantSettings {
  readonly edges: Edges;
  readonly port: number;
  readonly tls: TlsIdentity | null;
  /** Without a slash at its end. */
  readonly botUrl: string;
  readonly tracesUrl: string | null;
  readonly rscPermissions: readonly string[];
  readonly appRoles: readonly string[];
  readonly seed: number | null;
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
  readonly endpointStates: EndpointRule | null;
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
  readonly endpointStates: EndpointStates | null;
  readonly subscriptions: SubscriptionBook;
  readonly notifier: Notifier;
  readonly acts: TenantActs & AdminActs & BotFrameworkActs & PlayActs & TroubleActs;
  readonly events: TenantEvents;
  readonly callLog: CallLog;
  readonly dice: FaultDice;
  readonly desk: SendDesk;
  readonly routes: readonly string[];
  readonly now: () => number;
  readonly close: () => Promise<void>;
}

/** Throws `address-unavailable`. */
export async function createParts(settings: TenantSettings): Promise<TenantParts> {
  const { botUrl } = settings;
  const clock = createTenantClock(settings.edges);
  const { edges, lastingEdges } = clock;
  const address = createBotAddress(botUrl);
  const bot = BOT;
  const clientSecret = createClientSecret(edges, settings.seed);
  // The port is known only once the listener stands; until then nobody can ask.
  let url = "";
  const readUrl = () => url;
  const readServiceUrl = () => `${url}/amer`;

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
  const endpointStates = settings.endpointStates && createEndpointStates(edges.now, settings.endpointStates);
  const courier = createCourier(edges, dice, endpointStates);
  const limits = settings.sendLimits ? createSendLimits(() => edges.now()) : null;
  const desk = createSendDesk({ edges: lastingEdges, dice, limits });
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

  const viewpoints = createViewpoints({ edges, directory, store });
  const acts = createTenantActs({
    ...{ edges, directory, installations, store, bot, readUrl, viewpoints, emit: changes.emit },
    whenTold: () => botFramework.channel.whenTold(),
  });
  const door = createGraphDoor(entraKeys, directory, bot);
  const botFramework = createBotFrameworkParts({
    ...{ edges, entraKeys, directory, installations, store, tokens, courier, desk, bot },
    ...{ emit: changes.emit, readServiceUrl, readMessagesUrl: address.readMessagesUrl },
  });
  const control = createControl({
    ...{ clock, dice, directory, installations, consents, subscriptions, tokens },
    ...{ entraKeys, botFrameworkKeys, bot, store, courier, address, readServiceUrl },
    readHeldBack: (to) => endpointStates?.readMark(to) ?? null,
    readTraffic: () => play.readTraffic(),
    readActs: () => {
      const all = { ...acts, ...adminActs, ...botFramework.acts, ...play, ...notifier };
      const again = { deliverAgain: courier.deliverAgain };
      const needs = { edges: lastingEdges, courier, outbox };
      return { ...all, ...createPromptActs({ ...all, ...again }, needs) };
    },
  });
  const trouble = (calm: ApiRoutes) => troubleRoutes(calm, { edges: lastingEdges, dice, readUrl });
  const routes = [
    ...[
      createEntraRoutes({
        ...{ readUrl, directory, installations, tokens, bot, clientSecret, consents },
        keys: entraKeys,
      }),
      createBotLoginRoutes(readUrl, botFrameworkKeys),
      ...botFramework.routes,
    ].map(trouble),
    ...createGraphParts({
      ...{ edges: lastingEdges, readUrl, door, directory, installations, store, subscriptions, bot },
      ...{ callLog, viewpoints },
      guard: (graphRoutes) => trouble(limit(keep(graphRoutes))),
    }),
    createWindowRoutes({ directory, store, acts, readState, stream }),
    control.routes,
  ];
  const onAnswer: AnswerListener = ({ area, ...answered }) => {
    if (area === "graph" || area === "connector") callLog.add({ area, ...answered });
  };
  const { port, tls } = settings;
  const listener = await startHttpListener(edges, port, routes, onAnswer, tls).catch(
    async (cause: unknown) => {
      stream.close();
      await traceFeed.close();
      throw cause;
    },
  );
  url = `${tls ? "https" : "http"}://127.0.0.1:${listener.port}`;

  const { deletedForm, batching } = settings;
  const outbox = createHoldingOutbox({
    ...{ outbox: createOutbox({ edges: lastingEdges, tokens, courier, batching }), now: edges.now },
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
  if (watch) clock.onJump(watch.look);
  const adminActs = createAdminActs({
    ...{ directory, installations, consents, subscriptions },
    ...{ sendLifecycle: notifier.sendLifecycle, whenTold: botFramework.channel.whenTold },
  });
  const play = createPlayActs({
    ...{ edges: settings.edges, now: edges.now, acts, directory, bot, courier, tokens, subscriptions },
    ...{ seed: settings.seed, readMessagesUrl: address.readMessagesUrl, serviceUrl: readServiceUrl() },
  });
  changes.listen(notifier.notify);
  changes.listen(botFramework.channel.tell);
  changes.listen((change) => {
    // A chat's new name comes as a message, and is one of the places' too.
    if (change.kind !== "message" || change.message.systemEvent?.name === "chatRenamed") {
      events.emit({ kind: "state" });
      stream.send("state", readState);
    }
    if (change.kind !== "message") return;
    const message = formatPostedMessage(change.message);
    events.emit({ kind: "message", message });
    if (change.place.organisation === shown) stream.send("message", () => message);
  });
  changes.listen(createAnnouncer(createSystemEvents({ edges, store, bot })));
  return {
    ...{ url, port: listener.port, bot, botUrl, clientSecret, directory, courier, endpointStates },
    ...{ subscriptions, notifier, events, callLog, dice, desk },
    acts: { ...acts, ...adminActs, ...botFramework.acts, ...play, ...control.acts },
    now: edges.now,
    routes: routes.flatMap(({ handlers }) => Object.keys(handlers)),
    async close() {
      stream.close();
      play.stopTraffic();
      clock.stop();
      outbox.close();
      await Promise.all([
        watch?.close(),
        play.whenTrafficEnds(),
        courier.close(),
        traceFeed.close(),
        listener.close(),
      ]);
    },
  };
}

function asTheyAre(routes: ApiRoutes): ApiRoutes {
  return routes;
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
