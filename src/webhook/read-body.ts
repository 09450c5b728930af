import type { IncomingMessage } from "node:http";
import type { Response } from "restify";
import type { Edges } from "../edges.ts";
import { end } from "../http-server.ts";
import { weighJson } from "./weigh-json.ts";

export type Body =
  { readonly ok: true; readonly json: unknown } | { readonly ok: false; readonly status: number };

export interface Limits {
  readonly mostBytes: number;
  readonly tooLate: AbortSignal;
}

/** Far above what Graph or Teams send: a notification has some twenty values, and nests five deep. */
const MOST_VALUES = 100_000;
const MOST_DEPTH = 64;

/**
 * Reads a JSON body whole, but no more than `mostBytes` and only until `tooLate` aborts.
 * 413 too large, or too much to parse, 408 too slow, 415 compressed (none of our senders does, and a bomb would), 400 cut off or not JSON.
 */
export async function readBody(request: IncomingMessage, limits: Limits): Promise<Body> {
  if (request.headers["content-encoding"] !== undefined) return { ok: false, status: 415 };
  if (Number(request.headers["content-length"] ?? 0) > limits.mostBytes) return { ok: false, status: 413 };
  const raw = await readBytes(request, limits);
  if (typeof raw === "number") return { ok: false, status: raw };
  const { values, depth } = weighJson(raw);
  if (values > MOST_VALUES || depth > MOST_DEPTH) return { ok: false, status: 413 };
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(raw);
    return { ok: true, json: JSON.parse(text) };
  } catch {
    return { ok: false, status: 400 };
  }
}

/** The bytes, or the status to refuse with. */
function readBytes(request: IncomingMessage, { mostBytes, tooLate }: Limits): Promise<Buffer | number> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    const settle = (result: Buffer | number) => {
      tooLate.removeEventListener("abort", onTooLate);
      request.off("data", onData).off("end", onEnd).off("error", onCut).off("close", onCut);
      if (typeof result === "number") request.resume();
      resolve(result);
    };
    const onTooLate = () => {
      settle(408);
    };
    const onData = (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes > mostBytes) settle(413);
      else chunks.push(chunk);
    };
    const onEnd = () => {
      settle(Buffer.concat(chunks));
    };
    const onCut = () => {
      settle(400);
    };
    tooLate.addEventListener("abort", onTooLate);
    request.on("data", onData).on("end", onEnd).on("error", onCut).on("close", onCut);
    // A signal that has aborted before tells nobody any more.
    if (tooLate.aborted) onTooLate();
  });
}

/** What a sender may still send after a refusal, so that it reads our answer before the connection goes. */
const LINGER_BYTES = 1024 * 1024;
const LINGER_MS = 1_000;

/**
 * Refuses a body that was not read to its end. Closing at once would reset the connection, and the answer with it;
 * reading on for ever would be the sender's to decide.
 */
export function refuseBody(
  request: IncomingMessage,
  response: Response,
  status: number,
  edges: Pick<Edges, "timeout">,
): void {
  end(response, status);
  if (request.complete) return;
  const cut = () => {
    if (!request.complete) request.socket.destroy();
  };
  let leftBytes = LINGER_BYTES;
  request.on("data", (chunk: Buffer) => {
    leftBytes -= chunk.length;
    if (leftBytes < 0) cut();
  });
  edges.timeout(LINGER_MS).addEventListener("abort", cut);
}
