import { EarshotError, type ErrorCode } from "../../src/errors.ts";
import type { GraphApi, GraphTenant } from "../../src/graph/graph-client.ts";
import { parsePage } from "../../src/wire/graph-answers.ts";

export interface GraphCall {
  readonly method: string;
  readonly path: string;
  readonly body?: Record<string, unknown>;
  readonly api?: GraphApi;
}

export interface ScriptedGraph extends GraphTenant {
  readonly calls: readonly GraphCall[];
  /** The next answer to calls whose `METHOD /path` begins so: a value, or what is thrown. */
  answer(call: string, ...next: unknown[]): void;
  /** Sees each call before it is answered. */
  onCall: (call: GraphCall) => void | Promise<void>;
}

export const graphError = (code: ErrorCode, message = "as planned") => new EarshotError(code, message);

/** One tenant of Graph that says what it is told to say; handed in as the argument that a part calls Graph by. */
export function createScriptedGraph(): ScriptedGraph {
  const calls: GraphCall[] = [];
  const script: { call: string; answer: unknown }[] = [];
  const take = async (method: string, path: string, body?: object, api?: GraphApi): Promise<unknown> => {
    const call = {
      ...{ method, path },
      ...(body ? { body: body as Record<string, unknown> } : {}),
      ...(api ? { api } : {}),
    };
    calls.push(call);
    await graph.onCall(call);
    const found = script.findIndex(({ call: begin }) => `${method} ${path}`.startsWith(begin));
    if (found < 0) throw graphError("unexpected", `nothing is planned for ${method} ${path}`);
    const [{ answer } = { answer: undefined }] = script.splice(found, 1);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const graph: ScriptedGraph = {
    calls,
    onCall: () => undefined,
    answer: (call, ...next) => {
      for (const answer of next) script.push({ call, answer });
    },
    get: (path) => take("GET", path),
    list: async (path) => (await take("GET", path)) as unknown[],
    walk: async function* (path) {
      yield* (await take("GET", path)) as unknown[];
    },
    page: async (path) => parsePage(await take("GET", path)),
    forgetToken: () => undefined,
    post: (path, body, api) => take("POST", path, body, api),
    patch: (path, body, api) => take("PATCH", path, body, api),
    delete: async (path, api) => {
      await take("DELETE", path, undefined, api);
    },
  };
  return graph;
}
