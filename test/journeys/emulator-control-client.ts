/** A client of the control API: plain HTTP, as any language would. */
import { request as openRequest } from "node:http";
import type { ControlState } from "../../src/emulator/control-state.ts";

export interface ControlAnswer {
  readonly status: number;
  readonly json: { readonly result?: unknown; readonly error?: { readonly message: string } };
}

export interface ControlClient {
  state(): Promise<ControlState>;
  faults(faults: unknown): Promise<ControlAnswer>;
  /** `headers` besides, or instead. */
  act(name: string, args?: unknown, headers?: Record<string, string>): Promise<ControlAnswer>;
  /** What the act answers; throws where it was refused. */
  run(name: string, args?: unknown): Promise<unknown>;
  /** Any call, with any Host. */
  call(method: string, path: string, body: string, headers: Record<string, string>): Promise<ControlAnswer>;
}

export function createControlClient(url: string): ControlClient {
  const json = { "content-type": "application/json", "x-earshot-control": "1" };
  const client: ControlClient = {
    async state() {
      const response = await fetch(`${url}/control/state`);
      return (await response.json()) as ControlState;
    },
    faults: (faults) => client.call("PUT", "/control/faults", JSON.stringify(faults), {}),
    act: (name, args = {}, headers = {}) =>
      client.call("POST", `/control/acts/${name}`, JSON.stringify(args), headers),
    async run(name, args) {
      const { status, json: answered } = await client.act(name, args);
      if (status !== 200) throw new Error(`${name}: ${status} ${answered.error?.message}`);
      return answered.result;
    },
    // By node:http: fetch sets Host by itself.
    call: (method, path, body, headers) =>
      new Promise((resolve, reject) => {
        const sent = openRequest(url + path, { method, headers: { ...json, ...headers } }, (response) => {
          let text = "";
          response.setEncoding("utf8");
          response.on("data", (chunk: string) => (text += chunk));
          response.on("end", () =>
            resolve({ status: response.statusCode ?? 0, json: JSON.parse(text) as ControlAnswer["json"] }),
          );
        });
        sent.on("error", reject);
        sent.end(body);
      }),
  };
  return client;
}
