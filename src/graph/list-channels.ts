import { parseChannel } from "../wire/graph-answers.ts";
import type { GraphTenant } from "./graph-client.ts";

export interface TeamChannel {
  readonly id: string;
  readonly name: string;
  readonly kind: "standard" | "private" | "shared" | "unknown";
  /** Read-only: nothing more is said there. */
  readonly isArchived: boolean;
  /** Epoch ms; 0 where Graph does not say. */
  readonly createdAt: number;
}

const KINDS: Readonly<Record<string, TeamChannel["kind"]>> = {
  standard: "standard",
  private: "private",
  shared: "shared",
};

/** Needs `ChannelSettings.Read.Group`. Source: https://learn.microsoft.com/graph/api/channel-list */
export async function listChannels(graph: GraphTenant, teamId: string): Promise<TeamChannel[]> {
  const channels = await graph.list(`/teams/${encodeURIComponent(teamId)}/channels`);
  return channels
    .map(parseChannel)
    .map(({ id, displayName, membershipType, isArchived, createdDateTime }) => ({
      id,
      name: displayName ?? id,
      kind: KINDS[membershipType ?? "standard"] ?? "unknown",
      isArchived: isArchived ?? false,
      createdAt: Date.parse(createdDateTime ?? "") || 0,
    }));
}
