/** The places and messages that a call to Graph names, opened for whoever may read them. */
import { ApiFault } from "./api-fault.ts";
import { readParameter, type ApiRequest } from "./api-route.ts";
import type { Directory } from "./directory.ts";
import { demandPermission, type GraphCaller, type GraphDoor, type Permission } from "./graph-access.ts";
import type { Installations } from "./installations.ts";
import type { Store } from "./store.ts";
import type { Person, Place, StoredMessage, Team } from "./tenant-model.ts";

export type ChannelPlace = Extract<Place, { kind: "channel" }>;
export type ChatPlace = Extract<Place, { kind: "chat" }>;

/** Each throws 401 and 403 for the caller, and 404 for what is not there. */
export interface GraphPlaces {
  demandTeam(caller: Pick<GraphCaller, "organisation">, teamId: string): Team;
  /** A chat of the caller's organisation, by Graph's own id. Throws 501 for one of Graph's functions. */
  demandChat(caller: Pick<GraphCaller, "organisation">, chatId: string): ChatPlace;
  /** The channel of the path, whose messages may be read. */
  openChannel(request: ApiRequest): Promise<ChannelPlace>;
  /** The chat of the path, whose messages may be read. */
  openChat(request: ApiRequest): Promise<ChatPlace>;
  /** The chat of the path; `permission` is what it takes. */
  openChatBy(
    request: ApiRequest,
    permission: (chatId: string) => Omit<Permission, "grants">,
  ): Promise<ChatPlace>;
  /** Throws 501 for letters where an id is wanted: they are one of Graph's functions. */
  demandMessage(conversationId: string, id: string, rootId: string | null): StoredMessage;
}

export function createGraphPlaces(needs: {
  readonly door: GraphDoor;
  readonly directory: Directory;
  readonly installations: Installations;
  readonly store: Store;
}): GraphPlaces {
  const { door, directory, installations, store } = needs;

  function demandTeam({ organisation }: Pick<GraphCaller, "organisation">, teamId: string): Team {
    const found = directory.findTeam(teamId);
    if (found?.organisation === organisation) return found.team;
    throw new ApiFault(404, "NotFound", `No Team found with Group Id: ${teamId}.`);
  }

  function demandChat({ organisation }: Pick<GraphCaller, "organisation">, chatId: string): ChatPlace {
    if (/^getAll/i.test(chatId)) {
      throw new ApiFault(501, "NotEmulated", `/chats/${chatId} is not emulated.`);
    }
    const place = directory.findPlace(chatId);
    if (place?.kind === "chat" && place.chat.id === chatId && place.organisation === organisation)
      return place;
    throw new ApiFault(404, "NotFound", "Chat does not exist.");
  }

  const openChatBy: GraphPlaces["openChatBy"] = async (request, permission) => {
    const caller = await door(request);
    const chatId = readParameter(request, "chatId");
    const place = demandChat(caller, chatId);
    demandPermission(caller, { grants: installations.listGrants(chatId), ...permission(chatId) });
    return place;
  };

  return {
    demandTeam,
    demandChat,
    openChatBy,
    async openChannel(request) {
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
      if (place.channel.kind === "private") {
        demandPermission(caller, { oneOfRoles: ["ChannelMessage.Read.All"] });
      }
      return place;
    },
    openChat: (request) =>
      openChatBy(request, (chatId) => {
        // These roles reach just the chats with the app.
        const whereInstalled = ["Chat.Read.WhereInstalled", "Chat.ReadWrite.WhereInstalled"];
        return {
          oneOfGrants: ["ChatMessage.Read.Chat"],
          oneOfRoles: [
            ...(installations.isInstalled(chatId) ? whereInstalled : []),
            ...["Chat.Read.All", "Chat.ReadWrite.All"],
          ],
        };
      }),
    demandMessage(conversationId, id, rootId) {
      if (!/^\d+$/.test(id)) throw new ApiFault(501, "NotEmulated", `…/messages/${id} is not emulated.`);
      const message = store.findIn(conversationId, id);
      if (message?.rootId === rootId) return message;
      throw new ApiFault(404, "NotFound", "Message does not exist.");
    },
  };
}

/** Somebody of the caller's organisation, by id or by user principal name. Throws 404. */
export function findPersonOf(
  directory: Pick<Directory, "findPerson">,
  { organisation }: Pick<GraphCaller, "organisation">,
  idOrName: string,
): Person {
  const found = directory.findPerson(idOrName);
  if (found?.organisation === organisation) return found.person;
  const named = organisation.people.find(({ mail }) => mail.toLowerCase() === idOrName.toLowerCase());
  if (named) return named;
  throw new ApiFault(404, "Request_ResourceNotFound", `Resource '${idOrName}' does not exist.`);
}
