/** What a route of the emulated services takes and gives: plain values, so that handlers know no web server. */
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { ApiFault } from "./api-fault.ts";

/** Which of the emulated services a route belongs to; it decides the shape of a refusal. */
export type ApiArea = "entra" | "bot-login" | "connector" | "graph" | "window" | "control";

export interface ApiRequest {
  readonly method: string;
  /** As it came, without the query. */
  readonly path: string;
  /** Decoded parameters of the route's path. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Told by Graph's door, once it believes the token, whose call it is. Throws 429 for one that is one too many. */
  readonly countCall?: (tenantId: string) => void;
}

export type ApiAnswer =
  | { readonly status: number; readonly json?: unknown; readonly headers?: Record<string, string> }
  | {
      readonly status: number;
      readonly content: Buffer | string;
      readonly type: string;
      readonly headers?: Record<string, string>;
    }
  /** The handler keeps the response and writes to it as long as it likes. */
  | { readonly stream: (response: ServerResponse) => void }
  /** The connection is cut without an answer. */
  | { readonly hangsUp: true };

export type ApiHandler = (request: ApiRequest) => ApiAnswer | Promise<ApiAnswer>;

/** Handlers of one area, by `METHOD /path/:parameter`. */
export interface ApiRoutes {
  readonly area: ApiArea;
  readonly handlers: Readonly<Record<string, ApiHandler>>;
}

/** Deeper than any card is; what is nested by the thousand cannot be written again. */
const DEEPEST = 200;

/** Throws 400 with the given code, also for what is nested more than 200 deep. */
export function parseJsonBody({ body }: ApiRequest, faultCode: string): unknown {
  if (measureDepth(body) > DEEPEST) {
    throw new ApiFault(400, faultCode, `The body is nested more than ${DEEPEST} deep.`);
  }
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new ApiFault(400, faultCode, "The body is not JSON.");
  }
}

/** How deep arrays and objects are nested, by one look at each byte. */
function measureDepth(bytes: Buffer): number {
  let [depth, deepest, isInText] = [0, 0, false];
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) isInText = !isInText;
    else if (isInText) at += byte === BACKSLASH ? 1 : 0;
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) deepest = Math.max(deepest, ++depth);
    else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth -= 1;
  }
  return deepest;
}

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Milliseconds; NaN for what is no instant. It must say its offset, or `Z`: without, it would be read in this machine's
 * own time zone. Source: https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html
 */
export function parseInstant(text: string): number {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/i.test(text)
    ? Date.parse(text)
    : NaN;
}

/** A route's parameter; the route's path must have it. */
export function readParameter(request: ApiRequest, name: string): string {
  return request.params[name] ?? "";
}
