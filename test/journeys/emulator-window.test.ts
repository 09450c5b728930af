import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request as openRequest, type ServerResponse } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { createEdges } from "../../src/edges.ts";
import { startEmulatedTenant, type EmulatedTenant } from "../../src/emulator/emulated-tenant.ts";
import type { PostedMessage } from "../../src/emulator/posted-message.ts";
import type { WindowState } from "../../src/emulator/window-state.ts";
import { first, placesOf, SILENT_LOG, startFakeBot, type FakeBot } from "./emulator-fake-bot.ts";

const TRACE = { step: "received", at: "2026-11-20T12:00:00.000Z", ear: "graph", result: "ok" };

describe("emulated tenant: the window's backend", () => {
  let bot: FakeBot;
  let tenant: EmulatedTenant;
  let places: ReturnType<typeof placesOf>;

  async function start(tracesUrl: string | null = null): Promise<void> {
    bot = await startFakeBot();
    tenant = await startEmulatedTenant({
      ...{ edges: createEdges(SILENT_LOG), port: 0, botUrl: bot.url, tracesUrl, rscPermissions: [] },
    });
    places = placesOf(tenant);
  }
  afterEach(async () => {
    await tenant.close();
    await bot.close();
  });

  const write = (method: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${tenant.url}/window/${path}`, {
      method,
      headers: { "content-type": "application/json", "x-earshot-window": "1", ...headers },
      body: JSON.stringify(body),
    });
  const readState = async () => (await (await fetch(`${tenant.url}/window/state`)).json()) as WindowState;
  const personId = (name: string) => first(places.contoso.people.filter((one) => one.name === name)).id;

  /** Events of the stream, one by one. */
  async function* listen(signal: AbortSignal): AsyncGenerator<{ event: string; data: unknown }> {
    const response = await fetch(`${tenant.url}/window/events`, { signal });
    assert.equal(response.headers.get("content-type"), "text/event-stream");
    assert.ok(response.body);
    let rest = "";
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + chunk).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const [, event = "", data = ""] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? ["", "open", "null"];
        yield { event, data: JSON.parse(data) as unknown };
      }
    }
  }

  it("shows the first customer, with what was said before", async () => {
    await start();
    const state = await readState();
    assert.equal(state.organisation.name, "Contoso");
    assert.deepEqual(state.bot, { id: tenant.bot.id, name: "Earshot" });
    assert.ok(state.messages.length > 5);
    assert.ok(state.teams.every(({ channels }) => channels.every(({ botIsHere }) => !botIsHere)));
    await tenant.installEverywhere();
    const here = (await readState()).teams.flatMap(({ channels }) =>
      channels.map(({ kind, botIsHere }) => `${kind} ${botIsHere}`),
    );
    assert.deepEqual([...new Set(here)], ["standard true", "shared true", "private false"]);
  });

  it("takes what people do, and refuses what they may not", async () => {
    await start();
    const senderId = personId("Priya Raman");
    const conversationId = places.chat("Lunch crew").id;
    const good = { conversationId, rootId: null, senderId, parts: [{ text: "Pizza?" }] };
    const answer = await write("POST", "messages", good);
    assert.equal(answer.status, 200);
    const message = (await answer.json()) as PostedMessage;
    assert.deepEqual(tenant.readMessages("Lunch crew").at(-1), message);
    const { key } = message;
    const table: [string, string, unknown, number][] = [
      ["POST", "messages", { ...good, senderId: personId("Hannah Brandt") }, 403],
      ["POST", "messages", { ...good, senderId: "nobody" }, 404],
      ["POST", "messages", { ...good, conversationId: "19:nowhere@thread.v2" }, 404],
      ["POST", "messages", { ...good, rootId: message.id }, 400],
      ["POST", "messages", { ...good, parts: [] }, 400],
      ["POST", "messages", { ...good, parts: [{ text: "x", more: 1 }] }, 400],
      ["POST", "messages", "hello", 400],
      ["PATCH", "messages", { key, actorId: personId("Tomás Herrera"), parts: [{ text: "mine" }] }, 403],
      ["PATCH", "messages", { key, actorId: senderId, parts: [{ text: "Pasta?" }] }, 200],
      ["POST", "reactions", { key, actorId: personId("Tomás Herrera"), type: "like", on: true }, 200],
      ["POST", "messages/delete", { key, actorId: personId("Tomás Herrera") }, 403],
      ["POST", "messages/delete", { key, actorId: senderId }, 200],
      ["POST", "messages/delete", { key, actorId: senderId }, 404],
    ];
    for (const [method, path, body, status] of table) {
      const response = await write(method, path, body);
      const json = (await response.json()) as { error?: { message: string } };
      assert.equal(response.status, status, `${method} ${path} ${JSON.stringify(body)}`);
      assert.equal(typeof json.error?.message, status >= 400 ? "string" : "undefined");
    }
  });

  it("is closed to foreign sites", async () => {
    await start();
    const body = { key: "k", actorId: "a" };
    assert.equal((await write("POST", "messages/delete", body, { "x-earshot-window": "0" })).status, 403);
    const preflight = await fetch(`${tenant.url}/window/messages`, { method: "OPTIONS" });
    assert.equal(preflight.headers.get("access-control-allow-origin"), null);
    assert.ok(preflight.status >= 400);
    const rebound = await new Promise<number>((resolve, reject) => {
      openRequest(`${tenant.url}/window/state`, { headers: { host: "evil.example" } }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
        .on("error", reject)
        .end();
    });
    assert.equal(rebound, 403);
  });

  it("serves its page and libraries, and no other file", async () => {
    await start();
    const page = await fetch(tenant.url);
    assert.match(page.headers.get("content-type") ?? "", /^text\/html/);
    assert.match(
      page.headers.get("content-security-policy") ?? "",
      /default-src 'self';.*frame-ancestors 'none'/,
    );
    assert.equal(page.headers.get("x-content-type-options"), "nosniff");
    for (const name of ["preact.js", "adaptivecards.js"]) {
      const library = await fetch(`${tenant.url}/vendor/${name}`);
      assert.equal(library.status, 200);
      assert.match(library.headers.get("content-type") ?? "", /^text\/javascript/);
    }
    for (const path of [
      "window/..%2fseed.ts",
      "window/%2e%2e%2fseed.ts",
      "window/none.js",
      "vendor/zod.js",
    ]) {
      assert.equal((await fetch(`${tenant.url}/${path}`)).status, 404, path);
    }
  });

  it("tells every window of messages, places and traces as they come", async () => {
    const feeds: ServerResponse[] = [];
    const admin = createServer((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(
        `event: trace\ndata: {"step":"nonsense"}\n\nevent: trace\ndata: ${JSON.stringify(TRACE)}\n\n`,
      );
      feeds.push(response);
      admin.emit("feed");
    });
    admin.listen(0, "127.0.0.1");
    await once(admin, "listening");
    const connected = once(admin, "feed");
    await start(`http://127.0.0.1:${(admin.address() as AddressInfo).port}/events`);
    const closing = new AbortController();
    const events = listen(closing.signal);
    const next = async () => (await events.next()).value as { event: string; data: unknown };
    try {
      assert.equal((await next()).event, "open");
      await connected;
      // The first may have come before the window was open.
      const again = { ...TRACE, step: "admitted", message: { messageId: "1" } };
      first(feeds).write(`event: trace\ndata: ${JSON.stringify(again)}\n\n`);
      let heard = await next();
      if (JSON.stringify(heard.data) === JSON.stringify(TRACE)) heard = await next();
      assert.deepEqual(heard, { event: "trace", data: again });
      assert.deepEqual((await readState()).traces, [TRACE, again]);

      const said = tenant.say({ person: "Priya Raman", conversation: "Lunch crew", text: "Pizza?" });
      assert.deepEqual(await next(), { event: "message", data: said });
      tenant.addChannel("Facilities", "Building B", "private");
      const { event, data } = await next();
      assert.equal(event, "state");
      assert.equal((data as WindowState).teams[1]?.channels.at(-1)?.name, "Building B");
    } finally {
      closing.abort();
      admin.close();
      admin.closeAllConnections();
    }
  });

  it("does not start on a port that is taken, and leaves nothing behind", async () => {
    await start();
    await assert.rejects(
      startEmulatedTenant({
        ...{ edges: createEdges(SILENT_LOG), port: tenant.port, botUrl: bot.url },
        ...{ tracesUrl: `${bot.url}/events`, rscPermissions: [] },
      }),
      { code: "address-unavailable" },
    );
  });

  it("survives a malformed Host header and target", async () => {
    await start();
    const { port } = tenant;
    for (const head of [
      "GET / HTTP/1.1\r\nHost: a b",
      "GET http://[/x HTTP/1.1\r\nHost: a",
      "GET /%E0%A4%A HTTP/1.1\r\nHost: a",
    ]) {
      const socket = connect(port, "127.0.0.1");
      socket.end(`${head}\r\nConnection: close\r\n\r\n`);
      const [data] = (await once(socket, "data")) as [Buffer];
      assert.match(data.toString(), /^HTTP\/1\.1 400/);
    }
    assert.equal((await fetch(tenant.url)).status, 200);
  });
});
