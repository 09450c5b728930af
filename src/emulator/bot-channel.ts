/** Bot Framework's side of hearing: what Teams sends to the bot's messaging endpoint. */
import type { Edges } from "../edges.ts";
import {
  createChannelActivity,
  createInstallActivities,
  createMessageActivity,
  createTeamActivity,
  type Activity,
  type ActivityContext,
} from "./activity-shape.ts";
import { ACTIVITY_DELIVERY_RULE, type Courier, type Delivery } from "./courier.ts";
import type { Installations } from "./installations.ts";
import { listMentions } from "./message-html.ts";
import type {
  BotIdentity,
  Change,
  ChangeListener,
  ChannelChange,
  InstallTarget,
  Organisation,
  Place,
  StoredMessage,
  TeamChange,
} from "./tenant-model.ts";
import { readInstallId } from "./tenant-model.ts";
import type { Tokens } from "./tokens.ts";

export interface BotChannel {
  readonly tell: ChangeListener;
  /** Resolves when every installation event up to now was delivered or given up. */
  whenTold(): Promise<void>;
}

type MessageChange = Extract<Change, { kind: "message" }>;

const INSTALL_ACTIONS = { installed: "add", uninstalled: "remove", upgraded: "add-upgrade" } as const;
const ACTIVITY_TYPES = { posted: "message", edited: "messageUpdate", deleted: "messageDelete" } as const;

/**
 * A bot hears what mentions it; with resource-specific consent all messages of a standard channel or a chat; and all
 * of a personal chat. It does not hear itself.
 * Source: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/channel-messages-for-bots-and-agents
 */
export function createBotChannel(needs: {
  readonly edges: Pick<Edges, "now" | "randomUuid">;
  readonly installations: Installations;
  readonly tokens: Tokens;
  readonly courier: Courier;
  readonly bot: BotIdentity;
  /** The bot's messaging endpoint. */
  readonly messagesUrl: string;
  /** Base of the connector; the tenant's id is appended. */
  readonly serviceUrl: string;
}): BotChannel {
  const { edges, installations, tokens, courier, bot, messagesUrl, serviceUrl } = needs;
  const telling = new Set<Promise<unknown>>();

  function readContext(): ActivityContext {
    return { bot, serviceUrl, nowMs: edges.now() };
  }

  function deliver(activity: Activity, organisation: Organisation): Promise<Delivery> {
    return courier.deliver({
      sender: "bot-framework",
      url: messagesUrl,
      body: activity,
      createHeaders: async () => ({
        authorization: `Bearer ${await tokens.issueActivityToken(`${serviceUrl}/${organisation.id}/`)}`,
      }),
      rule: ACTIVITY_DELIVERY_RULE,
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
    if (cause === "reacted" || message.author.isBot || !installations.isBotHere(place)) return;
    if (!hearsAll(place) && !mentionsBot(message) && !mentionsBot(before)) return;
    const activity = createMessageActivity(ACTIVITY_TYPES[cause], message, place, readContext());
    void deliver(activity, place.organisation);
  }

  function tellTeam(change: TeamChange): void {
    const { organisation, team } = change;
    if (!installations.isInstalled(team.id)) return;
    tellPlace([createTeamActivity(change, edges.randomUuid(), readContext())], organisation);
  }

  /** Of a private channel a bot hears nothing until it is added there. */
  function tellChannel(change: ChannelChange): void {
    if (change.channel.kind === "private") return;
    const { organisation, team, guest } = change;
    for (const to of [{ organisation, team }, ...(guest ? [guest] : [])]) {
      if (!installations.isInstalled(to.team.id)) continue;
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
      }
    },
    async whenTold() {
      await Promise.all(telling);
    },
  };
}

/** Whoever is first in the place: somebody must have pressed the button. */
function readInstaller(target: InstallTarget) {
  const memberIds = target.kind === "team" ? target.team.memberIds : target.chat.memberIds;
  return target.organisation.people.find(({ id }) => memberIds.includes(id));
}
