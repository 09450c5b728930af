/** Bot Framework's connector, as Teams serves it: how the bot speaks. */
import { z } from "zod";
import { ApiFault } from "./api-fault.ts";
import {
  parseJsonBody,
  readParameter,
  type ApiAnswer,
  type ApiRequest,
  type ApiRoutes,
} from "./api-route.ts";
import { badSyntax, parseBotActivity } from "./bot-activity.ts";
import type { ConnectorAccess } from "./connector-access.ts";
import type { Directory } from "./directory.ts";
import type { Edges } from "../edges.ts";
import type { SendDesk } from "./send-desk.ts";
import type { Store } from "./store.ts";
import type { Author, BotIdentity, Organisation, Person, Place, StoredMessage } from "./tenant-model.ts";
import { readConversationId } from "./tenant-model.ts";
import { formatPersonAccountId } from "./thread-ids.ts";

const BASE = "/amer/:tenantId/v3/conversations";
const ACTIVITY = `${BASE}/:conversationId/activities/:activityId`;

const newConversation = z.looseObject({
  isGroup: z.boolean().nullish(),
  channelData: z.looseObject({ channel: z.looseObject({ id: z.string() }).nullish() }).nullish(),
  members: z.array(z.looseObject({ id: z.string() })).nullish(),
  activity: z.unknown().optional(),
});

/** Source: https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference */
export function createConnectorRoutes(needs: {
  readonly edges: Pick<Edges, "now">;
  readonly access: ConnectorAccess;
  readonly desk: SendDesk;
  readonly directory: Directory;
  readonly store: Store;
  readonly bot: BotIdentity;
}): ApiRoutes {
  const { edges, access, desk, directory, store, bot } = needs;
  const self: Author = { id: bot.id, name: bot.name, isBot: true };

  function listMembers(place: Place): Person[] {
    const memberIds =
      place.kind === "channel" ? (place.channel.memberIds ?? place.team.memberIds) : place.chat.memberIds;
    return place.organisation.people.filter(({ id }) => memberIds.includes(id));
  }

  function formatMember({ id, name, mail }: Person, organisation: Organisation): object {
    const [givenName = name, ...rest] = name.split(" ");
    return {
      ...{ id: formatPersonAccountId(id, bot.id), objectId: id, aadObjectId: id, name, givenName },
      ...{ surname: rest.join(" "), email: mail, userPrincipalName: mail },
      ...{ tenantId: organisation.id, userRole: "user" },
    };
  }

  function findPerson(organisation: Organisation, accountId: string): Person | undefined {
    return organisation.people.find(
      ({ id }) => id === accountId || formatPersonAccountId(id, bot.id) === accountId,
    );
  }

  function post(place: Place, rootId: string | null, input: unknown): StoredMessage | null {
    const activity = parseBotActivity(input, (id) => findPerson(place.organisation, id)?.id);
    if (activity.kind === "typing") return null;
    const { parts, cards } = activity;
    return store.post({ place, rootId, author: self, parts, cards });
  }

  /** `;messageid=` of the conversation decides the thread; the activity that is replied to does not. */
  function answerSend(request: ApiRequest): Promise<ApiAnswer> {
    const demand = () => access.demandConversation(request);
    return desk.take("reply", request, demand, ({ place, rootId }) => {
      const message = post(place, rootId, parseJsonBody(request, "BadSyntax"));
      const answer = { status: 201, json: { id: message?.id ?? String(edges.now()) } };
      return { answer, activityId: message?.id ?? null };
    });
  }

  async function demandMessage(request: ApiRequest): Promise<StoredMessage> {
    const { place } = await access.demandConversation(request);
    const message = store.findIn(readConversationId(place), readParameter(request, "activityId"));
    if (message?.deletedAtMs !== null) throw new ApiFault(404, "ActivityNotFound", "Activity not found.");
    return message;
  }

  async function answerCreate(request: ApiRequest): Promise<ApiAnswer> {
    const organisation = await access.demandBot(request);
    const parsed = newConversation.safeParse(parseJsonBody(request, "BadSyntax"));
    if (!parsed.success) throw badSyntax("The conversation's parameters are malformed.");
    const { channelData, members, activity } = parsed.data;
    if (channelData?.channel) {
      const place = directory.findPlace(channelData.channel.id);
      if (place?.kind !== "channel" || place.organisation !== organisation) {
        throw new ApiFault(404, "ConversationNotFound", "Conversation not found.");
      }
      access.demandRoster(place);
      const root = post(place, null, activity);
      if (!root) throw badSyntax("A new thread needs a message.");
      const id = `${place.channel.id};messageid=${root.id}`;
      return { status: 201, json: { id, activityId: root.id } };
    }
    const [member, ...others] = members ?? [];
    if (!member || others.length > 0) {
      throw badSyntax("Bad format of conversation parameters: group chats cannot be created by a bot.");
    }
    const person = findPerson(organisation, member.id);
    const chat = organisation.chats.find(
      ({ kind, memberIds }) => person && kind === "personal" && memberIds.includes(person.id),
    );
    if (!chat) throw badSyntax("The member is not a person of this tenant.");
    access.demandRoster({ kind: "chat", organisation, chat });
    return { status: 201, json: { id: chat.botConversationId } };
  }

  function answerReaction(request: ApiRequest, on: boolean): Promise<ApiAnswer> {
    const demand = () => demandMessage(request);
    return desk.take(on ? "react" : "unreact", request, demand, ({ key, id }) => {
      store.react(key, self, readParameter(request, "reactionType"), on);
      return { answer: { status: 204 }, activityId: id };
    });
  }

  return {
    area: "connector",
    handlers: {
      [`POST ${BASE}`]: answerCreate,
      [`POST ${BASE}/:conversationId/activities`]: answerSend,
      [`POST ${ACTIVITY}`]: answerSend,
      [`PUT ${ACTIVITY}`]: async (request) => {
        const { key } = await demandMessage(request);
        const organisation = await access.demandBot(request);
        const input = parseJsonBody(request, "BadSyntax");
        const activity = parseBotActivity(input, (id) => findPerson(organisation, id)?.id);
        if (activity.kind !== "message") throw badSyntax("Only a message can be updated.");
        return { status: 200, json: { id: store.edit(key, self, activity.parts, activity.cards).id } };
      },
      [`DELETE ${ACTIVITY}`]: async (request) => {
        store.remove((await demandMessage(request)).key, self);
        return { status: 200 };
      },
      [`PUT ${ACTIVITY}/reactions/:reactionType`]: (request) => answerReaction(request, true),
      [`DELETE ${ACTIVITY}/reactions/:reactionType`]: (request) => answerReaction(request, false),
      [`GET ${BASE}/:conversationId/members`]: async (request) => {
        const { place } = await access.demandConversation(request);
        return { status: 200, json: listMembers(place).map((one) => formatMember(one, place.organisation)) };
      },
      [`GET ${BASE}/:conversationId/pagedmembers`]: async (request) => {
        const { place } = await access.demandConversation(request);
        const members = listMembers(place).map((one) => formatMember(one, place.organisation));
        return { status: 200, json: { members } };
      },
      [`GET ${BASE}/:conversationId/members/:memberId`]: async (request) => {
        const { place } = await access.demandConversation(request);
        const person = findPerson(place.organisation, readParameter(request, "memberId"));
        if (!person || !listMembers(place).includes(person)) {
          throw new ApiFault(404, "MemberNotFoundInConversation", "Member not found in conversation.");
        }
        return { status: 200, json: formatMember(person, place.organisation) };
      },
    },
  };
}
