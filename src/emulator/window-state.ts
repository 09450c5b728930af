/** Everything that the window shows, at once: the first customer. */
import type { Trace } from "../model/trace.ts";
import type { Installations } from "./installations.ts";
import { formatPostedMessage, type PostedMessage } from "./posted-message.ts";
import type { Store } from "./store.ts";
import type { BotIdentity, ChannelKind, ChatKind, Organisation } from "./tenant-model.ts";

interface Named {
  readonly id: string;
  readonly name: string;
}

export interface WindowState {
  readonly organisation: Named;
  readonly bot: Named;
  readonly people: readonly (Named & { readonly jobTitle: string })[];
  readonly teams: readonly (Named & {
    readonly memberIds: readonly string[];
    readonly channels: readonly (Named & {
      readonly kind: ChannelKind;
      /** Null: everybody in the team. */
      readonly memberIds: readonly string[] | null;
      readonly botIsHere: boolean;
    })[];
  })[];
  readonly chats: readonly (Named & {
    readonly kind: ChatKind;
    readonly memberIds: readonly string[];
    readonly botIsHere: boolean;
  })[];
  /** Since when the tenant runs, ISO 8601: what was said before was there when the app was installed. */
  readonly since: string;
  readonly messages: readonly PostedMessage[];
  readonly traces: readonly Trace[];
}

export function readWindowState(
  organisation: Organisation,
  needs: {
    readonly bot: BotIdentity;
    readonly installations: Installations;
    readonly store: Store;
    readonly traces: readonly Trace[];
    readonly since: string;
  },
): WindowState {
  const { bot, installations, store, traces, since } = needs;
  return {
    organisation: { id: organisation.id, name: organisation.name },
    bot: { id: bot.id, name: bot.name },
    people: organisation.people.map(({ id, name, jobTitle }) => ({ id, name, jobTitle })),
    teams: organisation.teams.map((team) => ({
      id: team.id,
      name: team.name,
      memberIds: team.memberIds,
      channels: team.channels.map((channel) => ({
        ...{ id: channel.id, name: channel.name, kind: channel.kind, memberIds: channel.memberIds },
        botIsHere: installations.isBotHere({ kind: "channel", organisation, team, channel }),
      })),
    })),
    chats: organisation.chats.map((chat) => ({
      // Like in Teams, a talk between two is called by the other's name, which the page knows.
      ...{ id: chat.id, kind: chat.kind, name: chat.kind === "personal" ? "" : chat.name },
      memberIds: chat.memberIds,
      botIsHere: installations.isBotHere({ kind: "chat", organisation, chat }),
    })),
    since,
    messages: store
      .listAll()
      .filter(({ tenantId }) => tenantId === organisation.id)
      .map(formatPostedMessage),
    traces,
  };
}
