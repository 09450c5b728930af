import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { parseConfig } from "../../src/config.ts";
import { EarshotError } from "../../src/errors.ts";
import { createAppTokens } from "../../src/identity/app-tokens.ts";
import { failOnLeaks } from "./leak-watch.ts";
import { createQuietEdges } from "./quiet-edges.ts";

const HOME = "aaaaaaaa-1111-4111-8111-111111111111";
const CUSTOMER = "bbbbbbbb-2222-4222-8222-222222222222";
const SECRET = "the-very~secret.value";
const REFUSAL =
  "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret " +
  "value, not the client secret ID, for a secret added to app 'b0b0'. Trace ID: t1 Correlation ID: c1 Timestamp: now";

interface Asked {
  readonly path: string;
  readonly form: Record<string, string>;
}

describe("app tokens from Entra", () => {
  failOnLeaks();
  let server: Server;
  let login: string;
  let asked: Asked[];
  let answer: { status: number; body: unknown };
  let botId: string;
  let bots = 0;

  beforeEach(async () => {
    // Caches of MSAL's are kept by client: another one each time.
    botId = `b0b0b0b0-1111-4111-8111-${String(++bots).padStart(12, "0")}`;
    asked = [];
    answer = { status: 200, body: null };
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
        asked.push({ path: request.url ?? "", form });
        const token = { token_type: "Bearer", expires_in: 3600, access_token: `token-${asked.length}` };
        response.writeHead(answer.status, { "content-type": "application/json" });
        response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body ?? token));
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    login = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  const stop = async () => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  };
  afterEach(stop);

  const create = (change: Record<string, string> = {}, edges = createQuietEdges()) => {
    const config = parseConfig({
      ...{ BOT_ID: botId, BOT_PASSWORD: SECRET, BOT_TENANT_ID: HOME, LOGIN_ENDPOINT: login },
      ...{ TEAMS_APP_ID: CUSTOMER, BOT_ENDPOINT: "https://bot.example.com" },
      ...change,
    });
    return createAppTokens({ config, edges });
  };
  const paths = () => asked.map(({ path }) => path.replace(/\?.*/, ""));

  it("are asked for Graph in the tenant whose messages are read", async () => {
    const { value, expiresAt } = await create().readGraphToken(CUSTOMER);
    assert.equal(value, "token-1");
    assert.ok(expiresAt > Date.now() + 3_000_000 && expiresAt <= Date.now() + 3_601_000);
    assert.deepEqual(paths(), [`/${CUSTOMER}/oauth2/v2.0/token`]);
    const { grant_type, client_id, client_secret, scope } = asked[0]!.form;
    assert.deepEqual([grant_type, client_id, client_secret], ["client_credentials", botId, SECRET]);
    assert.match(scope ?? "", /^https:\/\/graph\.microsoft\.com\/\.default\b/);
  });

  it("are asked for the connector in the bot's home", async () => {
    await create().readConnectorToken();
    assert.deepEqual(paths(), [`/${HOME}/oauth2/v2.0/token`]);
    assert.match(asked[0]?.form.scope ?? "", /^https:\/\/api\.botframework\.com\/\.default\b/);
  });

  it("are asked for the connector of a MultiTenant bot at botframework.com", async () => {
    await create({ BOT_TYPE: "MultiTenant" }).readConnectorToken();
    assert.deepEqual(paths(), ["/botframework.com/oauth2/v2.0/token"]);
  });

  it("are asked for another cloud's Graph there", async () => {
    await create({ CLOUD: "gcch" }).readGraphToken(CUSTOMER);
    assert.deepEqual(paths(), [`/${CUSTOMER}/oauth2/v2.0/token`]);
    assert.match(asked[0]?.form.scope ?? "", /^https:\/\/graph\.microsoft\.us\/\.default\b/);
  });

  it("are asked for anew where a young one is wanted, once for all who want it", async () => {
    let now = 1_000_000;
    const tokens = create({}, createQuietEdges({ now: () => now }));
    const young = async () => (await tokens.readGraphToken(CUSTOMER, { mostAgeMs: 60_000 })).value;
    const any = async () => (await tokens.readGraphToken(CUSTOMER)).value;
    assert.equal(await any(), "token-1");
    now += 60_000;
    assert.deepEqual([await young(), await any()], ["token-1", "token-1"]);
    now += 1;
    assert.deepEqual(await Promise.all([young(), young(), young()]), ["token-2", "token-2", "token-2"]);
    assert.deepEqual([await young(), await any()], ["token-2", "token-2"]);
    tokens.forgetGraphToken(HOME);
    assert.equal(await young(), "token-2", "another tenant's");
    assert.equal((await tokens.readGraphToken(HOME, { mostAgeMs: 60_000 })).value, "token-3");
    tokens.forgetGraphToken(CUSTOMER);
    assert.equal(await young(), "token-4");
    assert.equal(asked.length, 4);
  });

  it("are asked for anew, once, where the one that is kept was refused", async () => {
    let now = 1_000_000;
    const tokens = create({}, createQuietEdges({ now: () => now }));
    const read = async () => (await tokens.readGraphToken(CUSTOMER)).value;
    assert.equal(await read(), "token-1");
    tokens.rejectToken("token-1");
    assert.equal(await read(), "token-1", "it is new: another would be refused as well");
    now += 5_000;
    tokens.rejectToken("token-0");
    assert.equal(await read(), "token-1");
    tokens.rejectToken("token-1");
    assert.deepEqual(await Promise.all([read(), read()]), ["token-2", "token-2"]);
    tokens.rejectToken("token-1");
    assert.equal(await read(), "token-2", "that one is not given any more");
    assert.equal(asked.length, 2);
  });

  it("are kept by tenant and audience until they end", async () => {
    const tokens = create();
    const read = async () => [
      (await tokens.readGraphToken(CUSTOMER)).value,
      (await tokens.readGraphToken(HOME)).value,
      (await tokens.readConnectorToken()).value,
    ];
    const first = await read();
    assert.equal(new Set(first).size, 3);
    assert.deepEqual(await read(), first);
    assert.equal(asked.length, 3);
  });

  it("are asked for again when they have ended", async () => {
    answer.body = { token_type: "Bearer", expires_in: 1, access_token: "short" };
    const tokens = create();
    await tokens.readGraphToken(CUSTOMER);
    await tokens.readGraphToken(CUSTOMER);
    assert.equal(asked.length, 2);
  });

  describe("that Entra refuses", () => {
    for (const [title, status, body] of [
      [
        "a wrong secret",
        401,
        { error: "invalid_client", error_description: REFUSAL, error_codes: [7000215] },
      ],
      ["a tenant without consent", 400, { error: "unauthorized_client", error_description: REFUSAL }],
    ] as const) {
      it(`throw token-refused in Entra's own words and without the secret (${title}), and come when all is well`, async () => {
        const tokens = create();
        answer = { status, body };
        await assert.rejects(tokens.readGraphToken(CUSTOMER), (error) => {
          assert.ok(error instanceof EarshotError);
          assert.deepEqual([error.code, error.disposition], ["token-refused", "retry"]);
          assert.match(
            error.message,
            new RegExp(`graph\\.microsoft\\.com in tenant ${CUSTOMER}.*AADSTS7000215`),
          );
          assert.doesNotMatch(error.message, /Trace ID/);
          assert.ok(!inspect(error, { depth: 10, showHidden: true }).includes(SECRET));
          return true;
        });
        answer = { status: 200, body: null };
        assert.ok((await tokens.readGraphToken(CUSTOMER)).value.startsWith("token-"));
      });
    }
  });

  describe("that cannot be had for now", () => {
    const isUnavailable = (error: unknown) => {
      assert.ok(error instanceof EarshotError);
      assert.deepEqual([error.code, error.disposition], ["token-unavailable", "retry"]);
      assert.ok(!inspect(error, { depth: 10, showHidden: true }).includes(SECRET));
      return true;
    };
    for (const [title, status, body] of [
      ["a page of a gateway", 502, "<html>Bad gateway</html>"],
      ["an answer without a token", 200, {}],
      ["trouble in Entra", 503, { error: "temporarily_unavailable", error_description: "later" }],
    ] as const) {
      it(`throw token-unavailable (${title})`, async () => {
        answer = { status, body };
        await assert.rejects(create().readConnectorToken(), isUnavailable);
      });
    }
    it("throw token-unavailable where nobody listens", async () => {
      const tokens = create();
      await stop();
      await assert.rejects(tokens.readConnectorToken(), isUnavailable);
    });
  });

  describe("of a managed identity", () => {
    const NAMES = [
      "IDENTITY_ENDPOINT",
      "IDENTITY_HEADER",
      "MSI_ENDPOINT",
      "IMDS_ENDPOINT",
      "AZURE_POD_IDENTITY_AUTHORITY_HOST",
    ];
    const kept = NAMES.map((name) => [name, process.env[name]] as const);
    const targets: string[] = [];
    /** The machine's own address for tokens, brought here. */
    const edges = createQuietEdges({
      fetch: (input, init) => {
        const url = new URL(input instanceof Request ? input.url : input);
        targets.push(url.host);
        return fetch(`${login}${url.pathname}${url.search}`, init);
      },
    });
    before(() => {
      for (const name of NAMES) delete process.env[name];
    });
    after(() => {
      for (const [name, value] of kept) if (value !== undefined) process.env[name] = value;
    });
    beforeEach(() => {
      targets.length = 0;
      answer.body = {
        token_type: "Bearer",
        expires_in: 3600,
        expires_on: String(Math.floor(Date.now() / 1000) + 3600),
        access_token: "machine",
      };
    });
    const createManaged = () => create({ BOT_TYPE: "UserAssignedMSI", BOT_PASSWORD: "" }, edges);

    it("come from the machine, by the identity's client id", async () => {
      assert.equal((await createManaged().readConnectorToken()).value, "machine");
      assert.deepEqual(targets, ["169.254.169.254"]);
      const query = new URL(asked[0]!.path, login).searchParams;
      assert.equal(query.get("client_id"), botId);
      assert.match(query.get("resource") ?? "", /^https:\/\/api\.botframework\.com\/?$/);
    });

    it("serve Graph at home, and are refused elsewhere without asking", async () => {
      const tokens = createManaged();
      assert.equal((await tokens.readGraphToken(HOME)).value, "machine");
      await assert.rejects(tokens.readGraphToken(CUSTOMER), {
        code: "token-refused",
        message: /no token for another tenant.*SingleTenant/,
      });
      assert.equal(asked.length, 1);
    });
  });
});
