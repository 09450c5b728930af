import { EarshotError } from "../errors.ts";
import type { Handler } from "../http-server.ts";

/** `GET /readyz`: 200 while every check passes, else 503 and the reasons, as codes. */
export function createReadiness(checks: readonly (() => Promise<unknown>)[]): Handler {
  return async (_request, response) => {
    const results = await Promise.allSettled(checks.map((check) => check()));
    const reasons = results
      .filter((result) => result.status === "rejected")
      .map(({ reason }) => (reason instanceof EarshotError ? reason.code : "unexpected"));
    const body = JSON.stringify({ ready: reasons.length === 0, reasons });
    response.writeHead(reasons.length > 0 ? 503 : 200, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
    });
    response.end(body);
  };
}
