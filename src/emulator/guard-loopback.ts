/** Keeps foreign sites out of what a browser on this machine can reach. */
import { isLoopback } from "../loopback.ts";
import { ApiFault } from "./api-fault.ts";
import type { ApiHandler } from "./api-route.ts";

/**
 * The name in `Host`, which is a name and a port at most, must be loopback's, or a foreign site could rebind its own
 * name to this address; and a write needs a header of its own with the value `1`, which a foreign page may not set without being asked first.
 */
export function guardLoopback(handle: ApiHandler, header: string): ApiHandler {
  return (request) => {
    const [, hostname = ""] =
      /^(\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i.exec(request.headers.host ?? "") ?? [];
    if (!isLoopback(hostname)) throw new ApiFault(403, "Forbidden", "This is open on loopback only.");
    if (request.method !== "GET" && request.headers[header] !== "1") {
      throw new ApiFault(403, "Forbidden", `The header ${header} is missing.`);
    }
    return handle(request);
  };
}
