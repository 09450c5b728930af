/** `POST /api/messages`: Bot Framework's activities, checked by us before botbuilder sees them. */
import type { CloudAdapter, Response as BotResponse } from "botbuilder";
import type { Edges } from "../edges.ts";
import { EarshotError, toEarshotError } from "../errors.ts";
import { end, type Handler } from "../http-server.ts";
import type { ActivityEnvelope } from "../identity/verify-activity-token.ts";
import type { TokenRefusal } from "../identity/token-refusal.ts";
import type { MessageAddress, Trace, TraceSink } from "../model/trace.ts";
import { parseTeamsActivity, type TeamsActivity } from "../wire/activity.ts";
import { isSaid, readActivityAddress } from "../wire/read-message.ts";
import { readBody, refuseBody } from "./read-body.ts";
import type { TeamsListener } from "./teams-listener.ts";

const MOST_BYTES = 1024 * 1024;
const BODY_TIMEOUT_MS = 10_000;

export function createMessagesRoute(needs: {
  verify: (authorization: string | undefined, activity: ActivityEnvelope) => Promise<TokenRefusal | null>;
  adapter: CloudAdapter;
  listener: TeamsListener;
  trace: TraceSink;
  edges: Edges;
}): Handler {
  const trace = (
    step: "received" | "admitted",
    at: number,
    fields: Pick<Trace, "result" | "code" | "message">,
  ) => {
    needs.trace({ step, at: new Date(at).toISOString(), ear: "bot-framework", ...fields });
  };
  return async (request, response) => {
    const receivedAt = needs.edges.now();
    const body = await readBody(request, {
      mostBytes: MOST_BYTES,
      tooLate: needs.edges.timeout(BODY_TIMEOUT_MS),
    });
    if (!body.ok) {
      refuseBody(request, response, body.status, needs.edges);
      return;
    }
    const refuse = (code: string, status: number) => {
      trace("admitted", needs.edges.now(), { result: "refused", code });
      end(response, status);
    };
    const activity = readIfShaped(() => parseTeamsActivity(body.json));
    const message = activity && readIfShaped(() => readMessageAddress(activity));
    if (!activity || message === null) {
      refuse("shape", 400);
      return;
    }
    const refusal = await needs.verify(request.headers.authorization, activity);
    if (refusal) {
      refuse(refusal, 401);
      return;
    }
    if (message) {
      trace("received", receivedAt, { result: "ok", message });
      trace("admitted", needs.edges.now(), { result: "ok", message });
    }
    end(response, await runTurn(needs, request.headers, body.json));
  };
}

/** Null where the input is not what Teams sends. */
function readIfShaped<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof EarshotError && error.code === "wire-shape") return null;
    throw error;
  }
}

/** Of a message, new or changed; undefined where the activity speaks of something else. Throws `wire-shape`. */
function readMessageAddress(activity: TeamsActivity): MessageAddress | undefined {
  const isMessage = activity.type.startsWith("message") && activity.type !== "messageReaction";
  return isMessage && isSaid(activity) ? readActivityAddress(activity) : undefined;
}

/**
 * Runs the turn and answers the status. botbuilder is given a response of our own: its own answers carry error texts,
 * and it prints what is thrown in a turn. What it throws before the turn begins is about the activity's shape, of which
 * it reads more than we do.
 */
async function runTurn(
  { adapter, listener }: { adapter: CloudAdapter; listener: TeamsListener },
  headers: Record<string, string | string[] | undefined>,
  body: unknown,
): Promise<number> {
  let status = 200;
  let hasBegun = false;
  const failures: EarshotError[] = [];
  const answer: BotResponse = {
    socket: undefined,
    status: (code: number) => {
      status = code;
    },
    header: () => undefined,
    send: () => undefined,
    end: () => undefined,
  };
  const turn = adapter.process(
    { method: "POST", headers, body: body as Record<string, unknown> },
    answer,
    async (context) => {
      hasBegun = true;
      try {
        await listener.run(context);
      } catch (error) {
        failures.push(toEarshotError(error));
      }
    },
  );
  try {
    await turn;
  } catch (error) {
    if (hasBegun) throw error;
    return 400;
  }
  // What botbuilder makes of an activity is read once more: an instant, say, that is none.
  if (failures[0]?.code === "wire-shape") return 400;
  if (failures[0]) throw failures[0];
  return status;
}
