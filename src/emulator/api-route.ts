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

/** Throws 400 with the given code. */
export function parseJsonBody(request: ApiRequest, faultCode: string): unknown {
  try {
    return JSON.parse(request.body.toString("utf8"));
  } catch {
    throw new ApiFault(400, faultCode, "The body is not JSON.");
  }
}

/** A route's parameter; the route's path must have it. */
export function readParameter(request: ApiRequest, name: string): string {
  return request.params[name] ?? "";
}
