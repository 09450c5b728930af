/**
 * What has changed in a channel, page by page: `messages/delta`. A token holds from when, until when and where to go on.
 * Source: https://learn.microsoft.com/graph/api/chatmessage-delta
 */
import { ApiFault } from "./api-fault.ts";
import { parseInstant, type ApiRequest } from "./api-route.ts";
import type { StoredMessage } from "./tenant-model.ts";

/** A root of which something changed, with those of its replies that did. */
export interface ChangedThread {
  readonly root: StoredMessage;
  readonly replies: readonly StoredMessage[];
}

export interface DeltaPage {
  readonly threads: readonly ChangedThread[];
  /** Where to go on: `next` for the rest, `delta` for what changes after this. */
  readonly link: { readonly kind: "next" | "delta"; readonly query: string };
}

interface Place {
  /** Milliseconds; what changed after the first and no later than the second. */
  readonly sinceMs: number;
  readonly untilMs: number;
  /**
   * The last root that was told, 0 for none. By its id, not by counting: what is changed meanwhile leaves this reading
   * for the next one, and nobody else may move up into its place.
   */
  readonly afterId: number;
}

/** So long Graph remembers. */
const OLDEST_MS = 8 * 30 * 24 * 60 * 60_000;
const LARGEST_PAGE = 50;

/** Throws 400 for a query that Graph does not take, 410 for a token that it does not know any more. */
export function readDelta(
  messages: readonly StoredMessage[],
  { query }: ApiRequest,
  nowMs: number,
): DeltaPage {
  const size = readSize(query.get("$top"));
  const place = readPlace(query, nowMs);
  const isChanged = ({ modifiedAtMs }: StoredMessage) =>
    modifiedAtMs > place.sinceMs && modifiedAtMs <= place.untilMs;
  const changedReplies = Map.groupBy(
    messages.filter((message) => message.rootId !== null && isChanged(message)),
    ({ rootId }) => rootId,
  );
  const threads = messages
    .filter((message) => message.rootId === null && (isChanged(message) || changedReplies.has(message.id)))
    .filter(({ id }) => Number(id) > place.afterId)
    .map((root) => ({ root, replies: changedReplies.get(root.id) ?? [] }));
  const told = threads.slice(0, size);
  const isLast = told.length === threads.length;
  const next: Place = isLast
    ? { sinceMs: place.untilMs, untilMs: 0, afterId: 0 }
    : { ...place, afterId: Number(told.at(-1)?.root.id) };
  return {
    threads: told,
    link: {
      kind: isLast ? "delta" : "next",
      query: formatQuery(query, isLast ? "$deltatoken" : "$skiptoken", next),
    },
  };
}

function readSize(top: string | null): number {
  const size = top === null ? 20 : Number(top);
  if (Number.isInteger(size) && size >= 1 && size <= LARGEST_PAGE) return size;
  const message = `Invalid page size specified: '${top}'. Must be between 1 and ${LARGEST_PAGE} inclusive.`;
  throw new ApiFault(400, "BadRequest", message);
}

function readPlace(query: URLSearchParams, nowMs: number): Place {
  // What happens in this very millisecond belongs to the next.
  const untilMs = nowMs - 1;
  const skip = query.get("$skiptoken");
  if (skip !== null) return openToken(skip, nowMs);
  const delta = query.get("$deltatoken");
  if (delta !== null) return { ...openToken(delta, nowMs), untilMs };
  const filter = query.get("$filter");
  if (filter === null) return { sinceMs: nowMs - OLDEST_MS, untilMs, afterId: 0 };
  const [, instant = ""] = /^\s*lastModifiedDateTime\s+gt\s+(\S+)\s*$/i.exec(filter) ?? [];
  const sinceMs = parseInstant(instant);
  if (!Number.isNaN(sinceMs)) return { sinceMs, untilMs, afterId: 0 };
  throw new ApiFault(400, "BadRequest", `$filter=${filter} is not supported for delta.`);
}

function openToken(token: string, nowMs: number): Place {
  const [sinceMs = NaN, untilMs = NaN, afterId = NaN] = Buffer.from(token, "base64url")
    .toString("utf8")
    .split(" ")
    .map(Number);
  const isWhole = [sinceMs, untilMs, afterId].every(Number.isInteger);
  if (isWhole && nowMs - sinceMs <= OLDEST_MS) return { sinceMs, untilMs, afterId };
  throw new ApiFault(410, "syncStateNotFound", "The sync state generation is not found; start anew.");
}

function formatQuery(query: URLSearchParams, name: string, { sinceMs, untilMs, afterId }: Place): string {
  const kept = new URLSearchParams(query);
  for (const gone of ["$skiptoken", "$deltatoken", "$filter"]) kept.delete(gone);
  kept.set(name, Buffer.from(`${sinceMs} ${untilMs} ${afterId}`).toString("base64url"));
  return kept.toString().replaceAll("%24", "$");
}
