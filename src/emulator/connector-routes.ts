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
import { badSyntax, parseBotActivity, type BotActivity } from "./bot-activity.ts";
import type { ConnectorAccess } from "./connector-access.ts";
import type { Directory } from "./directory.ts";
import type { Edges } from "../edges.ts";
import { findByAccount } from "./find-by-account.ts";
import { demandMessageSize } from "./message-size.ts";
import type { SendDesk, Taken } from "./send-desk.ts";
import type { Store } from "./store.ts";
import type { Author, BotIdentity, Organisation, Place, StoredMessage } from "./tenant-model.ts";
import { readConversationId } from "./tenant-model.ts";

const BASE = "/amer/:tenantId/v3/conversations";
const ACTIVITY = `${BASE}/:conversationId/activities/:activityId`;
/** A name, as `like`, or a name behind its character's code points, as `1f44b_wavinghand-tone1`. */
const REACTION = /^(?:[\da-f]+(?:-[\da-f]+)*_)?[\da-z][\da-z-]*$/i;

const newConversation = z.looseObject({
  isGroup: z.boolean().nullish(),
  tenantId: z.string().nullish(),
  channelData: z
    .looseObject({
      channel: z.looseObject({ id: z.string() }).nullish(),
      tenant: z.looseObject({ id: z.string() }).nullish(),
    })
    .nullish(),
  members: z.array(z.looseObject({ id: z.string() })).nullish(),
  activity: z.unknown().optional(),
});

type NewConversation = z.infer<typeof newConversation>;

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

  function readActivity(request: ApiRequest, organisation: Organisation) {
    demandMessageSize(request.body);
    return parseFor(organisation, parseJsonBody(request, "BadSyntax"));
  }

  function parseFor({ people }: Organisation, input: unknown) {
    return parseBotActivity(input, (id) => findByAccount(people, id, bot)?.id);
  }

  function post(place: Place, rootId: string | null, activity: BotActivity): StoredMessage | null {
    if (activity.kind === "typing") return null;
    const { parts, cards } = activity;
    return store.post({ place, rootId, author: self, parts, cards });
  }

  /** `;messageid=` of the conversation decides the thread; the activity that is replied to does not. */
  function answerSend(request: ApiRequest): Promise<ApiAnswer> {
    const demand = () => access.demandVoice(request);
    return desk.take("reply", request, demand, ({ place, rootId }) => {
      const message = post(place, rootId, readActivity(request, place.organisation));
      const answer = { status: 201, json: { id: message?.id ?? String(edges.now()) } };
      return { answer, activityId: message?.id ?? null };
    });
  }

  async function demandMessage(request: ApiRequest): Promise<StoredMessage> {
    const { place } = await access.demandVoice(request);
    const message = store.findIn(readConversationId(place), readParameter(request, "activityId"));
    if (message?.deletedAtMs !== null) throw new ApiFault(404, "ActivityNotFound", "Activity not found.");
    return message;
  }

  async function answerCreate(request: ApiRequest): Promise<ApiAnswer> {
    const organisation = await access.demandBot(request);
    demandMessageSize(request.body);
    const parsed = newConversation.safeParse(parseJsonBody(request, "BadSyntax"));
    if (!parsed.success) throw badSyntax("The conversation's parameters are malformed.");
    const wanted = parsed.data;
    const { channel } = wanted.channelData ?? {};
    const conversationId = channel?.id ?? wanted.members?.[0]?.id ?? "";
    const counted = { ...request, params: { ...request.params, conversationId } };
    const open = channel ? openThread : openTalk;
    return desk.take(
      "create",
      counted,
      async () => organisation,
      () => open(wanted, organisation),
    );
  }

  /** A thread begins with what the bot says. */
  function openThread({ channelData, activity: input }: NewConversation, organisation: Organisation): Taken {
    const place = directory.findPlace(channelData?.channel?.id ?? "");
    if (place?.kind !== "channel" || place.organisation !== organisation) {
      throw new ApiFault(404, "ConversationNotFound", "Conversation not found.");
    }
    access.demandHeard(place);
    const root = post(place, null, parseFor(organisation, input));
    if (!root) throw badSyntax("A new thread needs a message.");
    const id = `${place.channel.id};messageid=${root.id}`;
    return { answer: { status: 201, json: { id, activityId: root.id } }, activityId: root.id };
  }

  /** The talk with one person, which is always the same. */
  function openTalk({ members, tenantId, channelData }: NewConversation, organisation: Organisation): Taken {
    const [member, ...others] = members ?? [];
    if (!member || others.length > 0) {
      throw badSyntax("Bad format of conversation parameters: group chats cannot be created by a bot.");
    }
    if ((tenantId ?? channelData?.tenant?.id) !== organisation.id) {
      throw badSyntax("Bad format of conversation parameters: the tenant's id is missing or is another's.");
    }
    const person = findByAccount(organisation.people, member.id, bot);
    const chat = organisation.chats.find(
      ({ kind, memberIds }) => person && kind === "personal" && memberIds.includes(person.id),
    );
    if (!chat) throw badSyntax("The member is not a person of this tenant.");
    access.demandHeard({ kind: "chat", organisation, chat });
    return { answer: { status: 201, json: { id: chat.botConversationId } }, activityId: null };
  }

  function answerChange(request: ApiRequest, act: () => Promise<ApiAnswer>): Promise<ApiAnswer> {
    return desk.read("change", request, readParameter(request, "conversationId"), act);
  }

  function answerReaction(request: ApiRequest, on: boolean): Promise<ApiAnswer> {
    const type = readParameter(request, "reactionType");
    const demand = async () => {
      const message = await demandMessage(request);
      if (!REACTION.test(type)) throw badSyntax("The reaction's type is not known.");
      return message;
    };
    return desk.take(on ? "react" : "unreact", request, demand, ({ key, id }) => {
      store.react(key, self, type, on);
      return { answer: { status: 204 }, activityId: id };
    });
  }

  return {
    area: "connector",
    handlers: {
      [`POST ${BASE}`]: answerCreate,
      [`POST ${BASE}/:conversationId/activities`]: answerSend,
      [`POST ${ACTIVITY}`]: answerSend,
      [`PUT ${ACTIVITY}`]: (request) =>
        answerChange(request, async () => {
          const { key } = await demandMessage(request);
          const activity = readActivity(request, await access.demandBot(request));
          if (activity.kind !== "message") throw badSyntax("Only a message can be updated.");
          const { id } = store.edit(key, self, activity.parts, activity.cards);
          return { status: 200, json: { id } };
        }),
      [`DELETE ${ACTIVITY}`]: (request) =>
        answerChange(request, async () => {
          store.remove((await demandMessage(request)).key, self);
          return { status: 200 };
        }),
      [`PUT ${ACTIVITY}/reactions/:reactionType`]: (request) => answerReaction(request, true),
      [`DELETE ${ACTIVITY}/reactions/:reactionType`]: (request) => answerReaction(request, false),
    },
  };
}
