/** Bot Framework's side of hearing: what Teams sends to the bot's messaging endpoint. */
import type { Edges } from "../edges.ts";
import type { Activity, ActivityContext } from "./activity-envelope.ts";
import {
  createChannelActivity,
  createInstallActivities,
  createMembersActivity,
  createMessageActivity,
  createTeamActivity,
} from "./activity-shape.ts";
import type { BotBlocks } from "./bot-blocks.ts";
import { ACTIVITY_DELIVERY_RULE, type Courier, type Delivery, type DeliveryRule } from "./courier.ts";
import { readTargetId, type Installations } from "./installations.ts";
import { listMentions } from "./message-html.ts";
import { createReactionActivity } from "./reaction-activity.ts";
import type {
  BotIdentity,
  Change,
  ChangeListener,
  ChannelChange,
  InstallTarget,
  MembersChange,
  Organisation,
  Place,
  StoredMessage,
  TeamChange,
} from "./tenant-model.ts";
import { readInstallId } from "./tenant-model.ts";
import type { Tokens } from "./tokens.ts";

export interface BotChannel {
  readonly tell: ChangeListener;
  /** Resolves when every event of a place up to now was delivered or given up. */
  whenTold(): Promise<void>;
  /**
   * Posts what a person does by hand and waits for; once, and not for long. `build` is given an id and throws where it
   * cannot be done.
   */
  post<T extends { readonly activity: Activity }>(
    organisation: Organisation,
    build: (id: string, context: ActivityContext) => T,
  ): Promise<T & { readonly answer: BotAnswer | null }>;
}

/** `json`: null where the body is none. */
export interface BotAnswer {
  readonly status: number;
  readonly json: unknown;
}

type MessageChange = Extract<Change, { kind: "message" }>;

const INSTALL_ACTIONS = { installed: "add", uninstalled: "remove", upgraded: "add-upgrade" } as const;

/** A person waits before the screen. Source: https://learn.microsoft.com/adaptive-cards/authoring-cards/universal-action-model */
const BY_HAND_RULE: DeliveryRule = { timeoutMs: () => 15_000, planRetryMs: () => null };

/**
 * A bot hears what mentions it; with resource-specific consent all messages of a standard channel or a chat; and all
 * of a personal chat. It does not hear itself, nor of reactions to what others say, nor that somebody is typing.
 * Source: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/channel-messages-for-bots-and-agents
 */
export function createBotChannel(needs: {
  readonly edges: Pick<Edges, "now" | "randomUuid">;
  readonly installations: Installations;
  readonly blocks: BotBlocks;
  readonly tokens: Tokens;
  readonly courier: Courier;
  readonly bot: BotIdentity;
  /** The bot's messaging endpoint, as it is now. */
  readonly readMessagesUrl: () => string;
  /** Base of the connector; the tenant's id is appended. Asked when there is something to post. */
  readonly readServiceUrl: () => string;
}): BotChannel {
  const { edges, installations, blocks, tokens, courier, bot, readMessagesUrl, readServiceUrl } = needs;
  const telling = new Set<Promise<unknown>>();

  function readContext(): ActivityContext {
    return { bot, serviceUrl: readServiceUrl(), nowMs: edges.now() };
  }

  function deliver(
    activity: Activity,
    organisation: Organisation,
    rule: DeliveryRule = ACTIVITY_DELIVERY_RULE,
    readAnswer: (status: number, content: Buffer) => void = () => undefined,
  ): Promise<Delivery> {
    const audience = `${readServiceUrl()}/${organisation.id}/`;
    return courier.deliver({
      sender: "bot-framework",
      url: readMessagesUrl(),
      body: activity,
      createHeaders: async () => ({ authorization: `Bearer ${await tokens.issueActivityToken(audience)}` }),
      ...{ rule, readAnswer },
    });
  }

  function tellPlace(activities: readonly Activity[], organisation: Organisation): void {
    for (const activity of activities) {
      const told = deliver(activity, organisation);
      telling.add(told);
      void told.finally(() => telling.delete(told));
    }
  }

  function mentionsBot(message: StoredMessage | null): boolean {
    return listMentions(message?.parts ?? []).some(({ id }) => id === bot.id);
  }

  function hearsAll(place: Place): boolean {
    const grants = installations.listGrants(readInstallId(place));
    if (place.kind === "chat") {
      return place.chat.kind === "personal" || grants.includes("ChatMessage.Read.Chat");
    }
    return place.channel.kind === "standard" && grants.includes("ChannelMessage.Read.Group");
  }

  function tellMessage({ cause, message, before, place }: MessageChange): void {
    if (!installations.isBotHere(place) || blocks.findBlock(place)) return;
    if (cause === "reacted") return tellReaction(message, before, place);
    // What Teams says of itself comes as an event of the place; what a policy does is not told.
    if (message.author.isBot || message.systemEvent || cause === "blocked") return;
    if (!hearsAll(place) && !mentionsBot(message) && !mentionsBot(before)) return;
    const activity = createMessageActivity(cause, message, place, readContext());
    void deliver(activity, place.organisation);
  }

  /** Of the bot's own messages alone, and not what the bot set itself. */
  function tellReaction(message: StoredMessage, before: StoredMessage | null, place: Place): void {
    if (message.author.id !== bot.id || !before) return;
    const added = message.reactions.filter((one) => !before.reactions.includes(one));
    const removed = before.reactions.filter((one) => !message.reactions.includes(one));
    const author = [...added, ...removed][0]?.by;
    const person = place.organisation.people.find(({ id }) => id === author?.id);
    if (!person) return;
    const change = { added, removed };
    const activity = createReactionActivity(
      ...([change, person, message, place] as const),
      edges.randomUuid(),
      readContext(),
    );
    void deliver(activity, place.organisation);
  }

  function tellMembers(change: MembersChange): void {
    const { target } = change;
    if (!installations.isInstalled(readTargetId(target)) || blocks.isDisabled(target.organisation)) return;
    const activity = createMembersActivity(change, edges.randomUuid(), readContext());
    tellPlace([activity], target.organisation);
  }

  function tellTeam(change: TeamChange): void {
    const { organisation, team } = change;
    if (!installations.isInstalled(team.id) || blocks.isDisabled(organisation)) return;
    tellPlace([createTeamActivity(change, edges.randomUuid(), readContext())], organisation);
  }

  /** Of a private channel a bot hears nothing until it is added there. */
  function tellChannel(change: ChannelChange): void {
    if (change.channel.kind === "private") return;
    const { organisation, team, guest } = change;
    for (const to of [{ organisation, team }, ...(guest ? [guest] : [])]) {
      if (!installations.isInstalled(to.team.id) || blocks.isDisabled(to.organisation)) continue;
      const activity = createChannelActivity(change, to, edges.randomUuid(), readContext());
      tellPlace([activity], to.organisation);
    }
  }

  return {
    tell(change) {
      switch (change.kind) {
        case "message":
          return tellMessage(change);
        case "installed":
        case "uninstalled":
        case "upgraded": {
          const { kind, target } = change;
          const ids = [edges.randomUuid(), edges.randomUuid()] as const;
          return tellPlace(
            createInstallActivities(INSTALL_ACTIONS[kind], target, readInstaller(target), ids, readContext()),
            target.organisation,
          );
        }
        case "team":
          return tellTeam(change);
        case "channel":
          return tellChannel(change);
        case "members":
          return tellMembers(change);
      }
    },
    async post(organisation, build) {
      const built = build(edges.randomUuid(), readContext());
      let answer: BotAnswer | null = null;
      await deliver(built.activity, organisation, BY_HAND_RULE, (status, content) => {
        answer = { status, json: parseJson(content) };
      });
      return { ...built, answer };
    },
    async whenTold() {
      await Promise.all(telling);
    },
  };
}

function parseJson(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString("utf8"));
  } catch {
    return null;
  }
}

/** Whoever is first in the place: somebody must have pressed the button. */
function readInstaller(target: InstallTarget) {
  const memberIds = target.kind === "team" ? target.team.memberIds : target.chat.memberIds;
  return target.organisation.people.find(({ id }) => memberIds.includes(id));
}
