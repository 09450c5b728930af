/**
 * Several calls to Graph in one. Each is held to its own permissions and limits, and counted, as if it came alone.
 * Source: https://learn.microsoft.com/graph/json-batching
 */
import type { Edges } from "../edges.ts";
import { ApiFault } from "./api-fault.ts";
import {
  parseJsonBody,
  type ApiAnswer,
  type ApiHandler,
  type ApiRequest,
  type ApiRoutes,
} from "./api-route.ts";
import { parseBatch, type BatchStep } from "./batch-shape.ts";
import type { CallLog } from "./call-log.ts";
import { decodeSegment } from "./decode-segment.ts";
import { formatFault } from "./format-fault.ts";
import type { GraphDoor } from "./graph-access.ts";

interface StepAnswer {
  readonly id: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface Route {
  readonly method: string;
  readonly segments: readonly string[];
  readonly handle: ApiHandler;
}

/** `routes` are what a batch can ask for, with all that stands in front of them. */
export function createBatchRoutes(needs: {
  readonly edges: Pick<Edges, "now" | "randomUuid">;
  readonly door: GraphDoor;
  readonly routes: readonly ApiRoutes[];
  readonly callLog: CallLog;
}): ApiRoutes {
  const { edges, door, callLog } = needs;
  const known = needs.routes.flatMap(({ handlers }) => Object.entries(handlers).map(readRoute));

  async function answerStep(step: BatchStep, outer: ApiRequest, version: string): Promise<StepAnswer> {
    const request = readRequest(step, outer, version);
    const answer = await handle(request).catch((thrown: unknown) => {
      if (thrown instanceof ApiFault) return formatFault("graph", thrown, request, edges);
      throw thrown;
    });
    const shown = formatAnswer(step.id, answer);
    callLog.add({ area: "graph", method: request.method, path: request.path, status: shown.status });
    return shown;
  }

  async function handle(request: ApiRequest): Promise<ApiAnswer> {
    const found = findRoute(known, request);
    if (found) return found.route.handle({ ...request, params: found.params });
    const message = `${request.method} ${request.path} is not emulated.`;
    throw new ApiFault(501, "NotEmulated", message);
  }

  function failDependency({ id }: BatchStep, { headers }: ApiRequest): StepAnswer {
    const fault = new ApiFault(424, "FailedDependency", "A request that this one depends on has failed.");
    return formatAnswer(id, formatFault("graph", fault, { headers }, edges));
  }

  const answerBatch =
    (version: string): ApiHandler =>
    async (request) => {
      await door(request);
      const steps = parseBatch(parseJsonBody(request, "BadRequest"));
      const answers = new Map<string, Promise<StepAnswer>>();
      for (const step of steps) {
        const earlier = (step.dependsOn ?? []).flatMap((id) => answers.get(id.toLowerCase()) ?? []);
        const answer = Promise.all(earlier).then((done) =>
          done.some(({ status }) => status >= 400)
            ? failDependency(step, request)
            : answerStep(step, request, version),
        );
        answers.set(step.id.toLowerCase(), answer);
      }
      return { status: 200, json: { responses: await Promise.all(answers.values()) } };
    };

  return {
    area: "graph",
    handlers: {
      "POST /v1.0/$batch": answerBatch("v1.0"),
      "POST /beta/$batch": answerBatch("beta"),
    },
  };
}

/** The token is the batch's, whatever a part of it says. */
function readRequest(step: BatchStep, outer: ApiRequest, version: string): ApiRequest {
  const { pathname, searchParams } = new URL(`/${version}/${step.url.replace(/^\/+/, "")}`, "http://graph");
  const own = Object.entries(step.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
  return {
    method: step.method.toUpperCase(),
    path: pathname,
    params: {},
    query: searchParams,
    headers: { ...Object.fromEntries(own), authorization: outer.headers.authorization },
    body: step.body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(step.body)),
  };
}

function readRoute([name, handle]: [string, ApiHandler]): Route {
  const [method = "", path = ""] = name.split(" ");
  return { method, segments: path.split("/"), handle };
}

/** Of several the one with the fewest parameters: `messages/delta` is no message. */
function findRoute(
  routes: readonly Route[],
  { method, path }: ApiRequest,
): { route: Route; params: Record<string, string> } | undefined {
  const segments = path.split("/").map((segment) => decodeSegment(segment, refuse));
  const isParameter = (segment: string) => segment.startsWith(":");
  const [route] = routes
    .filter((one) => one.method === method && one.segments.length === segments.length)
    .filter((one) =>
      one.segments.every((segment, at) => isParameter(segment) || isSame(segment, segments[at])),
    )
    .toSorted((a, b) => a.segments.filter(isParameter).length - b.segments.filter(isParameter).length);
  if (!route) return undefined;
  const named = route.segments.flatMap((segment, at) =>
    isParameter(segment) ? [[segment.slice(1), segments[at] ?? ""] as const] : [],
  );
  return { route, params: Object.fromEntries(named) };
}

/** In any case, as the listener has it. */
function isSame(segment: string, asked: string | undefined): boolean {
  return segment.toLowerCase() === asked?.toLowerCase();
}

function refuse(): ApiFault {
  return new ApiFault(400, "BadRequest", "The url is malformed.");
}

/** Bytes come as base64; where the service behind gave no answer, Graph says so itself. */
function formatAnswer(id: string, answer: ApiAnswer): StepAnswer {
  if (!("status" in answer)) return { id, status: 504, headers: {}, body: GATEWAY_TIMEOUT };
  const { status, headers = {} } = answer;
  if ("content" in answer) {
    const type = { "Content-Type": answer.type };
    return {
      id,
      status,
      headers: { ...headers, ...type },
      body: Buffer.from(answer.content).toString("base64"),
    };
  }
  if (answer.json === undefined) return { id, status, headers };
  const named = Object.entries(headers).map(([name, value]) => [NAMES[name] ?? name, value] as const);
  return {
    ...{ id, status, body: answer.json },
    headers: { ...Object.fromEntries(named), "Content-Type": "application/json" },
  };
}

/** Inside a batch these are spelled as they are written elsewhere: here a client looks them up by their letters. */
const NAMES: Readonly<Record<string, string>> = { "retry-after": "Retry-After" };
const GATEWAY_TIMEOUT = { error: { code: "UnknownError", message: "The service did not answer." } };
