/** What people do in the tenant, for the window and for tests: both go this way. */
import type { Edges } from "../edges.ts";
import { ApiFault } from "./api-fault.ts";
import type { Directory } from "./directory.ts";
import type { Installations } from "./installations.ts";
import { readExtras, type ExtrasRequest } from "./message-extras.ts";
import { readKey, readRootId, type MessageReference, type ThreadReference } from "./message-reference.ts";
import { createPayloadActs, type PayloadActs } from "./payload-acts.ts";
import { formatPostedMessage, type PostedMessage } from "./posted-message.ts";
import { readParts, type Words } from "./said-words.ts";
import type { Store } from "./store.ts";
import { createTeamActs, type TeamActs } from "./team-acts.ts";
import type { Author, BotIdentity, ChangeListener, InstallTarget, Person, Place } from "./tenant-model.ts";
import type { ViewpointActs, Viewpoints } from "./viewpoints.ts";

export { readKey, type MessageReference } from "./message-reference.ts";
export type { Words } from "./said-words.ts";

export type SayRequest = Words &
  ExtrasRequest & {
    /** Id or name. */
    readonly person: string;
    /** Id or name of a chat or channel: `Lunch crew`, `Outages`, `Help Desk/General`; `personal`: the talk with the bot. */
    readonly conversation: string;
    /** A message of the thread, or the id of its root. */
    readonly inThreadOf?: ThreadReference;
  };

export interface TenantActs extends TeamActs, PayloadActs, ViewpointActs {
  /** Installs the app in a team or chat (id or name); resolves when the bot was told. Twice does nothing. */
  install(place: string): Promise<void>;
  uninstall(place: string): Promise<void>;
  installEverywhere(): Promise<void>;
  /** Posts as a person, the same way as the window does. Throws where the person may not. */
  say(request: SayRequest): PostedMessage;
  edit(message: MessageReference, words: Words): PostedMessage;
  remove(message: MessageReference): PostedMessage;
  /** `on: false` takes it back. Default: true. */
  react(request: { person: string; message: MessageReference; type: string; on?: boolean }): PostedMessage;
  /** Everything in a conversation, in the order of posting. */
  readMessages(conversation: string): PostedMessage[];
}

export function createTenantActs(needs: {
  readonly edges: Pick<Edges, "now" | "randomBytes" | "randomUuid">;
  readonly directory: Directory;
  readonly installations: Installations;
  readonly store: Store;
  readonly bot: BotIdentity;
  readonly emit: ChangeListener;
  readonly viewpoints: Viewpoints;
  /** Base URL of Graph. */
  readonly readUrl: () => string;
  /** Resolves when the bot was told of every installation up to now. */
  readonly whenTold: () => Promise<void>;
}): TenantActs {
  const { directory, installations, store, whenTold } = needs;

  async function installAt(target: InstallTarget): Promise<void> {
    if (installations.install(target)) await whenTold();
  }

  function resolvePlace(person: Person, conversation: string): Place {
    const organisation = directory.findPerson(person.id)?.organisation;
    const chat =
      conversation === "personal" &&
      organisation?.chats.find(({ kind, memberIds }) => kind === "personal" && memberIds.includes(person.id));
    return organisation && chat ? { kind: "chat", organisation, chat } : directory.resolvePlace(conversation);
  }

  function findAuthor(key: string): Author {
    const message = store.find(key);
    if (!message) throw new ApiFault(404, "NotFound", "There is no such message.");
    return message.author;
  }

  return {
    ...createTeamActs(needs),
    ...createPayloadActs(needs),
    ...needs.viewpoints.acts,
    install: (place) => installAt(directory.resolveTarget(place)),
    async uninstall(place) {
      if (installations.uninstall(directory.resolveTarget(place))) await whenTold();
    },
    async installEverywhere() {
      await Promise.all(directory.listTargets().map(installAt));
    },
    say(request: SayRequest) {
      const person = directory.resolvePerson(request.person);
      const place = resolvePlace(person, request.conversation);
      demandMember(person, place);
      const rootId = readRootId(request.inThreadOf);
      const author = { id: person.id, name: person.name, isBot: false };
      const extras = readExtras(request, { place, rootId, author }, needs);
      const parts = readParts(request, place, needs);
      return formatPostedMessage(store.post({ place, rootId, author, parts, ...extras }));
    },
    edit(message, words) {
      const key = readKey(message);
      const author = findAuthor(key);
      const place = directory.findPlace(store.find(key)?.conversationId ?? "");
      return formatPostedMessage(store.edit(key, author, readParts(words, place, needs)));
    },
    remove(message) {
      const key = readKey(message);
      return formatPostedMessage(store.remove(key, findAuthor(key)));
    },
    react({ person, message, type, on = true }) {
      const { id, name } = directory.resolvePerson(person);
      return formatPostedMessage(store.react(readKey(message), { id, name, isBot: false }, type, on));
    },
    readMessages(conversation) {
      const place = directory.resolvePlace(conversation);
      const id = place.kind === "channel" ? place.channel.id : place.chat.id;
      return store.list(id).map(formatPostedMessage);
    },
  };
}

/** Throws 403 where the person cannot see the conversation. */
export function demandMember(person: Person, place: Place): void {
  const memberIds =
    place.kind === "channel" ? (place.channel.memberIds ?? place.team.memberIds) : place.chat.memberIds;
  if (!memberIds.includes(person.id)) {
    throw new ApiFault(403, "Forbidden", `${person.name} is not a member of this conversation.`);
  }
}
