/** What the tenant's log tells of each new message: when it was sent to the bot, and when the bot took it. */
import type { Delivery } from "../../src/emulator/courier.ts";

/** Instants are ISO 8601. */
export interface Heard {
  /** By either ear. */
  readonly firstSentAt: string;
  /** By the first 2xx that arrived; after all time where none did. */
  readonly acknowledgedAt: string;
  /** It was acknowledged, and so must be handled. */
  readonly isTaken: boolean;
}

const NEVER = "9999";

/** By conversation and message id. `isGraphPoisoned`: a copy by Graph is as good as none. */
export function readDeliveries(
  deliveries: readonly Delivery[],
  isGraphPoisoned: boolean,
): Map<string, Heard> {
  const heard = new Map<string, Heard>();
  for (const { sender, body, attempts, state } of deliveries) {
    const counts = !(isGraphPoisoned && sender === "graph");
    const taken = attempts.find(({ status }) => status !== null && status >= 200 && status < 300);
    for (const key of readMessageKeys(body)) {
      const known = heard.get(key);
      heard.set(key, {
        firstSentAt: readEarlier(known?.firstSentAt, attempts[0]?.at ?? NEVER),
        acknowledgedAt: readEarlier(known?.acknowledgedAt, counts && taken ? taken.endedAt : NEVER),
        isTaken: (known?.isTaken ?? false) || (counts && state === "delivered"),
      });
    }
  }
  return heard;
}

const readEarlier = (one: string | undefined, other: string) =>
  one !== undefined && one < other ? one : other;

/** `conversation message` of each new message that a batch or an activity tells of. */
export function readMessageKeys(body: unknown): string[] {
  const { value, type, id, conversation } = body as {
    value?: readonly { changeType?: string; resource?: string; resourceData?: { id: string } }[];
    type?: string;
    id?: string;
    conversation?: { id: string };
  };
  if (value) {
    return value
      .filter(({ changeType }) => changeType === "created")
      .map(({ resource, resourceData }) => {
        const [, conversationId = ""] = /(?:channels|chats)\('([^']+)'\)/.exec(resource ?? "") ?? [];
        return `${conversationId} ${resourceData?.id ?? ""}`;
      });
  }
  return type === "message" ? [`${conversation?.id.split(";")[0] ?? ""} ${id ?? ""}`] : [];
}
