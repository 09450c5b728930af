/** `$orderby` and `$filter` of a chat's messages, with their odd rule. */
import { ApiFault } from "./api-fault.ts";
import { parseInstant } from "./api-route.ts";
import type { StoredMessage } from "./tenant-model.ts";

type Instant = "createdDateTime" | "lastModifiedDateTime";

const READ: Record<Instant, (message: StoredMessage) => number> = {
  createdDateTime: ({ createdAtMs }) => createdAtMs,
  lastModifiedDateTime: ({ modifiedAtMs }) => modifiedAtMs,
};

/**
 * Newest first. A filter counts only together with an order by the same property; alone it is ignored.
 * Throws 400 for an ascending order, any other property or operator, and a time that does not say its zone.
 * Source: https://learn.microsoft.com/graph/api/chat-list-messages
 */
export function queryMessages(messages: readonly StoredMessage[], query: URLSearchParams): StoredMessage[] {
  const order = query.get("$orderby");
  const by = order === null ? "lastModifiedDateTime" : readOrder(order);
  const sorted = messages.toSorted((a, b) => READ[by](b) - READ[by](a));
  const filter = query.get("$filter");
  if (filter === null) return sorted;
  const conditions = filter.split(/\s+and\s+/i).map(readCondition);
  if (order === null || conditions.some(({ name }) => name !== by)) return sorted;
  return sorted.filter((message) =>
    conditions.every(({ isAfter, atMs }) => (isAfter ? READ[by](message) > atMs : READ[by](message) < atMs)),
  );
}

function readOrder(order: string): Instant {
  const [, name, direction] = /^\s*(\w+)(?:\s+(asc|desc))?\s*$/i.exec(order) ?? [];
  if (
    (name !== "createdDateTime" && name !== "lastModifiedDateTime") ||
    direction?.toLowerCase() !== "desc"
  ) {
    throw new ApiFault(400, "BadRequest", `QueryOptions to order by '${order}' is not supported.`);
  }
  return name;
}

function readCondition(text: string): { name: Instant; isAfter: boolean; atMs: number } {
  const [, name, operator, instant = ""] = /^\s*(\w+)\s+(gt|lt)\s+(\S+)\s*$/i.exec(text) ?? [];
  const atMs = parseInstant(instant);
  const isAfter = operator?.toLowerCase() === "gt";
  const isKnown = name === "lastModifiedDateTime" || (name === "createdDateTime" && !isAfter);
  if (!isKnown || Number.isNaN(atMs)) {
    throw new ApiFault(400, "BadRequest", `QueryOptions to filter by '${text.trim()}' is not supported.`);
  }
  return { name, isAfter, atMs };
}
