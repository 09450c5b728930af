/** What we want to hear in one tenant: from `listen:`, from where the app is installed, and from what Graph tells of it. */
import type { ListenEntry } from "../model/listen.ts";
import { formatListenResources } from "./format-listen-resource.ts";
import { CHANGE_TYPES } from "./plan.ts";
import { readResourceScope } from "./resource-scope.ts";
import { readChatWish } from "./wish-chats.ts";
import { readTeamWish } from "./wish-team.ts";
import { joinWishes, NO_WISHES, type WishedConversation, type WishList, type WishNeeds } from "./wishes.ts";

export async function readWishList(needs: WishNeeds): Promise<WishList> {
  const lists = await Promise.all(needs.listen.map((entry) => readEntryWish(entry, needs)));
  return joinWishes(lists);
}

async function readEntryWish(entry: ListenEntry, needs: WishNeeds): Promise<WishList> {
  if (entry.kind !== "installed") return formatEntryWish(entry, needs.now);
  const { places } = needs;
  if (places.length === 0) return NO_WISHES;
  const teams = places.filter(({ kind }) => kind === "team");
  return joinWishes(
    await Promise.all([
      readChatWish(entry, needs),
      ...teams.map((place) => readTeamWish(place, entry, needs)),
    ]),
  );
}

/** Changes of teams and channels are looked up at Graph anyway: their notifications bring no content. */
function formatEntryWish(entry: ListenEntry, now: number): WishList {
  const { content, wantedBy } = entry;
  const resources = formatListenResources(entry);
  const isOfPlaces = entry.kind === "all-teams" || entry.kind === "team";
  return {
    ...NO_WISHES,
    wanted: resources.map((resource) => ({
      ...{ resource, wantedBy, label: wantedBy, changeTypes: CHANGE_TYPES, api: "v1.0" },
      content: isOfPlaces ? "fetch" : content,
    })),
    conversations: resources.flatMap((resource): WishedConversation[] => {
      // Of a filtered conversation Graph would give all that was said: that is not what was asked for.
      const scope = resource.includes("?") ? null : readResourceScope(resource);
      const common = { label: wantedBy, since: now, isDoubtful: false };
      if (scope?.kind === "chat") return [{ ...common, conversationId: scope.chatId, teamId: null }];
      if (scope?.kind !== "channel") return [];
      return [{ ...common, conversationId: scope.channelId, teamId: scope.teamId }];
    }),
  };
}
