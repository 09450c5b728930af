/** What we want to hear in one tenant, and what is needed to find that out. */
import type { EarshotError } from "../errors.ts";
import type { GraphTenant } from "../graph/graph-client.ts";
import type { ListenEntry } from "../model/listen.ts";
import type { InstalledPlace } from "../storage/storage.ts";
import type { DeafSpot, SubscriptionRecord } from "../storage/subscription-record.ts";
import type { CatalogEntry } from "./catalog-entry.ts";
import type { Wanted } from "./plan.ts";
import type { TeamSheets } from "./team-sheets.ts";

export interface WishList {
  readonly wanted: readonly Wanted[];
  /** Channels and chats that are ours to hear, so that their past is read where something is missing. */
  readonly conversations: readonly WishedConversation[];
  /** What cannot be heard through Graph, and why, in words for people. */
  readonly deaf: readonly DeafSpot[];
  /** What could not be read this time, and may be another time. */
  readonly failures: readonly EarshotError[];
}

export interface WishedConversation {
  readonly conversationId: string;
  /** Entra group id of a channel's team; null: a chat. */
  readonly teamId: string | null;
  readonly label: string;
  /** Since when it is ours to hear, epoch ms. */
  readonly since: number;
  /** Shared and private channels: Graph may report nothing of them, even where it takes a subscription. */
  readonly isDoubtful: boolean;
}

export interface WishNeeds {
  readonly tenantId: string;
  readonly graph: GraphTenant;
  readonly teamsAppId: string;
  readonly botId: string;
  readonly listen: readonly ListenEntry[];
  readonly places: readonly InstalledPlace[];
  /** What is subscribed to already stays wanted while Graph cannot be asked. */
  readonly known: readonly SubscriptionRecord[];
  readonly catalog: CatalogEntry;
  readonly sheets: TeamSheets;
  /** Whether each chat may have a subscription of its own, while there is none for all of them. */
  readonly chatSubscriptions: "off" | "beta";
  readonly isRefused: (resource: string) => boolean;
  readonly now: number;
}

export const NO_WISHES: WishList = { wanted: [], conversations: [], deaf: [], failures: [] };

export function joinWishes(lists: readonly WishList[]): WishList {
  return {
    wanted: lists.flatMap(({ wanted }) => wanted),
    conversations: lists.flatMap(({ conversations }) => conversations),
    deaf: lists.flatMap(({ deaf }) => deaf),
    failures: lists.flatMap(({ failures }) => failures),
  };
}
