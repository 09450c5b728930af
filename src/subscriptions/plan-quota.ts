/**
 * An organisation has 10,000 subscriptions to Teams, over all resources and all apps. What we want is cut to fit, the
 * least needed first. Pure.
 * Source: https://learn.microsoft.com/graph/api/resources/subscription (limits)
 */
import type { Wanted } from "./plan.ts";
import { ALL_CHANNELS, readResourceScope, type ResourceScope } from "./resource-scope.ts";

export interface Quota {
  readonly most: number;
  /** From here on it is said aloud, for other apps count too, and one subscription to all channels is asked for. */
  readonly warnFrom: number;
}
export const QUOTA: Quota = { most: 10_000, warnFrom: 8_000 };

/** The lower, the more is lost without it: the broad ones hear most, lists of channels tell what Bot Framework tells too. */
const RANKS: Readonly<Record<ResourceScope["kind"], number>> = {
  "installed-chats": 0,
  "all-chats": 0,
  "all-channels": 0,
  "user-chats": 1,
  teams: 1,
  "all-team-channels": 1,
  team: 1,
  chat: 2,
  channel: 3,
  "team-channels": 4,
};

/** In the order of what is wanted; `overflow`: what does not fit. */
export function fitQuota(
  wanted: readonly Wanted[],
  quota: number,
): { readonly kept: readonly Wanted[]; readonly overflow: readonly Wanted[] } {
  if (wanted.length <= quota) return { kept: wanted, overflow: [] };
  const rank = ({ resource }: Wanted) => RANKS[readResourceScope(resource)?.kind ?? "channel"];
  const ranked = wanted.toSorted((a, b) => rank(a) - rank(b));
  const kept = new Set(ranked.slice(0, quota));
  return {
    kept: wanted.filter((each) => kept.has(each)),
    overflow: wanted.filter((each) => !kept.has(each)),
  };
}

/**
 * With very many channels one subscription to all of them is asked for, which needs `ChannelMessage.Read.All`. While it
 * stands it takes the place of those to single channels; until then they stay, so that nothing is unheard meanwhile.
 */
export function preferBroad(
  wanted: readonly Wanted[],
  stands: (resource: string) => boolean,
  from: number,
): readonly Wanted[] {
  const isSingle = ({ resource }: Wanted) =>
    readResourceScope(resource)?.kind === "channel" && !resource.includes("?");
  const singles = wanted.filter(isSingle);
  const [first] = singles;
  if (!first || singles.length <= from || wanted.some(({ resource }) => resource === ALL_CHANNELS))
    return wanted;
  const broad: Wanted = { ...first, resource: ALL_CHANNELS, label: "All channels" };
  const rest = stands(ALL_CHANNELS) ? wanted.filter((each) => !isSingle(each)) : wanted;
  return [broad, ...rest];
}
