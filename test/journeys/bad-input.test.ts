/**
 * Twenty thousand requests that nobody honest would send, at a running bot: generated shapes, and real batches and
 * activities with their real tokens, altered byte by byte. Nothing of it is taken, nothing falls over.
 */
import assert from "node:assert/strict";
import { Agent, request as send } from "node:http";
import fc from "fast-check";
import { readReplies, setStage, type Stage } from "./stage.ts";

const REQUESTS = 20_000;
const AT_ONCE = 32;
const PATHS = ["/api/notifications", "/api/lifecycle", "/api/messages"] as const;
/** What the contract answers: taken for good or refused in silence, wrong shape, no token, too large, compressed. */
const STATUSES = new Set([200, 202, 400, 401, 413, 415]);

interface Captured {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

describe("bad input", function () {
  this.timeout(120_000);
  let stage: Stage;
  const captured: Captured[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });

  before(async () => {
    stage = await setStage({
      mayPark: true,
      tenantFetch: async (input, init) => {
        const { pathname } = new URL(input);
        if (typeof init?.body === "string" && captured.length < 40) {
          const headers = { ...(init.headers as Record<string, string>) };
          captured.push({ path: pathname, headers, body: init.body });
        }
        return fetch(input, init);
      },
    });
    await stage.waitForSubscriptions(5);
    for (const conversation of ["Outages", "Lunch crew"]) {
      const said = stage.tenant.say({
        person: "Mira Lindqvist",
        conversation,
        text: "the wifi is down",
      });
      await stage.waitForOutcome(said);
    }
    assert.ok(captured.some(({ path }) => path === "/api/notifications"));
    assert.ok(captured.some(({ path }) => path === "/api/messages"));
  });
  after(async () => {
    agent.destroy();
    await stage.strike();
  });

  const post = ({ path, headers, body }: { path: string; headers: Record<string, string>; body: Buffer }) =>
    new Promise<number>((resolve, reject) => {
      const sent = send(
        stage.botUrl + path,
        {
          method: "POST",
          agent,
          headers: {
            "content-type": "application/json",
            ...headers,
            "content-length": String(body.length),
          },
        },
        (response) => {
          response.resume().on("end", () => {
            resolve(response.statusCode ?? 0);
          });
        },
      );
      // Refused while it was still being sent: the answer was given before.
      sent.on("error", (error: NodeJS.ErrnoException) => {
        if (error.code === "EPIPE" || error.code === "ECONNRESET") resolve(413);
        else reject(error);
      });
      sent.end(body);
    });

  const byte = fc.nat({ max: 255 });
  const mutation = fc.oneof(
    fc.record({ kind: fc.constant("flip" as const), at: fc.nat(), byte }),
    fc.record({ kind: fc.constant("insert" as const), at: fc.nat(), byte }),
    fc.record({ kind: fc.constant("cut" as const), at: fc.nat(), byte }),
    fc.record({ kind: fc.constant("double" as const), at: fc.nat(), byte }),
  );
  type Mutation = typeof mutation extends fc.Arbitrary<infer Value> ? Value : never;
  const mutate = (body: Buffer, { kind, at, byte: value }: Mutation): Buffer => {
    const place = at % Math.max(1, body.length);
    const [front, back] = [body.subarray(0, place), body.subarray(place)];
    if (kind === "insert") return Buffer.concat([front, Buffer.of(value), back]);
    if (kind === "cut") return front;
    if (kind === "double") return Buffer.concat([body, back]);
    const altered = Buffer.from(body);
    altered[place] = value;
    return altered;
  };
  const nested = fc.nat({ max: 400 }).map((depth) => "[".repeat(depth) + "]".repeat(depth));
  const odd = fc.constantFrom(
    ...["", "null", "0", '""', "{}", "[]", "1e999", "-", "\u0000", '{"__proto__":{"value":[]}}'],
    ...['{"value":[null,1,"x",[],{}]}', '{"value":{"length":9}}', '{"value":[],"value":[{}]}'],
    ...['{"type":"message"}', '{"type":"message","id":"\\ud800"}', '{"value":[{"tenantId":1e309}]}'],
  );
  const strange = fc.oneof(
    fc.json({ maxDepth: 4 }),
    nested,
    odd,
    fc.json().map((text) => `{"value":[${text}],"validationTokens":["a.b.c"]}`),
  );
  const header = fc.constantFrom<Record<string, string>>(
    {},
    { authorization: "Bearer a.b.c" },
    { authorization: "Basic eA==" },
    { "content-type": "text/plain" },
    { "content-encoding": "gzip" },
    { "content-type": "application/json; charset=utf-16" },
  );

  it("is refused, and takes nothing down with it", async () => {
    const tracesBefore = stage.traces.length;
    const generated = fc.oneof(
      fc.record({
        path: fc.constantFrom(...PATHS),
        headers: header,
        body: strange.map((text) => Buffer.from(text)),
      }),
      fc
        .record({
          original: fc.constantFrom(...captured),
          mutations: fc.array(mutation, { minLength: 1, maxLength: 3 }),
          elsewhere: fc.option(fc.constantFrom(...PATHS), { freq: 5 }),
        })
        .map(({ original, mutations, elsewhere }) => ({
          path: elsewhere ?? original.path,
          headers: original.headers,
          body: mutations.reduce<Buffer>(mutate, Buffer.from(original.body)),
        })),
    );
    const seed = Date.now() % 1_000_000;
    const requests = fc.sample(generated, { numRuns: REQUESTS, seed });
    const statuses = new Map<number, number>();
    let next = 0;
    const work = async () => {
      for (let request = requests[next++]; request; request = requests[next++]) {
        const status = await post(request);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        assert.ok(
          STATUSES.has(status),
          `seed ${seed}: ${status} for ${request.body.toString().slice(0, 500)}`,
        );
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    assert.equal(
      [...statuses.values()].reduce((sum, amount) => sum + amount, 0),
      REQUESTS,
    );

    // An envelope with its real token may name another message: that one is set aside when it is opened, and nothing
    // is said. (An activity that is altered under its valid token is believed: that token does not cover the body.)
    const told = stage.traces.slice(tracesBefore);
    assert.deepEqual(
      told.filter(({ step, ear }) => step === "replied" && ear === "graph"),
      [],
      `seed ${seed}`,
    );
    // It still hears, and answers.
    const said = stage.tenant.say({
      person: "Mira Lindqvist",
      conversation: "Weekly stand-up",
      text: "the printer is down",
    });
    await stage.waitForOutcome(said);
    assert.equal(readReplies(stage, "Weekly stand-up").length, 1);
  });
});
