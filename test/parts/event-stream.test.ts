/** The stream of traces, over real HTTP. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { createEventStream } from "../../src/console/event-stream.ts";
import { createTraceFeed, type TraceFeed } from "../../src/console/trace-feed.ts";
import { createHttpServer } from "../../src/http-server.ts";
import type { Trace } from "../../src/model/trace.ts";
import { createQuietEdges } from "./quiet-edges.ts";

const TRACE: Trace = { step: "received", at: "2026-01-01T00:00:00.000Z", ear: "graph", result: "ok" };

describe("the stream of traces", () => {
  let feed: TraceFeed;
  let port: number;
  let close: () => Promise<void>;
  let readers: number;

  beforeEach(async () => {
    const edges = createQuietEdges();
    const kept = createTraceFeed({ log: edges.log });
    readers = 0;
    feed = {
      ...kept,
      subscribe: (listener) => {
        readers += 1;
        const stop = kept.subscribe(listener);
        return () => {
          readers -= 1;
          stop();
        };
      },
    };
    const server = createHttpServer({ name: "test", portSetting: "PORT", edges });
    const stream = createEventStream(feed);
    server.route("get", "/events", stream.handler);
    port = await server.listen(0, "127.0.0.1");
    close = async () => {
      stream.close();
      await server.close();
    };
  });
  afterEach(async () => {
    await close();
    assert.equal(readers, 0);
  });

  it("begins with the latest, and goes on with each as it comes", async () => {
    feed.publish({ ...TRACE, code: "before" });
    const answer = await fetch(`http://127.0.0.1:${port}/events`);
    const reader = (answer.body as ReadableStream<Uint8Array>)
      .pipeThrough(new TextDecoderStream())
      .getReader();
    let text = "";
    while (!text.includes("before")) text += (await reader.read()).value ?? "";
    feed.publish({ ...TRACE, code: "after" });
    while (!text.includes("after")) text += (await reader.read()).value ?? "";
    assert.match(text, /event: trace\ndata: \{.*"before".*\}\n\nevent: trace\ndata: \{.*"after".*\}\n\n$/s);
    await reader.cancel();
  });

  it("lets go of a reader that does not keep up", async () => {
    const socket = connect(port, "127.0.0.1");
    socket.write("GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    await once(socket, "data");
    socket.pause();
    const closed = once(socket, "close");
    // More than the sockets between us hold; a reader that reads would be given all of it.
    for (let sent = 0; sent < 100_000 && readers > 0; sent += 1) {
      feed.publish({ ...TRACE, code: "x".repeat(200) });
      if (sent % 1_000 === 0) await new Promise(setImmediate);
    }
    socket.resume().on("error", () => undefined);
    await closed;
    assert.equal(readers, 0);
  });
});
