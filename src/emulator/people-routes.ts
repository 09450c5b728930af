/**
 * People and chats, and who is where.
 * Sources: https://learn.microsoft.com/graph/api/chat-get, https://learn.microsoft.com/graph/api/chat-list,
 * https://learn.microsoft.com/graph/api/chat-list-members, https://learn.microsoft.com/graph/api/team-list-members,
 * https://learn.microsoft.com/graph/api/user-get
 */
import { ApiFault } from "./api-fault.ts";
import { readParameter, type ApiRequest, type ApiRoutes } from "./api-route.ts";
import type { Directory } from "./directory.ts";
import { demandPermission, type GraphDoor } from "./graph-access.ts";
import { findPersonOf, type GraphPlaces } from "./graph-places.ts";
import type { Installations } from "./installations.ts";
import { formatInstant } from "./posted-message.ts";
import { demandKnownOptions, readPage } from "./read-page.ts";
import type { Store } from "./store.ts";
import type { Chat, Organisation, Person } from "./tenant-model.ts";
import type { Viewpoints } from "./viewpoints.ts";

const PAGING = ["$top", "$skiptoken", "$skipToken"];
const METADATA = "https://graph.microsoft.com/v1.0/$metadata#";
const ALL_CHATS = ["Chat.ReadBasic.All", "Chat.Read.All", "Chat.ReadWrite.All"];
const CHAT_TYPES = { group: "group", meeting: "meeting", personal: "oneOnOne" } as const;

export function createPeopleRoutes(needs: {
  readonly readUrl: () => string;
  readonly door: GraphDoor;
  readonly directory: Directory;
  readonly places: GraphPlaces;
  readonly installations: Installations;
  readonly store: Store;
  readonly viewpoints: Viewpoints;
}): ApiRoutes {
  const { readUrl, door, directory, places, installations, store, viewpoints } = needs;

  /** `person`: whose view of the chat is shown; null: nobody's. */
  function formatChat(
    chat: Chat,
    organisation: Organisation,
    person: Person | null,
  ): Record<string, unknown> {
    const messages = store.list(chat.id);
    const [first, last] = [messages[0]?.createdAtMs ?? 0, messages.at(-1)?.createdAtMs ?? 0];
    const link = `https://teams.microsoft.com/l/chat/${encodeURIComponent(chat.id)}/0?tenantId=${organisation.id}`;
    return {
      id: chat.id,
      topic: chat.kind === "personal" ? null : chat.name,
      createdDateTime: formatInstant(first),
      lastUpdatedDateTime: formatInstant(last),
      chatType: CHAT_TYPES[chat.kind],
      webUrl: link,
      tenantId: organisation.id,
      onlineMeetingInfo: null,
      viewpoint: person && viewpoints.format(person, chat),
    };
  }

  function listMembers(memberIds: readonly string[], placeId: string, organisation: Organisation): object[] {
    return organisation.people
      .filter(({ id }) => memberIds.includes(id))
      .map((person) => formatMember(person, placeId, organisation));
  }

  /** `$expand=members` and no other. */
  function expandMembers(request: ApiRequest, chat: Chat, organisation: Organisation): object {
    const expand = request.query.get("$expand");
    if (expand === null) return {};
    if (expand !== "members") throw new ApiFault(501, "NotEmulated", `$expand=${expand} is not emulated.`);
    return { members: listMembers(chat.memberIds, chat.id, organisation) };
  }

  const chatPermission = (chatId: string) => ({
    oneOfGrants: ["ChatSettings.Read.Chat", "ChatSettings.ReadWrite.Chat", "Chat.Manage.Chat"],
    oneOfRoles: [...whereInstalled(chatId, ["Chat.ReadBasic", "Chat.Read", "Chat.ReadWrite"]), ...ALL_CHATS],
  });
  const memberPermission = (chatId: string) => ({
    oneOfGrants: ["ChatMember.Read.Chat", "Chat.Manage.Chat"],
    oneOfRoles: [
      ...whereInstalled(chatId, ["ChatMember.Read", "ChatMember.ReadWrite", "Chat.ReadBasic"]),
      ...["ChatMember.Read.All", "ChatMember.ReadWrite.All", ...ALL_CHATS],
    ],
  });
  const whereInstalled = (chatId: string, names: readonly string[]) =>
    installations.isInstalled(chatId) ? names.map((name) => `${name}.WhereInstalled`) : [];

  async function openPerson(request: ApiRequest): Promise<{ person: Person; organisation: Organisation }> {
    const caller = await door(request);
    demandPermission(caller, { oneOfRoles: ALL_CHATS });
    const person = findPersonOf(directory, caller, readParameter(request, "userId"));
    return { person, organisation: caller.organisation };
  }

  return {
    area: "graph",
    handlers: {
      "GET /v1.0/chats/:chatId": async (request) => {
        const { chat, organisation } = await places.openChatBy(request, chatPermission);
        demandKnownOptions(request, ["$expand"]);
        const members = expandMembers(request, chat, organisation);
        const context = { "@odata.context": `${METADATA}chats/$entity` };
        return { status: 200, json: { ...context, ...formatChat(chat, organisation, null), ...members } };
      },
      "GET /v1.0/chats/:chatId/members": async (request) => {
        const { chat, organisation } = await places.openChatBy(request, memberPermission);
        demandKnownOptions(request, []);
        const value = listMembers(chat.memberIds, chat.id, organisation);
        const context = `${METADATA}chats('${encodeURIComponent(chat.id)}')/members`;
        return { status: 200, json: { "@odata.context": context, "@odata.count": value.length, value } };
      },
      "GET /v1.0/teams/:teamId/members": async (request) => {
        const caller = await door(request);
        const team = places.demandTeam(caller, readParameter(request, "teamId"));
        demandPermission(caller, {
          grants: installations.listGrants(team.id),
          oneOfGrants: ["TeamMember.Read.Group"],
          oneOfRoles: ["TeamMember.Read.All", "TeamMember.ReadWrite.All"],
        });
        demandKnownOptions(request, PAGING);
        const members = listMembers(team.memberIds, team.id, caller.organisation);
        const rule = { baseUrl: readUrl(), defaultSize: 100, maxSize: 999 };
        const context = { "@odata.context": `${METADATA}teams('${team.id}')/members` };
        return { status: 200, json: { ...context, ...readPage(members, request, rule) } };
      },
      "GET /v1.0/users/:userId": async (request) => {
        const caller = await door(request);
        demandPermission(caller, {
          oneOfRoles: ["User.ReadBasic.All", "User.Read.All", "Directory.Read.All"],
        });
        demandKnownOptions(request, []);
        const person = findPersonOf(directory, caller, readParameter(request, "userId"));
        return { status: 200, json: { "@odata.context": `${METADATA}users/$entity`, ...formatUser(person) } };
      },
      "GET /v1.0/users/:userId/chats": async (request) => {
        const { person, organisation } = await openPerson(request);
        demandKnownOptions(request, [...PAGING, "$expand"]);
        const chats = organisation.chats.filter(({ memberIds }) => memberIds.includes(person.id));
        const format = (chat: Chat) => ({
          ...formatChat(chat, organisation, person),
          ...expandMembers(request, chat, organisation),
        });
        const page = readPage(chats, request, { baseUrl: readUrl(), defaultSize: 20, maxSize: 50 }, format);
        return { status: 200, json: { "@odata.context": `${METADATA}chats`, ...page } };
      },
      "GET /v1.0/users/:userId/chats/:chatId": async (request) => {
        const { person, organisation } = await openPerson(request);
        const { chat } = places.demandChat({ organisation }, readParameter(request, "chatId"));
        if (!chat.memberIds.includes(person.id)) throw new ApiFault(404, "NotFound", "Chat does not exist.");
        demandKnownOptions(request, ["$expand"]);
        const members = expandMembers(request, chat, organisation);
        const context = { "@odata.context": `${METADATA}chats/$entity` };
        return { status: 200, json: { ...context, ...formatChat(chat, organisation, person), ...members } };
      },
    },
  };
}

/** Source: https://learn.microsoft.com/graph/api/resources/aaduserconversationmember */
function formatMember({ id, name, mail }: Person, placeId: string, organisation: Organisation): object {
  return {
    "@odata.type": "#microsoft.graph.aadUserConversationMember",
    id: Buffer.from(`${organisation.id}##${placeId}##${id}`).toString("base64"),
    roles: [],
    displayName: name,
    visibleHistoryStartDateTime: "0001-01-01T00:00:00Z",
    userId: id,
    email: mail,
    tenantId: organisation.id,
  };
}

/** The properties that come without being asked for. Source: https://learn.microsoft.com/graph/api/user-get */
function formatUser({ id, name, jobTitle, mail }: Person): object {
  const [givenName = name, ...rest] = name.split(" ");
  return {
    ...{ id, displayName: name, givenName, surname: rest.join(" "), jobTitle, mail, userPrincipalName: mail },
    ...{ businessPhones: [], mobilePhone: null, officeLocation: null, preferredLanguage: null },
  };
}
