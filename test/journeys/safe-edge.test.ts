/** What anybody on the internet may send: a clean answer, and the process lives and listens on. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { sendRaw } from "./raw-request.ts";
import { readReplies, setStage, type Stage } from "./stage.ts";

const MIRA = "Mira Lindqvist";
const ROUTES = ["/api/messages", "/api/notifications", "/api/lifecycle"];

describe("the safe edge", () => {
  let stage: Stage;
  let port: number;

  before(async () => {
    stage = await setStage();
    await stage.waitForSubscriptions(5);
    port = stage.service().port;
  });
  after(() => stage.strike());
  afterEach(async () => {
    const { status } = await fetch(`${stage.botUrl}/healthz`);
    assert.equal(status, 200, "the process no longer serves");
  });

  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(stage.botUrl + path, {
      method: "POST",
      body,
      headers: { "content-type": "application/json", ...headers },
    });

  const lines = (...head: string[]) => [...head, "", ""].join("\r\n");
  const malformed: [what: string, request: string][] = [
    ["a blank in Host", lines("GET /healthz HTTP/1.1", "Host: a b")],
    ["an open bracket in Host", lines("GET /healthz HTTP/1.1", "Host: [")],
    ["a stray percent in Host", lines("GET /healthz HTTP/1.1", "Host: %")],
    ["a port too large in Host", lines("GET /healthz HTTP/1.1", "Host: a:99999")],
    ["a broken absolute target", lines("GET http://[/x HTTP/1.1", "Host: a")],
    ["a target that is no path", lines("GET :/ HTTP/1.1", "Host: a")],
    ["no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"],
    ["an invalid header name", lines("GET /healthz HTTP/1.1", "Host: a", "b@d: 1")],
    [
      "two different lengths",
      lines("POST /api/messages HTTP/1.1", "Host: a", "Content-Length: 1", "Content-Length: 2"),
    ],
    [
      "length and chunks at once",
      lines("POST /api/messages HTTP/1.1", "Host: a", "Content-Length: 1", "Transfer-Encoding: chunked"),
    ],
  ];
  for (const [what, request] of malformed) {
    it(`answers ${what} with a refusal and no more, on either listener`, async () => {
      for (const to of [port, stage.service().adminPort]) {
        const { status, body } = await sendRaw(to, request);
        assert.ok(status >= 400 && status < 500, `answered ${status}`);
        assert.equal(body, "");
      }
      assert.equal((await fetch(`${stage.adminUrl}/readyz`)).status, 200);
    });
  }

  for (const [what, request] of [
    ["an empty Host", lines("GET /readyz HTTP/1.1", "Host:")],
    ["no Host, as HTTP/1.0 allows", lines("GET /readyz HTTP/1.0")],
    ["an absolute target and an empty Host", lines("GET http://a/readyz HTTP/1.1", "Host:")],
    ["a Host that is no name", lines("GET /readyz HTTP/1.1", "Host: ..")],
  ] as const) {
    it(`lives through ${what}, on either listener`, async () => {
      assert.ok([400, 404].includes((await sendRaw(port, request)).status));
      assert.equal((await sendRaw(stage.service().adminPort, request)).status, 400);
      assert.equal((await fetch(`${stage.adminUrl}/readyz`)).status, 200);
    });
  }

  it("serves a well-formed request on the same kind of socket", async () => {
    const { status, head, body } = await sendRaw(port, lines("GET /healthz HTTP/1.1", "Host: a"));
    assert.deepEqual([status, body], [200, ""]);
    assert.doesNotMatch(head, /restify|node|express/i);
  });

  for (const path of ROUTES) {
    it(`refuses what is not a JSON object: ${path}`, async () => {
      for (const body of [
        "",
        "{",
        "[",
        "nonsense",
        "null",
        "1",
        '"text"',
        "[]",
        '{"value":1}',
        '{"value":"x"}',
        "\ufeff{}",
      ]) {
        const answer = await post(path, body);
        assert.deepEqual([answer.status, await answer.text()], [400, ""], body);
      }
    });

    it(`refuses a body that is too large, whether it says so or not: ${path}`, async () => {
      const declared = lines(`POST ${path} HTTP/1.1`, "Host: a", "Content-Length: 99999999");
      assert.equal((await sendRaw(port, declared)).status, 413);
      const head = lines(`POST ${path} HTTP/1.1`, "Host: a", "Transfer-Encoding: chunked");
      const chunk = Buffer.from(`100000\r\n${" ".repeat(0x100000)}\r\n`);
      const { status } = await sendRaw(port, head, ...Array.from({ length: 18 }, () => chunk));
      assert.equal(status, 413);
    });

    it(`refuses a compressed body: ${path}`, async () => {
      assert.equal((await post(path, "{}", { "content-encoding": "gzip" })).status, 415);
    });

    it(`lives through JSON nested deeper than any stack: ${path}`, async () => {
      const deep = `${'{"value":['.repeat(20_000)}${"]}".repeat(20_000)}`;
      assert.equal((await post(path, deep)).status, 413);
    });

    it(`refuses what would cost far more to parse than it weighs: ${path}`, async () => {
      for (const body of [
        "[".repeat(900_000),
        `[${"[],".repeat(300_000)}[]]`,
        `[${"1,".repeat(400_000)}1]`,
      ]) {
        assert.equal((await post(path, body)).status, 413, body.slice(0, 10));
      }
      // The twin: as many bytes in one text are no trouble.
      assert.equal((await post(path, JSON.stringify({ value: "[".repeat(900_000) }))).status, 400);
    });

    it(`knows no other method: ${path}`, async () => {
      const answer = await fetch(stage.botUrl + path, { method: "PUT", body: "{}" });
      assert.deepEqual([answer.status, await answer.text()], [405, ""]);
    });
  }

  it("answers an upgrade like any other request, and is not held by its socket when it stops", async () => {
    const upgrade = (path: string) =>
      lines(`GET ${path} HTTP/1.1`, "Host: 127.0.0.1", "Connection: Upgrade", "Upgrade: websocket");
    const other = await setStage({ installEverywhere: false });
    const held = connect(other.service().port, "127.0.0.1");
    try {
      for (const [to, path] of [
        [other.service().port, "/healthz"],
        [other.service().adminPort, "/readyz"],
      ] as const) {
        assert.equal((await sendRaw(to, upgrade(path))).status, 200);
      }
      held.write(upgrade("/healthz"));
      await once(held, "data");
    } finally {
      await other.strike();
      held.destroy();
    }
  });

  it("shows its private pages to nobody who calls them by another name", async () => {
    const ask = (host: string) =>
      sendRaw(stage.service().adminPort, lines("GET /readyz HTTP/1.1", `Host: ${host}`));
    for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80"]) {
      assert.equal((await ask(host)).status, 400, host);
    }
    for (const host of ["127.0.0.1", "localhost:3979", "[::1]:3979"])
      assert.equal((await ask(host)).status, 200, host);
  });

  it("does not take for ever what it has refused", async () => {
    const socket = connect(port, "127.0.0.1");
    const closed = new Promise((resolve) => socket.on("close", resolve));
    socket.on("error", () => undefined);
    socket.write(lines("POST /api/notifications HTTP/1.1", "Host: a", "Content-Length: 999999999999"));
    const [answer] = (await once(socket, "data")) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 413/);
    const chunk = Buffer.alloc(1024 * 1024);
    for (let sent = 0; sent < 200 && !socket.destroyed; sent += 1) {
      if (!socket.write(chunk)) await Promise.race([once(socket, "drain").catch(() => undefined), closed]);
    }
    await closed;
  });

  it("writes no more of a forged batch than its reasons", async () => {
    const batch = { value: Array.from({ length: 1_500 }, () => ({})) };
    const before = stage.traces.length;
    assert.equal((await post("/api/notifications", JSON.stringify(batch))).status, 202);
    assert.deepEqual(
      stage.traces.slice(before).map(({ step, code, count }) => [step, code, count]),
      [["admitted", "shape", 1_500]],
    );
    const tooMany = { value: Array.from({ length: 2_001 }, () => ({})) };
    assert.equal((await post("/api/notifications", JSON.stringify(tooMany))).status, 400);
  });

  it("answers HEAD to a probe of its health", async () => {
    assert.equal((await fetch(`${stage.botUrl}/healthz`, { method: "HEAD" })).status, 200);
  });

  it("answers an unknown route with an empty 404", async () => {
    for (const path of [
      "/",
      "/api",
      "/api/messages/x",
      "/../etc/passwd",
      "/metrics",
      "/events",
      "/readyz",
      "/%00",
    ]) {
      const answer = await fetch(stage.botUrl + path);
      assert.deepEqual([answer.status, await answer.text()], [404, ""], path);
    }
  });

  it("gives up on a body that does not come, and answers", async () => {
    const slow = await setStage({
      edges: { timeout: (ms) => AbortSignal.timeout(ms > 5_000 ? 50 : ms) },
      installEverywhere: false,
    });
    try {
      for (const path of ROUTES) {
        const head = lines(`POST ${path} HTTP/1.1`, "Host: a", "Content-Length: 100");
        assert.equal((await sendRaw(slow.service().port, head, "{")).status, 408);
      }
    } finally {
      await slow.strike();
    }
  });

  it("echoes the validation token as plain text, decoded once", async () => {
    for (const path of ["/api/notifications", "/api/lifecycle"]) {
      for (const token of ["simple", "a b+c%20d&e=f", "<script>alert(1)</script>", "Grüße ✓"]) {
        const answer = await fetch(`${stage.botUrl}${path}?validationToken=${encodeURIComponent(token)}`, {
          method: "POST",
        });
        assert.equal(answer.status, 200);
        assert.match(answer.headers.get("content-type") ?? "", /^text\/plain/);
        assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
        assert.equal(await answer.text(), token);
      }
      const long = await fetch(`${stage.botUrl}${path}?validationToken=${"a".repeat(10_000)}`, {
        method: "POST",
      });
      assert.equal(long.status, 400);
    }
  });

  it("refuses an activity without a token, or with a bad one, with an empty 401", async () => {
    const { deliveries } = stage.tenant;
    const { body } = deliveries.find(({ sender }) => sender === "bot-framework")!;
    for (const authorization of ["", "Bearer", "Bearer x.y.z", "Basic YTpi", `Bearer ${"e".repeat(5_000)}`]) {
      const answer = await post(
        "/api/messages",
        JSON.stringify(body),
        authorization ? { authorization } : {},
      );
      assert.deepEqual([answer.status, await answer.text()], [401, ""], authorization.slice(0, 20));
    }
  });

  it("tells a forger of notifications nothing, stores nothing, and counts why", async () => {
    const { body } = stage.tenant.deliveries.find(({ sender }) => sender === "graph") ?? (await sayAndFind());
    const batch = body as { value: Record<string, unknown>[]; validationTokens: string[] };
    const [item] = batch.value;
    const forgeries: [reason: string, batch: object][] = [
      [
        "unknown-subscription",
        { ...batch, value: [{ ...item, subscriptionId: "5c2a1d0e-0000-4000-8000-000000000000" }] },
      ],
      ["client-state", { ...batch, value: [{ ...item, clientState: "guess" }] }],
      [
        "foreign-tenant",
        { ...batch, value: [{ ...item, tenantId: "5c2a1d0e-0000-4000-8000-000000000000" }] },
      ],
      ["token-missing", { ...batch, validationTokens: [] }],
      ["token-signature", { ...batch, validationTokens: batch.validationTokens.map(breakSignature) }],
      ["shape", { ...batch, value: [{ nonsense: true }] }],
    ];
    for (const [reason, forged] of forgeries) {
      const stored = stage.traces.filter(({ step }) => step === "stored").length;
      const before = stage.traces.filter(({ code }) => code === reason).length;
      const answer = await post("/api/notifications", JSON.stringify(forged));
      assert.deepEqual([answer.status, await answer.text()], [202, ""], reason);
      assert.equal(stage.traces.filter(({ code }) => code === reason).length, before + 1, reason);
      assert.equal(stage.traces.filter(({ step }) => step === "stored").length, stored, reason);
    }
    const metrics = await (await fetch(`${stage.adminUrl}/metrics`)).text();
    for (const [reason] of forgeries)
      assert.match(metrics, new RegExp(`earshot_reasons_total\\{step="admitted",code="${reason}"\\} \\d`));
    // The twin: the same batch, untouched, is taken (as one that is known already).
    const countDuplicates = () => stage.traces.filter(({ result }) => result === "duplicate").length;
    const duplicates = countDuplicates();
    const answer = await post("/api/notifications", JSON.stringify(batch));
    assert.equal(answer.status, 202);
    assert.equal(countDuplicates(), duplicates + 1);
  });

  it("listens on after all of that", async () => {
    const said = stage.tenant.say({ person: MIRA, conversation: "Lunch crew", text: "the oven is down" });
    await stage.waitForOutcome(said);
    assert.equal(readReplies(stage, "Lunch crew").length, 1);
  });

  async function sayAndFind() {
    const said = stage.tenant.say({ person: MIRA, conversation: "Outages", text: "hello" });
    await stage.waitForOutcome(said);
    return stage.tenant.deliveries.find(({ sender }) => sender === "graph")!;
  }
});

function breakSignature(token: string): string {
  const [head, payload, signature = ""] = token.split(".");
  return [head, payload, signature.split("").reverse().join("")].join(".");
}
