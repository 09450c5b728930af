/** What the emulated tenant is made of: organisations, their people and places, and what was said there. */

export interface Person {
  /** Entra object id. */
  readonly id: string;
  readonly name: string;
  readonly jobTitle: string;
  readonly mail: string;
}

export interface BotIdentity {
  /** Client id of the Entra app, which is the bot's id as well. */
  readonly id: string;
  readonly name: string;
  /** Entra tenant where the bot is registered; connector tokens are issued there and nowhere else. */
  readonly homeTenantId: string;
  /** The manifest's `id`; Graph calls it `externalId`. */
  readonly teamsAppId: string;
}

export type ChannelKind = "standard" | "private" | "shared";

/** As it is now: what is not `readonly` changes with the tenant. */
export interface Channel {
  readonly id: string;
  name: string;
  readonly kind: ChannelKind;
  readonly createdAtMs: number;
  /** Who may read and write; null: everybody in the team. */
  memberIds: readonly string[] | null;
}

/** As it is now, like a channel. */
export interface Team {
  /** Id of the Microsoft 365 group, which Graph calls the team's id; Bot Framework calls it `aadGroupId`. */
  readonly id: string;
  name: string;
  readonly createdAtMs: number;
  /** Everything in it is for reading only. */
  isArchived: boolean;
  /** The first is General, whose id is the team's id in Bot Framework. */
  readonly channels: Channel[];
  memberIds: readonly string[];
}

export type ChatKind = "group" | "meeting" | "personal";

export interface Chat {
  /** Graph's id, `19:…`. */
  readonly id: string;
  readonly kind: ChatKind;
  name: string;
  memberIds: readonly string[];
  /** Bot Framework's id: `a:…` in a personal chat, elsewhere equal to `id`. */
  readonly botConversationId: string;
}

export interface Organisation {
  /** Entra tenant id. */
  readonly id: string;
  readonly name: string;
  readonly domain: string;
  /** The app's id in this organisation's catalog; differs from the manifest's id. */
  readonly catalogAppId: string;
  readonly people: readonly Person[];
  readonly teams: Team[];
  readonly chats: readonly Chat[];
}

/** Where a message can stand. */
export type Place =
  | {
      readonly kind: "channel";
      readonly organisation: Organisation;
      readonly team: Team;
      readonly channel: Channel;
    }
  | { readonly kind: "chat"; readonly organisation: Organisation; readonly chat: Chat };

/** Where the app can be installed. */
export type InstallTarget =
  | { readonly kind: "team"; readonly organisation: Organisation; readonly team: Team }
  | { readonly kind: "chat"; readonly organisation: Organisation; readonly chat: Chat };

/**
 * A stretch of text, or a mention: `id` is a person's, the bot's app id, or that of the team, channel or chat where it
 * stands.
 */
export type Part =
  { readonly text: string } | { readonly mention: { readonly id: string; readonly name: string } };

export interface Author {
  readonly id: string;
  readonly name: string;
  /** A program: the bot, or another one by its own app id. */
  readonly isBot: boolean;
  /** What Graph calls the program. Default: `bot`. */
  readonly applicationType?: ApplicationType;
}

export type ApplicationType = "bot" | "aadApplication" | "office365Connector" | "outgoingWebhook";

export interface StoredReaction {
  readonly type: string;
  readonly by: Author;
  readonly atMs: number;
}

export type Importance = "normal" | "high" | "urgent";

/** What hangs on a message beside its words. Cards are kept by themselves. */
export type StoredAttachment =
  | { readonly kind: "file"; readonly id: string; readonly name: string; readonly url: string }
  | {
      readonly kind: "code";
      readonly id: string;
      readonly language: string;
      readonly lineCount: number;
      /** Where the code itself is. */
      readonly hostedContentId: string;
    }
  /** `id` is the quoted message's. */
  | { readonly kind: "quote"; readonly id: string; readonly preview: string; readonly sender: Author }
  | {
      readonly kind: "forward";
      readonly id: string;
      readonly messageId: string;
      readonly conversationId: string;
      readonly html: string;
      readonly sender: Author;
      readonly sentAtMs: number;
    };

/** Bytes that Graph keeps for a message: a picture in its body, or code. */
export interface HostedContent {
  readonly id: string;
  /** `image/png`, `text/plain`. */
  readonly type: string;
  readonly bytes: Buffer;
  /** Where it is shown in the body; null: it is not. */
  readonly picture: { readonly alt: string; readonly widthPx: number; readonly heightPx: number } | null;
  /** Base URL of the Graph that serves it. */
  readonly graphUrl: string;
}

/** What Teams says of itself. */
export interface SystemEvent {
  /** Graph's name, without its end: `membersAdded`. */
  readonly name: string;
  /** Graph's `eventDetail`, apart from its type. */
  readonly detail: Readonly<Record<string, unknown>>;
  /** As a person reads it. */
  readonly text: string;
}

export interface PolicyViolation {
  /** The first lets the message be read, the second does not. */
  readonly action: "notifySender" | "blockAccess";
  /** What was found in it, `Credit card number`. */
  readonly conditions: readonly string[];
}

/** What only some messages have. */
export interface MessageExtras {
  /** The body as Teams formats it; `parts` are the same words. */
  readonly html?: string;
  readonly subject?: string;
  readonly importance?: Importance;
  readonly attachments?: readonly StoredAttachment[];
  readonly hostedContents?: readonly HostedContent[];
  /** Then it has no words, and its author is nobody. */
  readonly systemEvent?: SystemEvent;
  readonly policyViolation?: PolicyViolation;
}

/** A reaction that came or went. */
export interface HistoryItem {
  readonly action: "reactionAdded" | "reactionRemoved";
  readonly reaction: StoredReaction;
  readonly atMs: number;
}

/** A message as the store holds it; each change makes a new object. */
export interface StoredMessage extends MessageExtras {
  readonly key: string;
  readonly tenantId: string;
  /** Channel id or chat id, Graph's spelling. */
  readonly conversationId: string;
  /** Root of the thread for a reply in a channel, else null. */
  readonly rootId: string | null;
  /** Epoch milliseconds, strictly increasing within the conversation. */
  readonly id: string;
  readonly version: string;
  readonly author: Author;
  readonly createdAtMs: number;
  readonly modifiedAtMs: number;
  readonly editedAtMs: number | null;
  readonly deletedAtMs: number | null;
  readonly parts: readonly Part[];
  readonly cards: readonly object[];
  readonly reactions: readonly StoredReaction[];
  /** What became of its reactions, oldest first. */
  readonly history?: readonly HistoryItem[];
}

/** `blocked`: by a policy. */
export type MessageCause = "posted" | "edited" | "deleted" | "undeleted" | "reacted" | "blocked";

/** What happened in the tenant; the notifier, the bot channel and the window live on these. */
export type Change =
  | {
      readonly kind: "message";
      readonly cause: MessageCause;
      readonly place: Place;
      readonly message: StoredMessage;
      /** As it was; null for a new one. */
      readonly before: StoredMessage | null;
    }
  | { readonly kind: "installed" | "uninstalled" | "upgraded"; readonly target: InstallTarget }
  | TeamChange
  | ChannelChange
  | MembersChange;

export interface TeamChange {
  readonly kind: "team";
  readonly cause: "created" | "renamed" | "archived" | "unarchived" | "deleted" | "restored";
  readonly organisation: Organisation;
  readonly team: Team;
}

export interface ChannelChange {
  readonly kind: "channel";
  readonly cause: "created" | "renamed" | "deleted" | "restored" | "shared" | "unshared";
  readonly organisation: Organisation;
  /** The one that owns the channel. */
  readonly team: Team;
  readonly channel: Channel;
  /** The other side of sharing, else null. */
  readonly guest: { readonly organisation: Organisation; readonly team: Team } | null;
}

/** People come into a team or chat, or leave it. */
export interface MembersChange {
  readonly kind: "members";
  readonly cause: "added" | "removed";
  readonly target: InstallTarget;
  readonly people: readonly Person[];
  /** Who did it. */
  readonly actor: Person;
}

export type ChangeListener = (change: Change) => void;

/** Id of what the place belongs to when the app is installed: the team of a channel, or the chat itself. */
export function readInstallId(place: Place): string {
  return place.kind === "channel" ? place.team.id : place.chat.id;
}

/** Id that Graph gives the conversation. */
export function readConversationId(place: Place): string {
  return place.kind === "channel" ? place.channel.id : place.chat.id;
}
