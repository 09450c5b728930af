/**
 * Bot Framework activities as Teams sends them, as far as we read them.
 * Source: https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference#activity-object
 */
import { z } from "zod";
import { parseShape } from "./parse-shape.ts";

const account = z.object({
  id: z.string().max(512),
  name: z.string().max(512).nullish(),
  aadObjectId: z.string().max(128).nullish(),
});

const channelData = z.object({
  tenant: z.object({ id: z.string().max(128) }).nullish(),
  team: z
    .object({
      id: z.string().max(512),
      aadGroupId: z.string().max(128).nullish(),
      name: z.string().max(512).nullish(),
    })
    .nullish(),
  channel: z.object({ id: z.string().max(512), name: z.string().max(512).nullish() }).nullish(),
  eventType: z.string().max(64).nullish(),
});

const mentionEntity = z.object({
  type: z.string(),
  text: z.string().nullish(),
  mentioned: z.object({ id: z.string(), name: z.string().nullish() }).nullish(),
});

const activity = z.object({
  type: z.string().max(64),
  id: z.string().max(256).nullish(),
  action: z.string().max(64).nullish(),
  timestamp: z.union([z.string(), z.date()]).nullish(),
  serviceUrl: z.string().max(2048),
  channelId: z.string().max(64),
  from: account,
  recipient: account.nullish(),
  conversation: z.object({
    id: z.string().min(1).max(1024),
    conversationType: z.string().max(64).nullish(),
    tenantId: z.string().max(128).nullish(),
    name: z.string().max(512).nullish(),
  }),
  channelData: channelData.nullish(),
  membersAdded: z.array(account).max(10_000).nullish(),
  membersRemoved: z.array(account).max(10_000).nullish(),
  text: z.string().max(200_000).nullish(),
  entities: z.array(z.unknown()).max(1_000).nullish(),
});
export type TeamsActivity = z.infer<typeof activity>;

/** Throws `wire-shape`. Fields that we do not read are dropped. */
export function parseTeamsActivity(input: unknown): TeamsActivity {
  return parseShape(activity, input, "activity");
}

export interface MentionEntity {
  /** As it stands in the text, `<at>Name</at>`. */
  readonly text: string;
  readonly mentionedId: string;
  readonly name: string;
}

/** The mentions among an activity's entities; anything else there is passed over. */
export function readMentionEntities(entities: readonly unknown[]): MentionEntity[] {
  return entities.flatMap((entity) => {
    const parsed = mentionEntity.safeParse(entity);
    if (!parsed.success || parsed.data.type !== "mention" || !parsed.data.mentioned) return [];
    const { id, name } = parsed.data.mentioned;
    return [{ text: parsed.data.text ?? "", mentionedId: id, name: name ?? "" }];
  });
}

/** `19:…@thread.tacv2;messageid=17…` → channel and root. Chats have no `;messageid=`. */
export function splitConversationId(conversationId: string): { id: string; rootId: string | null } {
  const [id = conversationId, ...rest] = conversationId.split(";");
  const root = rest.map((part) => /^messageid=(\d+)$/.exec(part)?.[1]).find((found) => found !== undefined);
  return { id, rootId: root ?? null };
}

/** The way back: the conversation that a reply in the thread of `rootId` is sent to. */
export function joinConversationId(id: string, rootId: string | null): string {
  return rootId === null ? id : `${id};messageid=${rootId}`;
}
