/** `POST /api/messages`: Bot Framework's activities, checked by us before botbuilder sees them. */
import type { CloudAdapter, Response as BotResponse } from "botbuilder";
import type { Edges } from "../edges.ts";
import { EarshotError, toEarshotError } from "../errors.ts";
import { end, type Handler } from "../http-server.ts";
import type { ActivityEnvelope } from "../identity/verify-activity-token.ts";
import type { TokenRefusal } from "../identity/token-refusal.ts";
import type { TraceSink } from "../model/trace.ts";
import { parseTeamsActivity } from "../wire/activity.ts";
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
  return async (request, response) => {
    const body = await readBody(request, {
      mostBytes: MOST_BYTES,
      tooLate: needs.edges.timeout(BODY_TIMEOUT_MS),
    });
    if (!body.ok) {
      refuseBody(request, response, body.status, needs.edges);
      return;
    }
    const refuse = (code: string, status: number) => {
      const at = new Date(needs.edges.now()).toISOString();
      needs.trace({ step: "admitted", at, ear: "bot-framework", result: "refused", code });
      end(response, status);
    };
    const activity = parseActivity(body.json);
    if (!activity) {
      refuse("shape", 400);
      return;
    }
    const refusal = await needs.verify(request.headers.authorization, activity);
    if (refusal) {
      refuse(refusal, 401);
      return;
    }
    end(response, await runTurn(needs, request.headers, body.json));
  };
}

function parseActivity(input: unknown): ActivityEnvelope | null {
  try {
    return parseTeamsActivity(input);
  } catch (error) {
    if (error instanceof EarshotError && error.code === "wire-shape") return null;
    throw error;
  }
}

/**
 * Runs the turn and answers the status. botbuilder is given a response of our own: its own answers carry error texts,
 * and it prints what is thrown in a turn. After our check its 401 means that it could not read the signing keys.
 */
async function runTurn(
  { adapter, listener }: { adapter: CloudAdapter; listener: TeamsListener },
  headers: Record<string, string | string[] | undefined>,
  body: unknown,
): Promise<number> {
  let status = 200;
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
  await adapter.process(
    { method: "POST", headers, body: body as Record<string, unknown> },
    answer,
    async (context) => {
      try {
        await listener.run(context);
      } catch (error) {
        failures.push(toEarshotError(error));
      }
    },
  );
  if (failures[0]) throw failures[0];
  return status === 401 ? 503 : status;
}
