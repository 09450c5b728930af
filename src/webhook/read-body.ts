import type { IncomingMessage } from "node:http";

export type Body = { readonly ok: true; readonly json: unknown } | { readonly ok: false; readonly status: number };

/**
 * Reads a JSON body whole, but no more than `mostBytes` and for no longer than `timeoutMs`.
 * 413 too large, 408 too slow, 415 compressed (none of our senders does, and a bomb would), 400 cut off or not JSON.
 */
export async function readBody(
  request: IncomingMessage,
  limits: { mostBytes: number; timeoutMs: number },
): Promise<Body> {
  if (request.headers["content-encoding"] !== undefined) return { ok: false, status: 415 };
  if (Number(request.headers["content-length"] ?? 0) > limits.mostBytes) return { ok: false, status: 413 };
  const raw = await readBytes(request, limits);
  if (typeof raw === "number") return { ok: false, status: raw };
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(raw);
    return { ok: true, json: JSON.parse(text) };
  } catch {
    return { ok: false, status: 400 };
  }
}

/** The bytes, or the status to refuse with. */
function readBytes(
  request: IncomingMessage,
  { mostBytes, timeoutMs }: { mostBytes: number; timeoutMs: number },
): Promise<Buffer | number> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    const tooLate = AbortSignal.timeout(timeoutMs);
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
  });
}
