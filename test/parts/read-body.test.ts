import assert from "node:assert/strict";
import { once } from "node:events";
import {
  createServer,
  request as startRequest,
  type ClientRequest,
  type IncomingMessage,
  type Server,
} from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { readBody, type Body } from "../../src/webhook/read-body.ts";
import { createEventLog, type EventLog } from "./event-log.ts";
import { failOnLeaks } from "./leak-watch.ts";

const MOST_BYTES = 1_000_000;

describe("reading of a body", () => {
  failOnLeaks();
  let server: Server;
  let port: number;
  let tooLate: AbortController;
  let bodies: EventLog<Body>;
  let begun: EventLog<IncomingMessage>;
  beforeEach(async () => {
    tooLate = new AbortController();
    bodies = createEventLog();
    begun = createEventLog();
    const answer = async (incoming: IncomingMessage): Promise<number> => {
      begun.note(incoming);
      const body = await readBody(incoming, { mostBytes: MOST_BYTES, tooLate: tooLate.signal });
      bodies.note(body);
      return body.ok ? 200 : body.status;
    };
    server = createServer((incoming, response) => {
      void answer(incoming).then((status) => {
        response.writeHead(status, { connection: "close" });
        response.end();
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    ({ port } = server.address() as AddressInfo);
  });
  afterEach(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  });

  const open = (headers: Record<string, string> = {}): ClientRequest => {
    const sending = startRequest({ host: "127.0.0.1", port, method: "POST", path: "/", headers });
    // The server may cut a sender off whom it has refused.
    sending.on("error", () => undefined);
    return sending;
  };
  const send = async (body: string | Buffer, headers: Record<string, string> = {}): Promise<Body> => {
    const sending = open({ "content-length": String(Buffer.byteLength(body)), ...headers });
    sending.end(body);
    const result = await bodies.take(() => true);
    sending.destroy();
    return result;
  };
  const json = (sizeBytes: number) => `"${"x".repeat(sizeBytes - 2)}"`;
  const isWell = async () => {
    assert.deepEqual(await send('{"a":[1,"ü👀"]}'), { ok: true, json: { a: [1, "ü👀"] } });
  };

  for (const [title, text, value] of [
    ["an object", '{"a":1}', { a: 1 }],
    ["null", "null", null],
    ["blanks around it", " \r\n[1] ", [1]],
    ["a byte order mark before it", "\ufeff[1]", [1]],
    [
      "a proto member, as a plain one",
      '{"__proto__":{"polluted":true}}',
      Object.fromEntries([["__proto__", { polluted: true }]]),
    ],
  ] as const) {
    it(`gives JSON: ${title}`, async () => {
      assert.deepEqual(await send(text), { ok: true, json: value });
    });
  }

  for (const [title, body, headers, status] of [
    ["nothing", "", {}, 400],
    ["no JSON", "{", {}, 400],
    ["two values", "1 2", {}, 400],
    ["a form", "a=1&b=2", { "content-type": "application/x-www-form-urlencoded" }, 400],
    ["UTF-8 that is broken", Buffer.from([0x22, 0xc3, 0x28, 0x22]), {}, 400],
    ["UTF-8 that is cut", Buffer.from('"👀"').subarray(0, 4), {}, 400],
    ["UTF-16", Buffer.from('{"a":1}', "utf16le"), {}, 400],
    ["gzip", gzipSync("{}"), { "content-encoding": "gzip" }, 415],
    [
      "gzip that claims to be small and is a bomb",
      gzipSync(Buffer.alloc(5_000_000)),
      { "content-encoding": "gzip" },
      415,
    ],
    ["an encoding that we do not know", "{}", { "content-encoding": "zstd, br" }, 415],
    ["gzip that hides", gzipSync("{}"), {}, 400],
    ["more bytes than it may have", json(MOST_BYTES + 1), {}, 413],
  ] as const) {
    it(`refuses ${title} with ${status}, and reads the next`, async () => {
      assert.deepEqual(await send(body, headers), { ok: false, status });
      await isWell();
    });
  }

  it("takes as many bytes as it may, and not one more", async () => {
    assert.equal((await send(json(MOST_BYTES))).ok, true);
    assert.deepEqual(await send(json(MOST_BYTES + 1)), { ok: false, status: 413 });
  });

  it("refuses by the length that is announced, before a byte has come", async () => {
    const sending = open({ "content-length": String(MOST_BYTES + 1) });
    sending.flushHeaders();
    assert.deepEqual(await bodies.take(() => true), { ok: false, status: 413 });
    sending.destroy();
    await isWell();
  });

  it("refuses chunks that add up to too much, without waiting for their end", async () => {
    const sending = open({ "transfer-encoding": "chunked" });
    for (let chunk = 0; chunk < 11; chunk += 1) sending.write("x".repeat(100_000));
    assert.deepEqual(await bodies.take(() => true), { ok: false, status: 413 });
    sending.destroy();
    await isWell();
  });

  it("puts chunks together wherever they were cut, within a character, too", async () => {
    const bytes = Buffer.from('{"a":"👀é"}');
    const sending = open({ "transfer-encoding": "chunked" });
    sending.setNoDelay(true);
    for (const byte of bytes) sending.write(Buffer.from([byte]));
    sending.end();
    assert.deepEqual(await bodies.take(() => true), { ok: true, json: { a: "👀é" } });
  });

  it("gives up with 408 on a sender who is too slow", async () => {
    const sending = open({ "content-length": "100" });
    sending.write('{"a":');
    await begun.take(() => true);
    tooLate.abort();
    assert.deepEqual(await bodies.take(() => true), { ok: false, status: 408 });
    const [answer] = (await once(sending, "response")) as [IncomingMessage];
    assert.equal(answer.statusCode, 408);
    sending.destroy();
  });

  it("gives up with 408 where it is too late already", async () => {
    tooLate.abort();
    const sending = open({ "content-length": "100" });
    sending.write('{"a":');
    assert.deepEqual(await bodies.take(() => true), { ok: false, status: 408 });
    sending.destroy();
  });

  it("is not ended twice by a time that runs out afterwards", async () => {
    await isWell();
    tooLate.abort();
    assert.equal(bodies.events.length, 1);
  });

  it("answers 400 for a body that was cut off, and reads the next", async () => {
    const sending = open({ "content-length": "100" });
    sending.write('{"a":1}');
    await begun.take(() => true);
    sending.destroy();
    assert.deepEqual(await bodies.take(() => true), { ok: false, status: 400 });
    await isWell();
  });

  for (const [title, bad, good] of [
    ["lists in lists", "[".repeat(65) + "]".repeat(65), "[".repeat(64) + "]".repeat(64)],
    [
      "objects in objects",
      '{"a":'.repeat(65) + "1" + "}".repeat(65),
      '{"a":'.repeat(64) + "1" + "}".repeat(64),
    ],
    ["lists without end", "[".repeat(500_000), "[]"],
    ["more values than anybody sends", `[${"1,".repeat(100_000)}1]`, `[${"1,".repeat(99_000)}1]`],
  ] as const) {
    it(`refuses what would cost more to parse than it weighs, and no less: ${title}`, async () => {
      assert.deepEqual(await send(bad), { ok: false, status: 413 });
      assert.equal((await send(good)).ok, true);
      await isWell();
    });
  }
});
