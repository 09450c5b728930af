/** Graph for reading: the app catalog, channels, and messages of channels and chats. */
import { ApiFault } from "./api-fault.ts";
import { readParameter, type ApiAnswer, type ApiRequest, type ApiRoutes } from "./api-route.ts";
import { formatChatMessage } from "./chat-message-resource.ts";
import type { Directory } from "./directory.ts";
import { demandPermission, type GraphCaller, type GraphDoor } from "./graph-access.ts";
import type { Installations } from "./installations.ts";
import { readDelta } from "./message-delta.ts";
import { queryMessages } from "./query-messages.ts";
import { demandKnownOptions, formatSkipToken, readPage } from "./read-page.ts";
import type { Store } from "./store.ts";
import { readPermission } from "./subscription-permissions.ts";
import { formatChannel, formatSealedTeam } from "./team-resource.ts";
import type { BotIdentity, Organisation, Place, StoredMessage, Team } from "./tenant-model.ts";
import { readConversationId } from "./tenant-model.ts";

const PAGING = ["$top", "$skiptoken", "$skipToken"];
const CHANNEL_MESSAGES = "/v1.0/teams/:teamId/channels/:channelId/messages";
/** So many replies come along with a root. Source: https://learn.microsoft.com/graph/api/channel-list-messages */
const MOST_EXPANDED = 1_000;
const CHAT_MESSAGES = "/v1.0/chats/:chatId/messages";

type ChannelPlace = Extract<Place, { kind: "channel" }>;

export function createGraphRoutes(needs: {
  readonly readUrl: () => string;
  readonly now: () => number;
  readonly door: GraphDoor;
  readonly directory: Directory;
  readonly installations: Installations;
  readonly store: Store;
  readonly bot: BotIdentity;
}): ApiRoutes {
  const { readUrl, door, directory, installations, store, bot } = needs;
  const pageRule = (maxSize: number) => ({ baseUrl: readUrl(), defaultSize: 20, maxSize });

  function demandTeam({ organisation }: GraphCaller, teamId: string): Team {
    const found = directory.findTeam(teamId);
    if (found?.organisation === organisation) return found.team;
    throw new ApiFault(404, "NotFound", `No Team found with Group Id: ${teamId}.`);
  }

  /** The channel of the path, readable by the caller. */
  async function openChannel(request: ApiRequest): Promise<ChannelPlace> {
    const caller = await door(request);
    const team = demandTeam(caller, readParameter(request, "teamId"));
    demandPermission(caller, {
      grants: installations.listGrants(team.id),
      oneOfGrants: ["ChannelMessage.Read.Group"],
      oneOfRoles: ["ChannelMessage.Read.All"],
    });
    const place = directory.findPlace(readParameter(request, "channelId"));
    if (place?.kind !== "channel" || place.team !== team) {
      throw new ApiFault(404, "NotFound", "Channel does not exist.");
    }
    // Grants of a team do not reach into private channels: the app has to be added there by itself.
    if (place.channel.kind === "private")
      demandPermission(caller, { oneOfRoles: ["ChannelMessage.Read.All"] });
    return place;
  }

  async function openChat(request: ApiRequest): Promise<Place> {
    const caller = await door(request);
    const chatId = readParameter(request, "chatId");
    const place = directory.findPlace(chatId);
    if (place?.kind !== "chat" || place.chat.id !== chatId || place.organisation !== caller.organisation) {
      throw new ApiFault(404, "NotFound", "Chat does not exist.");
    }
    // `WhereInstalled` is a role that reaches just the chats with the app.
    const whereInstalled = installations.isInstalled(chatId) ? ["Chat.Read.WhereInstalled"] : [];
    demandPermission(caller, {
      grants: installations.listGrants(chatId),
      oneOfGrants: ["ChatMessage.Read.Chat"],
      oneOfRoles: [...whereInstalled, "Chat.Read.All"],
    });
    return place;
  }

  function demandMessage(conversationId: string, id: string, rootId: string | null): StoredMessage {
    // Where an id is wanted, letters are one of Graph's functions: `delta`, `getAllMessages`.
    if (!/^\d+$/.test(id)) throw new ApiFault(501, "NotEmulated", `…/messages/${id} is not emulated.`);
    const message = store.findIn(conversationId, id);
    if (message?.rootId === rootId) return message;
    throw new ApiFault(404, "NotFound", "Message does not exist.");
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
    { path }: ApiRequest,
    place: ChannelPlace,
  ): object {
    const told = replies.slice(0, MOST_EXPANDED);
    const last = told.at(-1);
    const isCut = last !== undefined && told.length < replies.length;
    const repliesPath = `${path.replace(/\/delta$/, "")}/${root.id}/replies`;
    const start = isCut ? listReplies(place, root.id).findIndex(({ id }) => id === last.id) + 1 : 0;
    return {
      ...formatChatMessage(root, place, bot),
      replies: told.map((one) => formatChatMessage(one, place, bot)),
      ...(isCut
        ? { "replies@odata.nextLink": `${readUrl()}${repliesPath}?$skiptoken=${formatSkipToken(start)}` }
        : {}),
    };
  }

  async function answerChannelMessages(request: ApiRequest): Promise<ApiAnswer> {
    demandKnownOptions(request, [...PAGING, "$expand"]);
    const place = await openChannel(request);
    const expand = readExpand(request);
    const threads = Map.groupBy(store.list(place.channel.id), ({ rootId }) => rootId);
    const roots = (threads.get(null) ?? []).toSorted((a, b) => b.modifiedAtMs - a.modifiedAtMs);
    const format = (root: StoredMessage) =>
      expand === null
        ? formatChatMessage(root, place, bot)
        : formatThread(root, (threads.get(root.id) ?? []).toReversed(), request, place);
    return { status: 200, json: readPage(roots, request, pageRule(50), format) };
  }

  async function answerDelta(request: ApiRequest): Promise<ApiAnswer> {
    demandKnownOptions(request, ["$top", "$filter", "$expand", "$skiptoken", "$deltatoken"]);
    const place = await openChannel(request);
    const expand = readExpand(request);
    const { threads, link } = readDelta(store.list(place.channel.id), request, needs.now());
    const value = threads.map(({ root, replies }) =>
      expand === null
        ? formatChatMessage(root, place, bot)
        : formatThread(root, replies.toReversed(), request, place),
    );
    const address = `${readUrl()}${request.path}?${link.query}`;
    return { status: 200, json: { [`@odata.${link.kind}Link`]: address, value } };
  }

  function answerOne(place: Place, request: ApiRequest, id: string, rootId: string | null): ApiAnswer {
    demandKnownOptions(request, []);
    const message = demandMessage(readConversationId(place), id, rootId);
    return { status: 200, json: formatChatMessage(message, place, bot) };
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
        demandKnownOptions(request, PAGING);
        const place = await openChannel(request);
        const root = demandMessage(place.channel.id, readParameter(request, "messageId"), null);
        const format = (one: StoredMessage) => formatChatMessage(one, place, bot);
        return { status: 200, json: readPage(listReplies(place, root.id), request, pageRule(50), format) };
      },
      [`GET ${CHANNEL_MESSAGES}/:messageId/replies/:replyId`]: async (request) => {
        const place = await openChannel(request);
        const rootId = readParameter(request, "messageId");
        return answerOne(place, request, readParameter(request, "replyId"), rootId);
      },
      [`GET ${CHAT_MESSAGES}`]: async (request) => {
        demandKnownOptions(request, [...PAGING, "$orderby", "$filter"]);
        const place = await openChat(request);
        const messages = queryMessages(store.list(readParameter(request, "chatId")), request.query);
        const format = (one: StoredMessage) => formatChatMessage(one, place, bot);
        return { status: 200, json: readPage(messages, request, pageRule(50), format) };
      },
      [`GET ${CHAT_MESSAGES}/:messageId`]: async (request) => {
        const place = await openChat(request);
        return answerOne(place, request, readParameter(request, "messageId"), null);
      },
    },
  };
}

/** Source: https://learn.microsoft.com/graph/api/resources/teamsapp */
function formatCatalogApp({ catalogAppId: id }: Organisation, bot: BotIdentity): object {
  return { id, externalId: bot.teamsAppId, displayName: bot.name, distributionMethod: "organization" };
}
