/** The window's backend: its files, its state, what people do in it, and the stream of what happens. */
import { z } from "zod";
import { ApiFault } from "./api-fault.ts";
import {
  parseJsonBody,
  readParameter,
  type ApiAnswer,
  type ApiHandler,
  type ApiRequest,
  type ApiRoutes,
} from "./api-route.ts";
import { formatCoverage } from "./coverage.ts";
import type { Directory } from "./directory.ts";
import { guardLoopback } from "./guard-loopback.ts";
import { formatPostedMessage } from "./posted-message.ts";
import type { Store } from "./store.ts";
import type { TenantActs } from "./tenant-acts.ts";
import type { Author } from "./tenant-model.ts";
import { readVendorFile, readWindowFile } from "./window-files.ts";
import type { WindowState } from "./window-state.ts";
import type { WindowStream } from "./window-stream.ts";

const id = z.string().min(1).max(512);
const parts = z
  .array(
    z.union([
      z.strictObject({ text: z.string().min(1).max(28_000) }),
      z.strictObject({ mention: z.strictObject({ id, name: z.string().min(1).max(256) }) }),
    ]),
  )
  .min(1)
  .max(200);

const posted = z.strictObject({ conversationId: id, rootId: id.nullable(), senderId: id, parts });
const edited = z.strictObject({ key: id.max(2048), actorId: id, parts });
const deleted = z.strictObject({ key: id.max(2048), actorId: id });
const reacted = z.strictObject({
  key: id.max(2048),
  actorId: id,
  type: z.string().min(1).max(64),
  on: z.boolean(),
});

export function createWindowRoutes(needs: {
  readonly directory: Directory;
  readonly store: Store;
  readonly acts: Pick<TenantActs, "say">;
  readonly readState: () => WindowState;
  readonly stream: WindowStream;
}): ApiRoutes {
  const { directory, store, acts, readState, stream } = needs;

  function demandAuthor(personId: string): Author {
    const found = directory.findPerson(personId);
    if (!found) throw new ApiFault(404, "NotFound", "There is no such person.");
    return { id: found.person.id, name: found.person.name, isBot: false };
  }

  const handlers: Record<string, ApiHandler> = {
    "GET /": () => readWindowFile("index.html"),
    "GET /window/:file": (request) => readWindowFile(readParameter(request, "file")),
    "GET /vendor/:file": (request) => readVendorFile(readParameter(request, "file")),
    "GET /window/state": () => ({ status: 200, json: readState(), headers: { "cache-control": "no-store" } }),
    "GET /window/coverage": () => ({
      ...{ status: 200, content: formatCoverage(), type: "text/plain; charset=utf-8" },
    }),
    "GET /window/events": () => ({ stream: stream.open }),
    "POST /window/messages": (request) => {
      const { conversationId, rootId, senderId, parts: said } = parseWrite(posted, request);
      const { id: person } = demandAuthor(senderId);
      const thread = rootId === null ? {} : { inThreadOf: rootId };
      return answer(acts.say({ person, conversation: conversationId, parts: said, ...thread }));
    },
    "PATCH /window/messages": (request) => {
      const { key, actorId, parts: said } = parseWrite(edited, request);
      return answer(formatPostedMessage(store.edit(key, demandAuthor(actorId), said)));
    },
    "POST /window/messages/delete": (request) => {
      const { key, actorId } = parseWrite(deleted, request);
      return answer(formatPostedMessage(store.remove(key, demandAuthor(actorId))));
    },
    "POST /window/reactions": (request) => {
      const { key, actorId, type, on } = parseWrite(reacted, request);
      return answer(formatPostedMessage(store.react(key, demandAuthor(actorId), type, on)));
    },
  };
  return {
    area: "window",
    handlers: mapValues(handlers, (handle) => guardLoopback(handle, "x-earshot-window")),
  };
}

function parseWrite<T>(shape: z.ZodType<T>, request: ApiRequest): T {
  const parsed = shape.safeParse(parseJsonBody(request, "BadRequest"));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ApiFault(400, "BadRequest", `${issue?.path.join(".") ?? "body"}: ${issue?.message ?? "wrong"}`);
}

function answer(json: unknown): ApiAnswer {
  return { status: 200, json };
}

function mapValues<T>(record: Record<string, T>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
