import assert from "node:assert/strict";
import { createRemoteJWKSet, decodeJwt, jwtVerify } from "jose";
import { createEdges } from "../../src/edges.ts";
import { startEmulatedTenant, type EmulatedTenant } from "../../src/emulator/emulated-tenant.ts";
import {
  call,
  first,
  requestToken,
  SILENT_LOG,
  startFakeBot,
  type FakeBot,
} from "../journeys/emulator-fake-bot.ts";

const CONNECTOR_SCOPE = "https://api.botframework.com/.default";

describe("emulated tenant: Entra and Bot Framework login", () => {
  let bot: FakeBot;
  let tenant: EmulatedTenant;
  let customerId: string;

  async function start(consentedAppRoles?: readonly string[]): Promise<void> {
    bot = await startFakeBot();
    tenant = await startEmulatedTenant({
      ...{ edges: createEdges(SILENT_LOG), port: 0, botUrl: bot.url, tracesUrl: null },
      rscPermissions: ["ChannelMessage.Read.Group"],
      ...(consentedAppRoles ? { consentedAppRoles } : {}),
    });
    customerId = first(tenant.organisations).id;
  }
  afterEach(async () => {
    await tenant.close();
    await bot.close();
  });

  it("issues a Graph token for a customer, with the roles consented to and a mark of grants", async () => {
    await start();
    const bare = await requestToken(tenant, customerId);
    assert.deepEqual(decodeJwt(String(bare.json.access_token)).roles, [
      "Chat.Read.WhereInstalled",
      "AppCatalog.Read.All",
    ]);
    await tenant.install("Help Desk");
    const { status, json } = await requestToken(tenant, customerId);
    assert.equal(status, 200);
    assert.equal(json.token_type, "Bearer");
    const keys = createRemoteJWKSet(new URL(`${tenant.url}/${customerId}/discovery/v2.0/keys`));
    const { payload } = await jwtVerify(String(json.access_token), keys, {
      issuer: `https://sts.windows.net/${customerId}/`,
      audience: "https://graph.microsoft.com",
    });
    assert.equal(payload.appid, tenant.settings.BOT_ID);
    assert.equal(payload.tid, customerId);
    assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 3600);
    assert.ok((payload.roles as string[]).includes("Group.Selected"));
  });

  it("issues a connector token in the bot's home and nowhere else", async () => {
    await start();
    const home = await requestToken(tenant, tenant.bot.homeTenantId, { scope: CONNECTOR_SCOPE });
    assert.equal(decodeJwt(String(home.json.access_token)).aud, "https://api.botframework.com");
    const customer = await requestToken(tenant, customerId, { scope: CONNECTOR_SCOPE });
    assert.equal(customer.status, 400);
    assert.deepEqual(customer.json.error_codes, [500011]);
  });

  it("does not know the app in a tenant without consent, until it is installed there", async () => {
    await start([]);
    const before = await requestToken(tenant, customerId);
    assert.deepEqual(before.json.error_codes, [700016]);
    await tenant.install("Facilities");
    const after = await requestToken(tenant, customerId);
    assert.deepEqual(decodeJwt(String(after.json.access_token)).roles, ["Group.Selected"]);
  });

  it("refuses what is wrong, by Entra's words", async () => {
    await start();
    const wrong: [Record<string, string>, number, string, number][] = [
      [{ client_secret: "guess" }, 401, "invalid_client", 7000215],
      [{ client_id: "another" }, 400, "unauthorized_client", 700016],
      [{ grant_type: "password" }, 400, "unsupported_grant_type", 70003],
      [{ scope: "https://graph.microsoft.com/User.Read" }, 400, "invalid_scope", 1002012],
      [{ scope: "" }, 400, "invalid_request", 900144],
    ];
    for (const [change, status, error, number] of wrong) {
      const answer = await requestToken(tenant, customerId, change);
      assert.equal(answer.status, status, error);
      assert.equal(answer.json.error, error);
      assert.deepEqual(answer.json.error_codes, [number]);
    }
    for (const name of ["11111111-2222-4333-8444-555555555555", "common"]) {
      const answer = await requestToken(tenant, name);
      assert.deepEqual([answer.status, answer.json.error_codes], [400, [90002]]);
    }
  });

  it("publishes metadata under official names that leads back here", async () => {
    await start();
    const read = async (path: string) => (await call(`${tenant.url}${path}`, "GET", "")).json;
    const v2 = await read(`/${customerId}/v2.0/.well-known/openid-configuration`);
    assert.equal(v2.issuer, `https://login.microsoftonline.com/${customerId}/v2.0`);
    assert.equal(v2.jwks_uri, `${tenant.url}/${customerId}/discovery/v2.0/keys`);
    assert.equal(v2.token_endpoint, `${tenant.url}/${customerId}/oauth2/v2.0/token`);
    const v1 = await read("/common/.well-known/openid-configuration");
    assert.equal(v1.issuer, "https://sts.windows.net/{tenantid}/");
    assert.equal(v1.jwks_uri, `${tenant.url}/common/discovery/keys`);
    const login = await read("/v1/.well-known/openidconfiguration");
    assert.equal(login.issuer, "https://api.botframework.com");
    const keys = (await call(String(login.jwks_uri), "GET", "")).json.keys as Record<string, unknown>[];
    assert.deepEqual(first(keys).endorsements, ["msteams"]);
    assert.equal("d" in first(keys), false);
  });
});
