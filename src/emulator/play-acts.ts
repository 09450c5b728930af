/** What is played in the tenant: made-up conversations, and what was saved earlier. */
import { createReplayActs, type ReplayActs } from "./replay-payload.ts";
import { createTraffic, type TrafficActs } from "./traffic-player.ts";

export type PlayActs = TrafficActs & ReplayActs;

export function createPlayActs(
  needs: Parameters<typeof createTraffic>[0] & Parameters<typeof createReplayActs>[0],
): PlayActs {
  return { ...createTraffic(needs), ...createReplayActs(needs) };
}
