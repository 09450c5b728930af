/**
 * The bytes of a message's pictures and code.
 * Sources: https://learn.microsoft.com/graph/api/chatmessage-list-hostedcontents,
 * https://learn.microsoft.com/graph/api/chatmessagehostedcontent-get
 */
import { ApiFault } from "./api-fault.ts";
import {
  readParameter,
  type ApiAnswer,
  type ApiHandler,
  type ApiRequest,
  type ApiRoutes,
} from "./api-route.ts";
import { formatListContext } from "./chat-message-resource.ts";
import type { ChatPlace, GraphPlaces } from "./graph-places.ts";
import { demandKnownOptions } from "./read-page.ts";
import type { HostedContent, Place, StoredMessage } from "./tenant-model.ts";
import { readConversationId } from "./tenant-model.ts";

interface Found {
  readonly place: Place;
  readonly message: StoredMessage;
}

const CHANNEL_MESSAGE = "teams/:teamId/channels/:channelId/messages/:messageId";
const ROLES = ["Chat.Read.All", "Chat.ReadWrite.All"];

export function createHostedContentRoutes({ places }: { readonly places: GraphPlaces }): ApiRoutes {
  const { openChannel, openChatBy, demandMessage } = places;

  async function findRoot(request: ApiRequest): Promise<Found> {
    const place = await openChannel(request);
    return { place, message: demandMessage(place.channel.id, readParameter(request, "messageId"), null) };
  }

  async function findReply(request: ApiRequest): Promise<Found> {
    const place = await openChannel(request);
    const rootId = readParameter(request, "messageId");
    return { place, message: demandMessage(place.channel.id, readParameter(request, "replyId"), rootId) };
  }

  /** A chat's own consent opens them in beta alone, and where the app is installed counts for nothing. */
  const findInChat = (version: string) => async (request: ApiRequest) => {
    const oneOfGrants = version === "beta" ? ["ChatMessage.Read.Chat"] : [];
    const place: ChatPlace = await openChatBy(request, () => ({ oneOfGrants, oneOfRoles: ROLES }));
    const id = readParameter(request, "messageId");
    return { place, message: demandMessage(readConversationId(place), id, null) };
  };

  const routes = (path: string, find: (request: ApiRequest) => Promise<Found>): [string, ApiHandler][] => [
    [`GET ${path}/hostedContents`, async (request) => answerList(request, await find(request))],
    [`GET ${path}/hostedContents/:contentId`, async (request) => answerOne(request, await find(request))],
    [
      `GET ${path}/hostedContents/:contentId/$value`,
      async (request) => answerBytes(request, await find(request)),
    ],
  ];

  return {
    area: "graph",
    handlers: Object.fromEntries([
      ...routes(`/v1.0/${CHANNEL_MESSAGE}`, findRoot),
      ...routes(`/v1.0/${CHANNEL_MESSAGE}/replies/:replyId`, findReply),
      ...["v1.0", "beta"].flatMap((version) =>
        routes(`/${version}/chats/:chatId/messages/:messageId`, findInChat(version)),
      ),
    ]),
  };
}

/** What a policy blocks, nobody reads. */
function listContents({ hostedContents = [], policyViolation }: StoredMessage): readonly HostedContent[] {
  return policyViolation?.action === "blockAccess" ? [] : hostedContents;
}

function demandContent(request: ApiRequest, { message }: Found): HostedContent {
  demandKnownOptions(request, [], []);
  const id = readParameter(request, "contentId");
  const content = listContents(message).find((one) => one.id === id);
  if (content) return content;
  throw new ApiFault(404, "NotFound", "Hosted content does not exist.");
}

function answerList(request: ApiRequest, { place, message }: Found): ApiAnswer {
  demandKnownOptions(request, [], []);
  const value = listContents(message).map(formatContent);
  const context = formatContext(place, message);
  return { status: 200, json: { "@odata.context": context, "@odata.count": value.length, value } };
}

function answerOne(request: ApiRequest, found: Found): ApiAnswer {
  const content = demandContent(request, found);
  const context = `${formatContext(found.place, found.message)}/$entity`;
  return { status: 200, json: { "@odata.context": context, ...formatContent(content) } };
}

function answerBytes(request: ApiRequest, found: Found): ApiAnswer {
  const { bytes, type } = demandContent(request, found);
  return { status: 200, content: bytes, type };
}

/** Bytes and type are always null here. */
function formatContent({ id }: HostedContent): object {
  return { id, contentBytes: null, contentType: null };
}

function formatContext(place: Place, { id, rootId }: StoredMessage): string {
  return `${formatListContext(place, rootId)}('${id}')/hostedContents`;
}
