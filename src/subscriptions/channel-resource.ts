/** The resource of a subscription to the messages of one channel. */
export function formatChannelResource({ teamId, channelId }: ChannelKey): string {
  return `/teams/${teamId}/channels/${channelId}/messages`;
}

/** Null where a subscription is to something else. */
export function readChannelResource(resource: string): ChannelKey | null {
  const [, teamId, channelId] = /^\/teams\/([^/]+)\/channels\/([^/]+)\/messages$/.exec(resource) ?? [];
  return teamId !== undefined && channelId !== undefined ? { teamId, channelId } : null;
}

export interface ChannelKey {
  /** Entra group id. */
  readonly teamId: string;
  readonly channelId: string;
}
