/** The body of a refusal, in the shape that each of the real services uses. */
import type { Edges } from "../edges.ts";
import type { ApiArea, ApiAnswer, ApiRequest } from "./api-route.ts";
import type { ApiFault } from "./api-fault.ts";

/**
 * Sources: Graph https://learn.microsoft.com/graph/errors,
 * Entra https://learn.microsoft.com/entra/identity-platform/reference-error-codes,
 * connector https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference#error-object
 */
export function formatFault(
  area: ApiArea,
  fault: ApiFault,
  request: Pick<ApiRequest, "headers">,
  edges: Pick<Edges, "now" | "randomUuid">,
): ApiAnswer {
  const { status, code, message, entraNumber, retryAfterS } = fault;
  const requestId = edges.randomUuid();
  const headers: Record<string, string> =
    retryAfterS === undefined ? {} : { "retry-after": String(retryAfterS) };
  switch (area) {
    case "graph":
      return {
        status,
        headers: { ...headers, "request-id": requestId },
        json: {
          error: {
            code,
            message,
            innerError: {
              date: new Date(edges.now()).toISOString().slice(0, 19),
              "request-id": requestId,
              "client-request-id": String(request.headers["client-request-id"] ?? requestId),
            },
          },
        },
      };
    case "entra": {
      const timestamp = new Date(edges.now()).toISOString().replace("T", " ").replace(/\.\d+/, "");
      const description = entraNumber === undefined ? message : `AADSTS${entraNumber}: ${message}`;
      return {
        ...{ status, headers },
        json: {
          error: code,
          error_description: `${description} Trace ID: ${requestId} Correlation ID: ${requestId} Timestamp: ${timestamp}`,
          error_codes: entraNumber === undefined ? [] : [entraNumber],
          timestamp,
          trace_id: requestId,
          correlation_id: requestId,
        },
      };
    }
    case "window":
      return { status, json: { error: { message } } };
    case "connector":
    case "bot-login":
    case "control":
      return { status, headers, json: { error: { code, message } } };
  }
}
