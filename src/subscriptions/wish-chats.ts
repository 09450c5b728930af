/** The chats in which the app is installed: one subscription for all of them or, without that consent, one for each. */
import { toEarshotError, type EarshotError } from "../errors.ts";
import { listGrants } from "../graph/list-grants.ts";
import { APP_ROLES, RSC_PERMISSIONS } from "../graph/permissions.ts";
import type { ListenEntry } from "../model/listen.ts";
import type { InstalledPlace } from "../storage/storage.ts";
import type { DeafSpot } from "../storage/subscription-record.ts";
import { CHANGE_TYPES, type Wanted } from "./plan.ts";
import { readResourceScope } from "./resource-scope.ts";
import { NO_WISHES, type WishedConversation, type WishList, type WishNeeds } from "./wishes.ts";

const CHATS = "Chats with Earshot";

export async function readChatWish(entry: ListenEntry, needs: WishNeeds): Promise<WishList> {
  const chats = needs.places.filter(({ kind }) => kind === "chat");
  const all = await readWishForAll(entry, needs);
  const [broad] = all.wanted;
  const isHeard = broad !== undefined && !needs.isRefused(broad.resource);
  const conversations = chats.map(describeChat);
  if (isHeard || needs.chatSubscriptions === "off") {
    return { ...all, conversations: isHeard ? conversations : [] };
  }
  const each = await Promise.all(chats.map((place) => readWishForOne(place, entry, needs)));
  const wanted = each.flatMap((wish) => (wish.wanted ? [wish.wanted] : []));
  return {
    // The one for all stays wanted: when consent comes, it takes over.
    wanted: [...all.wanted, ...wanted],
    conversations: conversations.filter((_, index) => each[index]?.wanted),
    deaf: [...all.deaf, ...each.flatMap(({ deaf }) => (deaf ? [deaf] : []))],
    failures: [...all.failures, ...each.flatMap(({ failure }) => (failure ? [failure] : []))],
  };
}

async function readWishForAll(entry: ListenEntry, needs: WishNeeds): Promise<WishList> {
  const { wantedBy, content } = entry;
  const common = { label: CHATS, wantedBy, changeTypes: CHANGE_TYPES, content, api: "v1.0" } as const;
  try {
    const catalogId = await needs.catalog.readId(needs.graph, needs.teamsAppId);
    if (catalogId === null) {
      const why = "the app is not in this organisation's app catalog";
      return { ...NO_WISHES, deaf: [describeAllChats(why, needs, entry)] };
    }
    const resource = `/appCatalogs/teamsApps/${catalogId}/installedToChats/getAllMessages`;
    return { ...NO_WISHES, wanted: [{ ...common, resource }] };
  } catch (thrown) {
    const error = toEarshotError(thrown);
    const wanted = needs.known
      .filter(({ resource }) => readResourceScope(resource)?.kind === "installed-chats")
      .map(({ resource }): Wanted => ({ ...common, resource }));
    if (error.code !== "graph-forbidden") return { ...NO_WISHES, wanted, failures: [error] };
    const why = `${APP_ROLES.readAppCatalog.name} is not consented to`;
    return { ...NO_WISHES, wanted, deaf: [describeAllChats(why, needs, entry)] };
  }
}

interface ChatWish {
  readonly wanted?: Wanted;
  readonly deaf?: DeafSpot;
  readonly failure?: EarshotError;
}

/** What was granted in a chat is read there: an administrator may have forbidden it, and installs go through all the same. */
async function readWishForOne(
  place: InstalledPlace,
  entry: ListenEntry,
  needs: WishNeeds,
): Promise<ChatWish> {
  const { graph, botId, tenantId, known } = needs;
  const { conversationId, label } = describeChat(place);
  const resource = `/chats/${conversationId}/messages`;
  const wanted: Wanted = {
    ...{ resource, label, wantedBy: entry.wantedBy, changeTypes: CHANGE_TYPES },
    ...{ content: entry.content, api: "beta" },
  };
  if (known.some((record) => record.resource === resource)) return { wanted };
  try {
    const grants = await listGrants(graph, { kind: "chats", id: conversationId, botId });
    if (grants.includes(RSC_PERMISSIONS.readChatMessages.name)) return { wanted };
    const reason = `${RSC_PERMISSIONS.readChatMessages.name} is not granted in this chat; install the app there again`;
    const common = { tenantId, label, teamId: null, conversationId, wantedBy: entry.wantedBy };
    return { deaf: { ...common, state: "deaf", reason, refused: null } };
  } catch (thrown) {
    const error = toEarshotError(thrown);
    // Where grants cannot be read, Graph's answer to the subscription tells.
    return error.disposition === "retry" ? { failure: error } : { wanted };
  }
}

function describeChat({ placeId, name, installedAt }: InstalledPlace): WishedConversation {
  const label = name === "" ? placeId : name;
  return { conversationId: placeId, teamId: null, label, since: installedAt, isDoubtful: false };
}

function describeAllChats(why: string, { tenantId }: WishNeeds, { wantedBy }: ListenEntry): DeafSpot {
  return {
    ...{
      tenantId,
      label: CHATS,
      teamId: null,
      conversationId: null,
      wantedBy,
      state: "bot-framework",
      refused: null,
    },
    reason: `heard through Bot Framework alone: ${why}`,
  };
}
