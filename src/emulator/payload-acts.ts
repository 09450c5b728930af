/** What happens to conversations beside people's talk: events, other apps, policies, undone deletions, new names. */
import { ApiFault } from "./api-fault.ts";
import { readFacts } from "./announce-changes.ts";
import type { Directory } from "./directory.ts";
import { readExtras, type ExtrasNeeds, type ExtrasRequest } from "./message-extras.ts";
import { readKey, readRootId, type MessageReference, type ThreadReference } from "./message-reference.ts";
import { formatPostedMessage, type PostedMessage } from "./posted-message.ts";
import { readParts, type Words } from "./said-words.ts";
import type { Store } from "./store.ts";
import { createSystemEvents, type SystemEventName } from "./system-events.ts";
import type { ApplicationType, BotIdentity, Chat, PolicyViolation } from "./tenant-model.ts";

export interface SystemEventRequest {
  /** Id or name of a chat or channel; events of a team stand in its General. */
  readonly conversation: string;
  readonly event: SystemEventName;
  /** Who did it, id or name. Default: whoever is first there. */
  readonly by?: string;
  /** Whom it is about, ids or names. Default: nobody. */
  readonly members?: readonly string[];
  /** What something is called now, or how it is described. */
  readonly name?: string;
}

export type AppSayRequest = Words &
  ExtrasRequest & {
    readonly app: { readonly id: string; readonly name: string; readonly type?: ApplicationType };
    readonly conversation: string;
    readonly inThreadOf?: ThreadReference;
  };

export interface PayloadActs {
  /** Teams says something of itself. Throws 400 where there is no such event in such a place. */
  postSystemEvent(request: SystemEventRequest): PostedMessage;
  /** Another program posts: a bot, a connector, an outgoing webhook. */
  sayAsApp(request: AppSayRequest): PostedMessage;
  /** A policy finds something in a message, and lets nobody read it. `notifySender`: it can be read. */
  blockByPolicy(message: MessageReference, policyViolation?: Partial<PolicyViolation>): PostedMessage;
  /** Its author takes the deletion back. */
  undelete(message: MessageReference): PostedMessage;
  /** A group or meeting chat. Throws 400 for a talk with the bot. */
  renameChat(chat: string, name: string): Chat;
}

export function createPayloadActs(
  needs: ExtrasNeeds & {
    readonly directory: Directory;
    readonly store: Store;
    readonly bot: BotIdentity;
  },
): PayloadActs {
  const { edges, directory, store, bot } = needs;
  const postEvent = createSystemEvents({ edges, store, bot });

  return {
    postSystemEvent({ conversation, event, by, members = [], name = "" }) {
      const place = directory.resolvePlace(conversation);
      const facts = readFacts(place, name);
      return formatPostedMessage(
        postEvent(event, place, {
          ...{ name, by: by === undefined ? facts.by : directory.resolvePerson(by) },
          members: members.map((one) => directory.resolvePerson(one)),
        }),
      );
    },
    sayAsApp(request) {
      const { app, conversation, inThreadOf } = request;
      const place = directory.resolvePlace(conversation);
      const rootId = readRootId(inThreadOf);
      const author = { id: app.id, name: app.name, isBot: true, applicationType: app.type };
      const parts = readParts(request, place, { directory, bot });
      const extras = readExtras(request, { place, rootId, author }, needs);
      return formatPostedMessage(store.post({ place, rootId, author, parts, ...extras }));
    },
    blockByPolicy(message, { action = "blockAccess", conditions = ["Credit card number"] } = {}) {
      return formatPostedMessage(store.block(readKey(message), { action, conditions }));
    },
    undelete(message) {
      const key = readKey(message);
      const found = store.find(key);
      if (!found) throw new ApiFault(404, "NotFound", "There is no such message.");
      return formatPostedMessage(store.undelete(key, found.author));
    },
    renameChat(chatName, name) {
      const place = directory.resolvePlace(chatName);
      if (place.kind !== "chat" || place.chat.kind === "personal") {
        throw new ApiFault(400, "BadRequest", `"${chatName}" is no chat that has a name.`);
      }
      place.chat.name = name;
      postEvent("chatRenamed", place, readFacts(place, name));
      return place.chat;
    },
  };
}
