import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { EarshotError } from "../../src/errors.ts";
import { createHttpServer, end, type HttpServer } from "../../src/http-server.ts";
import { createEventLog, type EventLog } from "./event-log.ts";
import { failOnLeaks } from "./leak-watch.ts";
import { createQuietEdges } from "./quiet-edges.ts";
import { sendRaw } from "./raw-socket.ts";

describe("the HTTP server", () => {
  failOnLeaks();
  let server: HttpServer;
  let port: number;
  let logged: EventLog<object>;
  beforeEach(async () => {
    logged = createEventLog();
    const silent = () => undefined;
    const log = { debug: silent, info: silent, warn: silent, error: logged.note };
    server = createHttpServer({
      name: "public listener",
      portSetting: "PORT",
      edges: createQuietEdges({ log }),
    });
    server.route("get", "/well", async (_request, response) => {
      response.writeHead(200, { "content-type": "text/plain" });
      response.end("well");
    });
    server.route("post", "/fails/:how", async (request) => {
      const { how } = request.params as { how: string };
      if (how === "retry") throw new EarshotError("storage-unavailable", "the disk is full");
      if (how === "park") throw new EarshotError("wire-shape", "no shape");
      throw new TypeError("secret detail");
    });
    server.route("get", "/half", async (_request, response) => {
      response.writeHead(200);
      response.write("half");
      throw new TypeError("in the middle");
    });
    port = await server.listen(0, "127.0.0.1");
  });
  afterEach(() => server.close());

  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { ...init, redirect: "manual" });
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
  const isWell = async () => {
    const { status, text } = await ask("/well");
    assert.deepEqual([status, text], [200, "well"]);
  };
  /** Nothing in an answer says what we are made of. */
  const assertQuiet = (answer: string) => {
    assert.doesNotMatch(answer, /restify|node|earshot|express|error|stack|^server:\s*\S/im);
  };

  for (const [title, path, method, status] of [
    ["an unknown route", "/unknown", "GET", 404],
    ["a route with something behind", "/well/more", "GET", 404],
    ["another method of a route", "/well", "POST", 405],
    ["a method that is no route's", "/well", "DELETE", 405],
    ["a path that climbs", "/../../etc/passwd", "GET", 404],
    ["a path that is not encoded well", "/%E0%A4%A", "GET", 404],
  ] as const) {
    it(`answers ${title} with ${status} and nothing else, and goes on`, async () => {
      const { status: found, text, headers } = await ask(path, { method });
      assert.deepEqual([found, text], [status, ""]);
      assertQuiet([...headers].map((header) => header.join(": ")).join("\n"));
      await isWell();
    });
  }

  for (const [how, status] of [
    ["retry", 503],
    ["park", 500],
    ["unforeseen", 500],
  ] as const) {
    it(`answers a handler that fails (${how}) with ${status}, tells the log, and goes on`, async () => {
      const { status: found, text } = await ask(`/fails/${how}`, { method: "POST" });
      assert.deepEqual([found, text], [status, ""]);
      assert.equal(logged.events.length, 1);
      await isWell();
    });
  }

  it("ends an answer whose handler failed in the middle, and goes on", async () => {
    assert.equal((await ask("/half")).text, "half");
    await isWell();
  });

  const request = (line: string, ...headers: string[]) =>
    sendRaw(port, [line, ...headers, "Connection: close", "", ""].join("\r\n"));
  const HOSTS = ["a b", "[", "%", "a:99999", "a:b", "http://a", "\\", "a/b?c", "[::1", "<script>", "\u0001"];
  for (const host of HOSTS) {
    it(`survives the Host ${JSON.stringify(host)}`, async () => {
      const answer = await request("GET /well HTTP/1.1", `Host: ${host}`);
      assert.match(answer, /^HTTP\/1\.1 (200|400|404) /);
      assertQuiet(answer.replace("400 Bad Request", ""));
      await isWell();
    });
  }
  for (const host of ["a b", "[", "%", "a:99999"]) {
    it(`refuses the Host ${JSON.stringify(host)} with 400, and takes a good one`, async () => {
      assert.match(await request("GET /well HTTP/1.1", `Host: ${host}`), /^HTTP\/1\.1 400 /);
      assert.match(await request("GET /well HTTP/1.1", "Host: bot.example.com:8443"), /^HTTP\/1\.1 200 /);
    });
  }
  for (const target of [
    "http://[/x",
    "http://a:99999/",
    "//[",
    "//a b",
    "http://%/",
    "*",
    "well",
    "/\\[",
    "///",
    "/?%",
    "javascript:1",
  ]) {
    it(`survives the target ${target}`, async () => {
      const answer = await request(`GET ${target} HTTP/1.1`, "Host: a");
      assert.match(answer, /^HTTP\/1\.1 4\d\d /);
      await isWell();
    });
  }
  for (const [title, text] of [
    ["no HTTP at all", "\u0016\u0003\u0001\r\n\r\n"],
    ["no Host", "GET /well HTTP/1.1\r\nConnection: close\r\n\r\n"],
    ["an older HTTP without Host", "GET /well HTTP/1.0\r\n\r\n"],
    [
      "two lengths",
      "POST /fails/park HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    ],
    [
      "length and chunks",
      "POST /fails/park HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ["headers without end", `GET /well HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(20_000)}\r\n\r\n`],
  ] as const) {
    it(`survives ${title}`, async () => {
      assert.match(await sendRaw(port, text), /^HTTP\/1\.1 \d{3} /);
      await isWell();
    });
  }

  it("says which port is taken and where to set another", async () => {
    const edges = createQuietEdges();
    const second = createHttpServer({ name: "private listener", portSetting: "ADMIN_PORT", edges });
    await assert.rejects(second.listen(port, "127.0.0.1"), {
      code: "address-unavailable",
      disposition: "stop",
      message: `the private listener cannot listen on 127.0.0.1 port ${port}: EADDRINUSE. Free it, or set ADMIN_PORT.`,
    });
    await second.close();
    await isWell();
  });

  it("ends no answer twice", async () => {
    server.route("get", "/twice", async (_request, response) => {
      end(response, 202);
      end(response, 500);
    });
    assert.deepEqual([(await ask("/twice")).status, logged.events], [202, []]);
  });

  describe("when it closes", () => {
    const open = async (text: string): Promise<Socket> => {
      const socket = connect(port, "127.0.0.1");
      await once(socket, "connect");
      socket.on("error", () => undefined);
      if (text) socket.write(text);
      return socket;
    };

    it("takes no more connections", async () => {
      await isWell();
      await server.close();
      await assert.rejects(ask("/well"));
    });

    it("finishes the answer under way", async () => {
      const asked = createEventLog<null>();
      const gate = Promise.withResolvers<null>();
      server.route("get", "/slow", async (_request, response) => {
        asked.note(null);
        await gate.promise;
        end(response, 202);
      });
      const answer = ask("/slow");
      await asked.take(() => true);
      const closing = server.close();
      gate.resolve(null);
      assert.equal((await answer).status, 202);
      await closing;
    });

    for (const [title, text] of [
      ["says nothing", ""],
      ["does not end its headers", "GET /well HTTP/1.1\r\nHost: a\r\n"],
    ] as const) {
      it(`does not wait for a stranger who ${title}`, async function () {
        // The program has ten seconds to end.
        this.timeout(9_000);
        const socket = await open(text);
        const closed = once(socket, "close");
        // Another's whole request behind it: the server has seen the first by then.
        await isWell();
        await server.close();
        await closed;
      });
    }
  });
});
