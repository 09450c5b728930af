/** Graph for reading: the app catalog, channels, and messages of channels and chats. */
import { ApiFault } from "./api-fault.ts";
import { readParameter, type ApiAnswer, type ApiRequest, type ApiRoutes } from "./api-route.ts";
import { formatChatMessage, formatListContext } from "./chat-message-resource.ts";
import type { Directory } from "./directory.ts";
import { demandPermission, type GraphDoor } from "./graph-access.ts";
import type { ChannelPlace, GraphPlaces } from "./graph-places.ts";
import type { Installations } from "./installations.ts";
import { formatCatalogApp } from "./installed-app-routes.ts";
import { readDelta } from "./message-delta.ts";
import { queryMessages } from "./query-messages.ts";
import { demandKnownOptions, formatSkipToken, readPage } from "./read-page.ts";
import type { Store } from "./store.ts";
import { readPermission } from "./subscription-permissions.ts";
import { formatChannel, formatSealedTeam } from "./team-resource.ts";
import type { BotIdentity, Place, StoredMessage } from "./tenant-model.ts";
import { readConversationId } from "./tenant-model.ts";

const PAGING = ["$top", "$skiptoken", "$skipToken"];
const DELTA = ["$top", "$filter", "$expand", "$skiptoken", "$deltatoken"];
const CHANNEL_MESSAGES = "/v1.0/teams/:teamId/channels/:channelId/messages";
/** So many replies come along with a root. Source: https://learn.microsoft.com/graph/api/channel-list-messages */
const MOST_EXPANDED = 1_000;
const CHAT_MESSAGES = "/v1.0/chats/:chatId/messages";

/** What Graph can leave out of a message, which is not emulated. */
const ABSENT = ["$select"];
const UNKNOWN_TOO = /(^|[,;\s])include-unknown-enum-members([,;\s]|$)/i;

export function createGraphRoutes(needs: {
  readonly readUrl: () => string;
  readonly now: () => number;
  readonly door: GraphDoor;
  readonly directory: Directory;
  readonly places: GraphPlaces;
  readonly installations: Installations;
  readonly store: Store;
  readonly bot: BotIdentity;
}): ApiRoutes {
  const { readUrl, door, directory, places, installations, store, bot } = needs;
  const { demandTeam, openChannel, openChat, demandMessage } = places;
  const pageRule = (maxSize: number) => ({ baseUrl: readUrl(), defaultSize: 20, maxSize });

  /**
   * Values that came after the first version are told to whoever asks for them.
   * Source: https://learn.microsoft.com/graph/best-practices-concept#handling-future-members-in-evolvable-enumerations
   */
  function show(message: StoredMessage, place: Place, { headers }: ApiRequest): Record<string, unknown> {
    const shown = formatChatMessage(message, place, bot);
    const isNew =
      shown.messageType === "systemEventMessage" && !UNKNOWN_TOO.test(String(headers.prefer ?? ""));
    return isNew ? { ...shown, messageType: "unknownFutureValue" } : shown;
  }

  function listReplies(place: ChannelPlace, rootId: string): StoredMessage[] {
    // Nothing is posted into the past, so the newest are the last.
    return store
      .list(place.channel.id)
      .filter((one) => one.rootId === rootId)
      .toReversed();
  }

  function readExpand({ query }: ApiRequest): "replies" | null {
    const expand = query.get("$expand");
    if (expand === null || expand === "replies") return expand;
    throw new ApiFault(501, "NotEmulated", `$expand=${expand} is not emulated.`);
  }

  /** A root with its replies, or with some of them, newest first. What is too much is where the link leads. */
  function formatThread(
    root: StoredMessage,
    replies: readonly StoredMessage[],
    request: ApiRequest,
    place: ChannelPlace,
  ): object {
    const told = replies.slice(0, MOST_EXPANDED);
    const last = told.at(-1);
    const isCut = last !== undefined && told.length < replies.length;
    const repliesPath = `${request.path.replace(/\/delta$/, "")}/${root.id}/replies`;
    const start = isCut ? listReplies(place, root.id).findIndex(({ id }) => id === last.id) + 1 : 0;
    return {
      ...show(root, place, request),
      replies: told.map((one) => show(one, place, request)),
      ...(isCut
        ? {
            "replies@odata.nextLink": `${readUrl()}${repliesPath}?$skiptoken=${formatSkipToken(start, repliesPath)}`,
          }
        : {}),
    };
  }

  async function answerChannelMessages(request: ApiRequest): Promise<ApiAnswer> {
    demandKnownOptions(request, [...PAGING, "$expand"], ABSENT);
    const place = await openChannel(request);
    const expand = readExpand(request);
    const threads = Map.groupBy(store.list(place.channel.id), ({ rootId }) => rootId);
    const roots = (threads.get(null) ?? []).toSorted((a, b) => b.modifiedAtMs - a.modifiedAtMs);
    const format = (root: StoredMessage) =>
      expand === null
        ? show(root, place, request)
        : formatThread(root, (threads.get(root.id) ?? []).toReversed(), request, place);
    return answerList(place, null, readPage(roots, request, pageRule(50), format));
  }

  async function answerDelta(request: ApiRequest): Promise<ApiAnswer> {
    demandKnownOptions(request, DELTA, ABSENT);
    const place = await openChannel(request);
    const expand = readExpand(request);
    const { threads, link } = readDelta(store.list(place.channel.id), request, needs.now());
    const value = threads.map(({ root, replies }) =>
      expand === null ? show(root, place, request) : formatThread(root, replies.toReversed(), request, place),
    );
    const address = `${readUrl()}${request.path}?${link.query}`;
    return { status: 200, json: { [`@odata.${link.kind}Link`]: address, value } };
  }

  function answerOne(place: Place, request: ApiRequest, id: string, rootId: string | null): ApiAnswer {
    demandKnownOptions(request, [], ABSENT);
    const message = demandMessage(readConversationId(place), id, rootId);
    const context = { "@odata.context": `${formatListContext(place, rootId)}/$entity` };
    return { status: 200, json: { ...context, ...show(message, place, request) } };
  }

  function answerList(place: Place, rootId: string | null, page: object): ApiAnswer {
    return { status: 200, json: { "@odata.context": formatListContext(place, rootId), ...page } };
  }

  return {
    area: "graph",
    handlers: {
      "GET /v1.0/appCatalogs/teamsApps": async (request) => {
        const caller = await door(request);
        demandPermission(caller, { oneOfRoles: ["AppCatalog.Read.All", "AppCatalog.ReadWrite.All"] });
        demandKnownOptions(request, ["$filter"]);
        const filter = request.query.get("$filter") ?? "";
        const [, externalId] = /^\s*externalId\s+eq\s+'([^']*)'\s*$/i.exec(filter) ?? [];
        if (externalId === undefined) {
          throw new ApiFault(501, "NotEmulated", `appCatalogs/teamsApps: $filter=${filter} is not emulated.`);
        }
        const app = formatCatalogApp(caller.organisation, bot);
        const isKnown = externalId.toLowerCase() === bot.teamsAppId && caller.organisation !== directory.home;
        return { status: 200, json: { value: isKnown ? [app] : [] } };
      },
      "GET /v1.0/teams/:teamId": async (request) => {
        const caller = await door(request);
        const teamId = readParameter(request, "teamId");
        if (/^getAll/i.test(teamId)) {
          throw new ApiFault(501, "NotEmulated", `${request.path} is not emulated.`);
        }
        const team = demandTeam(caller, teamId);
        demandPermission(caller, readPermission({ kind: "team", teamId: team.id }, "v1.0", installations));
        demandKnownOptions(request, []);
        return { status: 200, json: formatSealedTeam(team, caller.organisation) };
      },
      "GET /v1.0/teams/:teamId/channels": async (request) => {
        const caller = await door(request);
        const team = demandTeam(caller, readParameter(request, "teamId"));
        demandPermission(caller, {
          grants: installations.listGrants(team.id),
          oneOfGrants: ["ChannelSettings.Read.Group", "ChannelSettings.ReadWrite.Group"],
          oneOfRoles: ["Channel.ReadBasic.All", "ChannelSettings.Read.All"],
        });
        demandKnownOptions(request, PAGING);
        const channels = team.channels.map((channel) => formatChannel(channel, team, caller.organisation));
        return { status: 200, json: readPage(channels, request, { ...pageRule(999), defaultSize: 999 }) };
      },
      [`GET ${CHANNEL_MESSAGES}`]: answerChannelMessages,
      [`GET ${CHANNEL_MESSAGES}/delta`]: answerDelta,
      [`GET ${CHANNEL_MESSAGES}/:messageId`]: async (request) => {
        const place = await openChannel(request);
        return answerOne(place, request, readParameter(request, "messageId"), null);
      },
      [`GET ${CHANNEL_MESSAGES}/:messageId/replies`]: async (request) => {
        demandKnownOptions(request, PAGING, ABSENT);
        const place = await openChannel(request);
        const root = demandMessage(place.channel.id, readParameter(request, "messageId"), null);
        const format = (one: StoredMessage) => show(one, place, request);
        const page = readPage(listReplies(place, root.id), request, pageRule(50), format);
        return answerList(place, root.id, page);
      },
      [`GET ${CHANNEL_MESSAGES}/:messageId/replies/:replyId`]: async (request) => {
        const place = await openChannel(request);
        const rootId = readParameter(request, "messageId");
        return answerOne(place, request, readParameter(request, "replyId"), rootId);
      },
      [`GET ${CHAT_MESSAGES}`]: async (request) => {
        demandKnownOptions(request, [...PAGING, "$orderby", "$filter"], ABSENT);
        const place = await openChat(request);
        const messages = queryMessages(store.list(readParameter(request, "chatId")), request.query);
        const format = (one: StoredMessage) => show(one, place, request);
        return answerList(place, null, readPage(messages, request, pageRule(50), format));
      },
      [`GET ${CHAT_MESSAGES}/:messageId`]: async (request) => {
        const place = await openChat(request);
        return answerOne(place, request, readParameter(request, "messageId"), null);
      },
    },
  };
}
