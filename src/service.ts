/** Builds every part and joins them; starts and stops them in order. No logic of its own. */
import { availableParallelism } from "node:os";
import type { Config } from "./config.ts";
import { createEventStream } from "./console/event-stream.ts";
import { createLivePage } from "./console/live-page.ts";
import { createMetrics } from "./console/metrics.ts";
import { createReadiness } from "./console/readiness.ts";
import { createTraceFeed } from "./console/trace-feed.ts";
import { openKeyRing } from "./decryptor/key-ring.ts";
import { createOpener } from "./decryptor/opener.ts";
import { sealContent } from "./decryptor/seal-content.ts";
import type { Edges } from "./edges.ts";
import { toEarshotError } from "./errors.ts";
import { createGraph } from "./graph/graph-client.ts";
import { createHttpServer, end } from "./http-server.ts";
import { createAppTokens } from "./identity/app-tokens.ts";
import { createSigningKeys } from "./identity/signing-keys.ts";
import { createActivityTokenVerifier } from "./identity/verify-activity-token.ts";
import { createNotificationTokenVerifier } from "./identity/verify-notification-token.ts";
import { createInbox } from "./inbox/inbox.ts";
import { createSweeper } from "./inbox/sweeper.ts";
import { createWorker } from "./inbox/worker.ts";
import { loadConversationCards, loadRuleBook } from "./listener-file.ts";
import { isLoopback } from "./loopback.ts";
import type { Message } from "./model/message.ts";
import type { TraceSink } from "./model/trace.ts";
import { createPipeline } from "./pipeline.ts";
import { createBotAdapter } from "./replies/bot-adapter.ts";
import { createConnector } from "./replies/connector.ts";
import { createDeliver } from "./replies/deliver.ts";
import { createFindSaid } from "./replies/find-said.ts";
import { createPlaces } from "./replies/places.ts";
import { createSendBudget } from "./replies/send-budget.ts";
import type { Status } from "./rules/converse.ts";
import { openStorage } from "./storage/open-storage.ts";
import type { InstalledPlace } from "./storage/storage.ts";
import { createEarCounter } from "./subscriptions/count-ears.ts";
import { createCatchUp } from "./subscriptions/catch-up.ts";
import { describeEars } from "./subscriptions/describe-ears.ts";
import { erasePlace } from "./subscriptions/erase-place.ts";
import { createInstalledTeams } from "./subscriptions/installed-teams.ts";
import { createKeyKeeper } from "./subscriptions/keep-keys.ts";
import { createKeeper } from "./subscriptions/keeper.ts";
import { createLearnConversations } from "./subscriptions/learn-conversations.ts";
import { noteDowntime } from "./subscriptions/note-downtime.ts";
import { noteDropped } from "./subscriptions/note-dropped.ts";
import { QUOTA } from "./subscriptions/plan-quota.ts";
import { createRegistry } from "./subscriptions/registry.ts";
import { createAdmission } from "./webhook/admission.ts";
import { createAnswerWatch } from "./webhook/answer-watch.ts";
import { createMessagesRoute } from "./webhook/messages-route.ts";
import { createNotificationRoute } from "./webhook/notification-route.ts";
import { TeamsListener } from "./webhook/teams-listener.ts";

/** How many conversations are handled at once. */
const CONCURRENCY = 32;

export interface Service {
  readonly port: number;
  readonly adminPort: number;
  /** Traces from now on; answers how to stop. */
  onTrace(listener: TraceSink): () => void;
  /** Nothing is lost: what is in hand is finished, what waits is on disk. */
  stop(): Promise<void>;
}

/** Throws an error with disposition `stop` where the program cannot run so. */
export async function startService(needs: {
  config: Config;
  edges: Edges;
  publicHost?: string;
}): Promise<Service> {
  const { config, edges } = needs;
  const { now } = edges;
  const ruleBook = loadRuleBook(config.listenerFile);
  const cards = loadConversationCards();
  const keyRing = await openKeyRing({ ...config.keys, edges });
  const storage = await openStorage(config.database, "bot");
  const opener = createOpener({ keyRing, threads: Math.max(1, availableParallelism() - 1) });

  const feed = createTraceFeed({ log: edges.log });
  const metrics = createMetrics({
    readCounts: () => storage.readCounts({}),
    readEars: createEarCounter({ storage, edges }),
  });
  feed.subscribe(metrics.note);
  const trace = feed.publish;

  const tokens = createAppTokens({ config, edges });
  const ending = new AbortController();
  const graph = createGraph({ config, tokens, edges, ending: ending.signal });
  const registry = createRegistry(storage);
  await registry.load();
  const inbox = createInbox({ storage, trace, edges });
  const seal = (text: string) => sealContent(text, keyRing, edges.randomBytes);
  const rememberedMs = config.retention.doneMs;
  const catchUp = createCatchUp({ storage, graph, inbox, seal, trace, edges, rememberedMs });
  const { listen } = ruleBook;
  const { teamsAppId, chatSubscriptions } = config;
  const { rotationMs } = config.keys;
  const keys = createKeyKeeper({ keyRing, storage, edges, rotationMs });
  const keeper = createKeeper({
    ...{ storage, registry, graph, edges, teamsAppId, listen, chatSubscriptions },
    quota: QUOTA,
    botId: config.bot.id,
    addresses: {
      notification: `${config.endpoints.bot}/api/notifications`,
      lifecycle: `${config.endpoints.bot}/api/lifecycle`,
    },
    // What is named in `listen:` may be where the app is not installed.
    homeTenants: listen.some(({ kind }) => kind !== "installed")
      ? [config.bot.tenantId ?? ""].filter(Boolean)
      : [],
    currentCertificate: keyRing.current,
    hasKey: (certificateId) => keyRing.list().some(({ id }) => id === certificateId),
    onGap: catchUp.poke,
    onTurn: keys.turn,
    onReload: keyRing.refresh,
  });

  const adapter = createBotAdapter({ config, tokens });
  const places = createPlaces({ storage, cloud: config.cloud });
  const connector = createConnector({ adapter, config, tokens, edges });
  const findSaid = createFindSaid({
    graph,
    findTeamId: registry.findTeamId,
    readSentIds: storage.readSentIds,
    botId: config.bot.id,
  });
  const budget = createSendBudget({ now });
  const deliver = createDeliver({ storage, places, connector, findSaid, budget, trace, edges });

  const readStatus = async (message: Message): Promise<Status> => {
    const { done, parked } = await storage.readCounts({ tenantId: message.tenantId });
    const { tenantId, conversationId } = message;
    const ears = describeEars(message, {
      subscriptions: registry.list(tenantId),
      deaf: await storage.listDeafSpots({ tenantId }),
      teamId: registry.findTeamId(tenantId, conversationId),
      now: now(),
    });
    return { ears, rules: ruleBook.rules.map(({ name }) => name), heard: done, parked };
  };
  const handle = createPipeline({
    storage,
    opener,
    fetchMessage: (tenantId, path) => graph(tenantId).get(path),
    ruleBook,
    cards,
    readStatus,
    deliver,
    botId: config.bot.id,
    answerWithinMs: config.answerWithinMs,
    trace,
    edges,
  });
  const worker = createWorker({ storage, handle, trace, edges, concurrency: CONCURRENCY });
  inbox.onStored(worker.poke);
  const sweeper = createSweeper({ storage, retention: config.retention, edges });

  const createKeys = (metadataUrl: string) => createSigningKeys({ metadataUrl, edges });
  const { cloud, bot, endpoints, serviceHosts } = config;
  const verifyToken = createNotificationTokenVerifier({
    cloud,
    botId: bot.id,
    keys: createKeys(`${endpoints.login}/common/v2.0/.well-known/openid-configuration`),
    now,
  });
  const verify = createActivityTokenVerifier({
    cloud,
    botId: bot.id,
    serviceHosts,
    keys: createKeys(`${endpoints.botLogin}/v1/.well-known/openidconfiguration`),
    now,
  });
  const erase = (place: InstalledPlace) => erasePlace(place, storage);
  const listener = new TeamsListener({ places, erase, keeper, inbox, seal, edges });

  const front = createHttpServer({ name: "public listener", portSetting: "PORT", edges });
  const isInstalled = createInstalledTeams({ storage, edges });
  const watch = createAnswerWatch(edges.now, (since) => {
    noteDropped(since, { storage, edges, onGap: catchUp.poke }).catch((error: unknown) => {
      edges.log.error({ code: toEarshotError(error).code }, "what may have been dropped is not read back");
    });
  });
  const notifications = createNotificationRoute({
    admit: createAdmission({ registry, verifyToken, isInstalled }),
    learn: createLearnConversations({ storage, rememberedMs }),
    ...{ inbox, keeper, registry, watch, trace, edges },
  });
  front.route("post", "/api/notifications", notifications);
  front.route("post", "/api/lifecycle", notifications);
  front.route("post", "/api/messages", createMessagesRoute({ verify, adapter, listener, trace, edges }));
  for (const method of ["get", "head"] as const) {
    front.route(method, "/healthz", async (_request, response) => {
      end(response, 200);
    });
  }

  const admin = createHttpServer({
    name: "private listener",
    portSetting: "ADMIN_PORT",
    isLocal: isLoopback(config.admin.host),
    edges,
  });
  const events = createEventStream(feed);
  admin.route("get", "/events", events.handler);
  admin.route("get", "/metrics", async (_request, response) => {
    const text = await metrics.render();
    response.writeHead(200, { "content-type": metrics.contentType });
    response.end(text);
  });
  admin.route("get", "/readyz", createReadiness([() => storage.readNextDue({ now: edges.now() })]));
  for (const { path, handler } of createLivePage()) admin.route("get", path, handler);

  const close = async () => {
    events.close();
    await Promise.all([front.close(), admin.close()]);
    await Promise.all([worker.stop(), keeper.stop(), catchUp.stop(), sweeper.stop()]);
    ending.abort();
    await opener.close();
    await storage.close();
  };
  try {
    const port = await front.listen(config.port, needs.publicHost);
    const adminPort = await admin.listen(config.admin.port, config.admin.host);
    await noteDowntime({ storage, edges });
    await worker.start();
    sweeper.start();
    catchUp.start();
    // Last: Graph calls our public listener while a subscription is being made.
    keeper.start();
    return { port, adminPort, onTrace: feed.subscribe, stop: close };
  } catch (error) {
    await close();
    throw error;
  }
}
