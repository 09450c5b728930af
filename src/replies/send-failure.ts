import { EarshotError } from "../errors.ts";
import { READABLE_AFTER_ANSWER_MS, READABLE_AFTER_SILENCE_MS } from "./plan-look.ts";

/** Node's words for a connection that never was: nothing can have been sent on it. */
const NEVER_CONNECTED = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

/**
 * What a failed send means. Only what surely was not sent may be tried again blindly; where the answer was lost, or
 * told nothing, the outcome is unknown, and `retryAfterMs` is when a reply can be looked for.
 * Source: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit
 */
export function explainSendFailure(error: unknown, tried: string): EarshotError {
  if (error instanceof EarshotError) return error;
  const status = readNumber(error, "statusCode");
  if (status !== null) return explainSendStatus(status, readRetryAfterHeader(error), tried);
  if (NEVER_CONNECTED.has(readCode(error))) {
    return new EarshotError("send-not-sent", `${tried}: Bot Framework could not be reached`, {
      cause: error,
    });
  }
  return new EarshotError("send-outcome-unknown", `${tried}: the answer was lost, it may have been sent`, {
    cause: error,
    retryAfterMs: READABLE_AFTER_SILENCE_MS,
  });
}

/** The same for an HTTP status. `retryAfter` is the header as it came. */
export function explainSendStatus(status: number, retryAfter: string | null, tried: string): EarshotError {
  const seconds = Number(retryAfter);
  const retryAfterMs =
    retryAfter !== null && Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
  if (status === 429 || status === 412) {
    return new EarshotError("send-throttled", `${tried}: Bot Framework answered ${status}`, { retryAfterMs });
  }
  if (status === 401) {
    return new EarshotError("send-not-sent", `${tried}: Bot Framework did not take our token (401)`);
  }
  // 408: said of a request that did not come whole, and by gateways of one that did. Below 400: taken, or sent on,
  // with an answer that cannot be read.
  if (status >= 500 || status === 408 || status < 400) {
    return new EarshotError(
      "send-outcome-unknown",
      `${tried}: Bot Framework answered ${status}, it may have been sent`,
      { retryAfterMs: Math.max(retryAfterMs ?? 0, READABLE_AFTER_ANSWER_MS) },
    );
  }
  return new EarshotError("send-refused", `${tried}: Bot Framework refused with ${status}`);
}

/** The code of the error or of what lies under it; fetch wraps the socket's own error. */
function readCode(error: unknown): string {
  for (
    let layer = error;
    typeof layer === "object" && layer !== null;
    layer = (layer as { cause?: unknown }).cause
  ) {
    const { code } = layer as { code?: unknown };
    if (typeof code === "string" && NEVER_CONNECTED.has(code)) return code;
  }
  return "";
}

function readNumber(error: unknown, name: string): number | null {
  const value =
    typeof error === "object" && error !== null ? (error as Record<string, unknown>)[name] : undefined;
  return typeof value === "number" ? value : null;
}

function readRetryAfterHeader(error: unknown): string | null {
  const { response } = error as {
    response?: { headers?: { get?(name: string): string | null | undefined } };
  };
  return response?.headers?.get?.("retry-after") ?? null;
}
