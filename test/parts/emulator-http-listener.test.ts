/** The emulated tenant's listener, where an answer cannot be given as the handler wanted it. */
import assert from "node:assert/strict";
import { createEdges } from "../../src/edges.ts";
import type { ApiAnswer } from "../../src/emulator/api-route.ts";
import { startHttpListener, type HttpListener } from "../../src/emulator/http-listener.ts";
import { SILENT_LOG } from "../journeys/emulator-fake-bot.ts";

describe("emulated tenant: the listener", () => {
  let listener: HttpListener;
  let answer: ApiAnswer;
  let statuses: number[];
  before(async () => {
    listener = await startHttpListener(
      createEdges(SILENT_LOG),
      0,
      [{ area: "control", handlers: { "GET /any": () => answer } }],
      ({ status }) => void statuses.push(status),
    );
  });
  after(() => listener.close());
  beforeEach(() => void (statuses = []));

  const ask = async () => {
    const response = await fetch(`http://127.0.0.1:${listener.port}/any`);
    return [response.status, await response.text()];
  };

  it("answers 500 for what cannot be written, and goes on", async () => {
    let deep: unknown = [];
    for (let depth = 0; depth < 60_000; depth += 1) deep = [deep];
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    for (const json of [deep, cyclic]) {
      answer = { status: 200, json };
      const [status, text] = await ask();
      assert.equal(status, 500);
      assert.match(String(text), /InternalServerError/);
    }
    answer = { status: 201, json: { fine: [true] } };
    assert.deepEqual(await ask(), [201, '{"fine":[true]}']);
    assert.deepEqual(statuses, [500, 500, 201]);
  });

  it("cuts the connection where the head cannot be sent, and goes on", async () => {
    answer = { status: 200, json: 1, headers: { location: "/\n" } };
    await assert.rejects(ask());
    answer = { status: 200, json: 1, headers: { location: "/" } };
    assert.deepEqual(await ask(), [200, "1"]);
  });
});
