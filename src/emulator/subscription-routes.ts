/** Graph's subscriptions: create, list, read, renew, delete. */
import type { Edges } from "../edges.ts";
import { ApiFault } from "./api-fault.ts";
import {
  parseJsonBody,
  readParameter,
  type ApiAnswer,
  type ApiRequest,
  type ApiRoutes,
} from "./api-route.ts";
import type { Directory } from "./directory.ts";
import { demandPermission, type GraphCaller, type GraphDoor } from "./graph-access.ts";
import type { Installations } from "./installations.ts";
import { demandKnownOptions, readPage } from "./read-page.ts";
import { formatInstant } from "./posted-message.ts";
import type { SubscriptionBook } from "./subscription-book.ts";
import { readPermission } from "./subscription-permissions.ts";
import type { GraphVersion, Subscription, SubscriptionScope } from "./subscription-resource.ts";
import { planRenewal, planSubscription } from "./subscription-rules.ts";
import type { BotIdentity } from "./tenant-model.ts";
import { validateEndpoint } from "./validate-endpoint.ts";

/** Source: https://learn.microsoft.com/graph/api/resources/subscription */
export function createSubscriptionRoutes(needs: {
  readonly edges: Pick<Edges, "now" | "sleep" | "fetch" | "randomUuid">;
  readonly readUrl: () => string;
  readonly door: GraphDoor;
  readonly directory: Directory;
  readonly installations: Installations;
  readonly subscriptions: SubscriptionBook;
  readonly bot: BotIdentity;
}): ApiRoutes {
  const { edges, readUrl, door, directory, installations, subscriptions, bot } = needs;

  /** Throws 403 or 404 where the caller may not listen to this. */
  function demandScope(caller: GraphCaller, scope: SubscriptionScope, version: GraphVersion): void {
    const { organisation } = caller;
    if (scope.kind === "installed-chats" && scope.catalogAppId !== organisation.catalogAppId) {
      throw new ApiFault(404, "NotFound", `The app '${scope.catalogAppId}' is not in the catalog.`);
    }
    demandPermission(caller, readPermission(scope, version, installations));
    switch (scope.kind) {
      case "chat":
        return demandPlace(caller, scope.chatId);
      case "channel":
        demandPlace(caller, scope.channelId, scope.teamId);
        return demandStandardChannel(caller, scope.channelId);
      case "user-chats":
        return demandHere(directory.findPerson(scope.userId)?.organisation === organisation);
      case "team":
      case "team-channel-list":
        return demandHere(directory.findTeam(scope.teamId)?.organisation === organisation);
      case "installed-chats":
      case "all-chats":
      case "all-channels":
      case "teams":
      case "channel-list":
        return;
    }
  }

  function demandPlace({ organisation }: GraphCaller, conversationId: string, teamId?: string): void {
    const place = directory.findPlace(conversationId);
    demandHere(
      place?.organisation === organisation &&
        (place.kind === "channel" ? place.team.id === teamId : teamId === undefined),
    );
  }

  function demandHere(isHere: boolean): void {
    if (!isHere) throw new ApiFault(404, "NotFound", "The resource of the subscription does not exist.");
  }

  /** Source: https://learn.microsoft.com/microsoftteams/platform/build-apps-for-shared-private-channels (FAQ) */
  function demandStandardChannel({ roles }: GraphCaller, channelId: string): void {
    const place = directory.findPlace(channelId);
    if (place?.kind !== "channel" || place.channel.kind === "standard") return;
    if (roles.includes("ChannelMessage.Read.All")) return;
    const message = `Subscriptions with resource-specific consent are not supported for messages of ${place.channel.kind} channels.`;
    throw new ApiFault(403, "Forbidden", message);
  }

  /**
   * By scope, whatever the query: one subscription for each app and channel or chat.
   * Source: https://learn.microsoft.com/graph/teams-change-notification-in-microsoft-teams-overview
   */
  function demandNew({ organisation }: GraphCaller, scope: SubscriptionScope): void {
    const existing = subscriptions.findDuplicate(organisation.id, scope);
    if (!existing) return;
    const message = `Subscription Id ${existing.resource.id} already exists for the requested combination`;
    throw new ApiFault(409, "Conflict", message);
  }

  async function answerCreate(request: ApiRequest, version: GraphVersion): Promise<ApiAnswer> {
    const caller = await door(request);
    const plan = planSubscription(parseJsonBody(request, "BadRequest"), edges.now());
    demandScope(caller, plan.scope, version);
    demandNew(caller, plan.scope);
    // Both URLs are asked, one and the same twice, while the caller waits.
    const urls = [plan.notificationUrl, plan.lifecycleNotificationUrl].filter((url) => url !== null);
    await Promise.all(urls.map((url) => validateEndpoint(edges, url)));
    demandNew(caller, plan.scope);
    const { scope, query, expiresAtMs, clientState, certificate } = plan;
    const subscription: Subscription = {
      ...{ organisationId: caller.organisation.id, scope, query, version },
      ...{ expiresAtMs, clientState, certificate },
      resource: {
        id: edges.randomUuid(),
        resource: plan.resource,
        applicationId: bot.id,
        changeType: plan.changeType,
        clientState: null,
        notificationUrl: plan.notificationUrl,
        lifecycleNotificationUrl: plan.lifecycleNotificationUrl,
        expirationDateTime: formatInstant(expiresAtMs),
        creatorId: bot.id,
        includeResourceData: plan.includeResourceData,
        latestSupportedTlsVersion: plan.latestSupportedTlsVersion,
        encryptionCertificate: null,
        encryptionCertificateId: certificate?.id ?? null,
        notificationQueryOptions: null,
        notificationUrlAppId: null,
      },
    };
    subscriptions.put(subscription);
    return { status: 201, json: formatEntity(subscription, version) };
  }

  async function demandSubscription(request: ApiRequest): Promise<[GraphCaller, Subscription]> {
    const caller = await door(request);
    const subscription = subscriptions.find(readParameter(request, "subscriptionId"));
    if (subscription?.organisationId === caller.organisation.id) return [caller, subscription];
    throw notFound();
  }

  async function answerRenew(request: ApiRequest, version: GraphVersion): Promise<ApiAnswer> {
    const [caller, found] = await demandSubscription(request);
    const plan = planRenewal(parseJsonBody(request, "BadRequest"), edges.now());
    demandScope(caller, found.scope, version);
    // Whether a changed URL is asked again is not documented; it would be odd if not.
    if (plan.notificationUrl !== null) await validateEndpoint(edges, plan.notificationUrl);
    // Another renewal may have been taken meanwhile, or its end have come.
    const current = subscriptions.find(found.resource.id);
    if (!current) throw notFound();
    const expiresAtMs = plan.expiresAtMs ?? current.expiresAtMs;
    // A certificate does not bring content where none was asked for.
    const certificate = current.resource.includeResourceData
      ? (plan.certificate ?? current.certificate)
      : null;
    const renewed: Subscription = {
      ...{ ...current, expiresAtMs, certificate },
      resource: {
        ...current.resource,
        notificationUrl: plan.notificationUrl ?? current.resource.notificationUrl,
        expirationDateTime: formatInstant(expiresAtMs),
        encryptionCertificateId: certificate?.id ?? null,
      },
    };
    subscriptions.put(renewed);
    return { status: 200, json: formatEntity(renewed, version) };
  }

  /** Two ways to one book; beta allows what v1.0 does not. */
  function createHandlers(version: GraphVersion): ApiRoutes["handlers"] {
    const collection = `/${version}/subscriptions`;
    return {
      [`POST ${collection}`]: (request) => answerCreate(request, version),
      [`GET ${collection}`]: async (request) => {
        const { organisation } = await door(request);
        demandKnownOptions(request, ["$top", "$skiptoken", "$skipToken"]);
        const resources = subscriptions.list(organisation.id).map(({ resource }) => resource);
        const page = readPage(resources, request, { baseUrl: readUrl(), defaultSize: 100, maxSize: 100 });
        return { status: 200, json: page };
      },
      [`GET ${collection}/:subscriptionId`]: async (request) => {
        const [, subscription] = await demandSubscription(request);
        demandKnownOptions(request, []);
        return { status: 200, json: formatEntity(subscription, version) };
      },
      [`PATCH ${collection}/:subscriptionId`]: (request) => answerRenew(request, version),
      [`DELETE ${collection}/:subscriptionId`]: async (request) => {
        const [, { resource }] = await demandSubscription(request);
        subscriptions.remove(resource.id);
        return { status: 204 };
      },
    };
  }

  return { area: "graph", handlers: { ...createHandlers("v1.0"), ...createHandlers("beta") } };
}

function notFound(): ApiFault {
  return new ApiFault(404, "ResourceNotFound", "The object was not found.");
}

function formatEntity({ resource }: Subscription, version: GraphVersion): object {
  return {
    "@odata.context": `https://graph.microsoft.com/${version}/$metadata#subscriptions/$entity`,
    ...resource,
  };
}
