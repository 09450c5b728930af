/** `POST /api/notifications` and `/api/lifecycle`: the handshake, or a batch that is admitted, stored, then acknowledged. */
import type { Edges } from "../edges.ts";
import { EarshotError, toEarshotError } from "../errors.ts";
import { end, type Handler } from "../http-server.ts";
import type { Inbox } from "../inbox/inbox.ts";
import { formatStoredContent } from "../inbox/stored-content.ts";
import { formatTraceItem, type Step, type Trace, type TraceResult, type TraceSink } from "../model/trace.ts";
import type { NewNotification } from "../storage/storage.ts";
import type { Keeper } from "../subscriptions/keeper.ts";
import type { LearnConversations } from "../subscriptions/learn-conversations.ts";
import type { Registry } from "../subscriptions/registry.ts";
import type { Admit, Verdict } from "./admission.ts";
import type { AnswerWatch } from "./answer-watch.ts";
import { readBody, refuseBody } from "./read-body.ts";

/** Some forty of the largest messages that Teams takes, sealed. */
const MOST_BYTES = 4 * 1024 * 1024;
const BODY_TIMEOUT_MS = 10_000;
const MOST_TOKEN_CHARACTERS = 8_192;

export function createNotificationRoute(needs: {
  admit: Admit;
  inbox: Inbox;
  keeper: Pick<Keeper, "noteLifecycle" | "reconcile">;
  registry: Pick<Registry, "noteHeard">;
  learn: LearnConversations;
  watch: AnswerWatch;
  trace: TraceSink;
  edges: Edges;
}): Handler {
  const { inbox, keeper, registry, watch, edges } = needs;
  const trace = (
    step: Step,
    result: TraceResult,
    item: Pick<Trace, "message" | "change" | "code" | "count">,
    at = edges.now(),
  ) => {
    needs.trace({ step, at: new Date(at).toISOString(), ear: "graph", result, ...item });
  };

  const admit = async (batch: unknown, receivedAt: number): Promise<Verdict[]> => {
    const verdicts = await needs.admit(batch);
    for (const verdict of verdicts) {
      if (verdict.kind === "refused") continue;
      const item = describeItem(verdict);
      trace("received", "ok", item, receivedAt);
      trace("admitted", "ok", item);
    }
    // One trace a reason: a forger must not choose how much we write.
    const refused = verdicts.filter((verdict) => verdict.kind === "refused");
    for (const code of new Set(refused.map(({ reason }) => reason))) {
      trace("admitted", "refused", { code, count: refused.filter(({ reason }) => reason === code).length });
    }
    return verdicts;
  };

  const store = async (verdicts: readonly Verdict[], receivedAt: number): Promise<void> => {
    const notifications = verdicts
      .filter((verdict) => verdict.kind === "message")
      .map(({ message, changeType, version, content }): NewNotification => ({
        ear: "graph",
        message,
        changeType,
        version,
        sealed: formatStoredContent(content),
        receivedAt,
      }));
    await inbox.store(notifications);
  };

  /**
   * What Graph says of subscriptions and teams. The keeper's work is not waited for: that there is work is on disk when
   * this resolves.
   */
  const tellKeeper = async (verdicts: readonly Verdict[]): Promise<void> => {
    const told = new Map<string, () => Promise<void>>();
    for (const verdict of verdicts) {
      // A batch may tell of one team a hundred times.
      if (verdict.kind === "place") {
        const { tenantId, teamId } = verdict;
        told.set(JSON.stringify([tenantId, teamId]), () => keeper.reconcile({ tenantId, teamId }));
      } else if (verdict.kind === "lifecycle") {
        const { tenantId, subscriptionId, event } = verdict;
        const notice = { tenantId, subscriptionId, kind: event };
        told.set(JSON.stringify([tenantId, subscriptionId, event]), () => keeper.noteLifecycle(notice));
      }
    }
    await settleAll([...told.values()].map((tell) => tell()));
  };

  const noteHeard = (verdicts: readonly Verdict[], receivedAt: number): void => {
    for (const verdict of verdicts) {
      if (verdict.kind === "message") registry.noteHeard(verdict.subscription, receivedAt);
    }
  };

  /** Not waited for: the next message there teaches the same. */
  const learn = (verdicts: readonly Verdict[], receivedAt: number): void => {
    const heard = verdicts.filter((verdict) => verdict.kind === "message");
    needs.learn(heard, receivedAt).catch((error: unknown) => {
      edges.log.warn({ reason: toEarshotError(error).code }, "where something was heard was not noted");
    });
  };

  return async (request, response) => {
    const token = readValidationToken(request.url ?? "");
    if (token !== null) {
      if (token.length > MOST_TOKEN_CHARACTERS) {
        end(response, 400);
        return;
      }
      request.resume();
      // As plain text and never as a page: whatever stands in it, no browser runs it.
      response.writeHead(200, {
        "content-type": "text/plain; charset=utf-8",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
      });
      response.end(token);
      return;
    }
    const receivedAt = edges.now();
    const body = await readBody(request, { mostBytes: MOST_BYTES, tooLate: edges.timeout(BODY_TIMEOUT_MS) });
    if (!body.ok) {
      refuseBody(request, response, body.status, edges);
      return;
    }
    try {
      const verdicts = await admit(body.json, receivedAt);
      await settleAll([store(verdicts, receivedAt), tellKeeper(verdicts)]);
      end(response, 202);
      watch.note({ receivedAt, isGood: true });
      noteHeard(verdicts, receivedAt);
      learn(verdicts, receivedAt);
    } catch (error) {
      if (error instanceof EarshotError && error.code === "wire-shape") {
        trace("received", "refused", { code: "shape" });
        end(response, 400);
        return;
      }
      watch.note({ receivedAt, isGood: false });
      throw error;
    }
  };
}

/**
 * Throws the first failure when all have ended: what can be kept of a batch is kept, and when Graph sends it again
 * because of the rest, it is known.
 */
async function settleAll(writes: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(writes);
  await Promise.all(writes);
}

function describeItem(
  verdict: Exclude<Verdict, { kind: "refused" }>,
): Pick<Trace, "message" | "change" | "code"> {
  if (verdict.kind === "message") return formatTraceItem(verdict);
  return { code: verdict.kind === "place" ? "team-changed" : verdict.event };
}

/** Decoded once, as a form: Graph writes blanks as `+`. */
function readValidationToken(target: string): string | null {
  const query = target.indexOf("?");
  return query < 0 ? null : new URLSearchParams(target.slice(query + 1)).get("validationToken");
}
