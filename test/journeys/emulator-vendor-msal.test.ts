import assert from "node:assert/strict";
import {
  ClientAuthError,
  ConfidentialClientApplication,
  ServerError,
  type INetworkModule,
  type NetworkRequestOptions,
  type NetworkResponse,
} from "@azure/msal-node";
import { createRemoteJWKSet, jwtVerify } from "jose";
import sinon from "sinon";
import { call } from "./emulator-fake-bot.ts";
import { CONNECTOR_SCOPE, GRAPH_SCOPE, setVendorStage, type VendorStage } from "./emulator-vendor-stage.ts";

const UNKNOWN_TENANT = "00000000-0000-4000-8000-00000000000f";

/** What MSAL's user sees of a refusal: its own class, and Entra's words in it. */
interface Refusal {
  readonly type: typeof ServerError | typeof ClientAuthError;
  readonly code: string;
  readonly number?: number;
  readonly status?: number;
}

async function refuses(
  app: ConfidentialClientApplication,
  scope: string,
  { type, code, number, status }: Refusal,
): Promise<void> {
  await assert.rejects(app.acquireTokenByClientCredential({ scopes: [scope] }), (error: unknown) => {
    assert.ok(error instanceof type, String(error));
    assert.equal(error.errorCode, code);
    if (number === undefined || !(error instanceof ServerError)) return true;
    assert.equal(Number(error.errorNo), number);
    assert.equal(error.status, status);
    assert.match(error.errorMessage, new RegExp(`AADSTS${number}: `));
    return true;
  });
}

const server = (status: number, code: string, number: number): Refusal => ({
  ...{ type: ServerError, status, code, number },
});

describe("emulated tenant: MSAL as it is", () => {
  let stage: VendorStage;
  let contosoId: string;
  let homeId: string;

  beforeEach(async () => {
    stage = await setVendorStage();
    contosoId = stage.tenant.organisations[0]!.id;
    homeId = stage.tenant.bot.homeTenantId;
  });
  afterEach(async () => {
    sinon.restore();
    await stage.strike();
  });

  /** Says by whom the token was not refused: by the service that it is for. */
  const tryAtGraph = async (token: string) =>
    (await call(`${stage.tenant.url}/v1.0/subscriptions`, "GET", token)).status;

  it("finds the endpoints by discovery and brings a token that Graph takes", async () => {
    const result = await stage
      .createMsal(contosoId)
      .acquireTokenByClientCredential({ scopes: [GRAPH_SCOPE] });
    assert.ok(result);
    assert.equal(result.fromCache, false);
    assert.equal(result.tokenType, "Bearer");
    assert.deepEqual(result.scopes, [GRAPH_SCOPE]);
    assert.equal(await tryAtGraph(result.accessToken), 200);

    const metadata = await call(
      `${stage.tenant.url}/${contosoId}/v2.0/.well-known/openid-configuration`,
      "GET",
      "",
    );
    const { payload } = await jwtVerify(
      result.accessToken,
      createRemoteJWKSet(new URL(String(metadata.json.jwks_uri))),
      { audience: "https://graph.microsoft.com", issuer: `https://sts.windows.net/${contosoId}/` },
    );
    const aheadS = result.expiresOn!.getTime() / 1_000 - payload.exp!;
    assert.ok(Math.abs(aheadS) <= 1, "MSAL counts from when it asked, and rounds");
  });

  it("gives a token for the connector at the bot's home alone, and Graph does not take it", async () => {
    const home = stage.createMsal(homeId);
    const result = await home.acquireTokenByClientCredential({ scopes: [CONNECTOR_SCOPE] });
    assert.equal(await tryAtGraph(result!.accessToken), 401);
    await refuses(stage.createMsal(contosoId), CONNECTOR_SCOPE, server(400, "invalid_resource", 500011));
  });

  it("refuses a wrong secret, an unknown scope and two resources at once, in Entra's words", async () => {
    const wrong = stage.createMsal(contosoId, { secret: "not-the-secret" });
    await refuses(wrong, GRAPH_SCOPE, server(401, "invalid_client", 7000215));
    const right = stage.createMsal(contosoId);
    for (const scope of ["https://graph.microsoft.com/User.Read", "https://vault.example/.default"]) {
      await refuses(right, scope, server(400, "invalid_scope", 1002012));
    }
    await assert.rejects(
      right.acquireTokenByClientCredential({ scopes: [GRAPH_SCOPE, CONNECTOR_SCOPE] }),
      ServerError,
    );
    assert.ok(await right.acquireTokenByClientCredential({ scopes: [GRAPH_SCOPE] }), "the twin");
  });

  it("knows no other tenant, by discovery or without", async () => {
    await refuses(stage.createMsal(UNKNOWN_TENANT), GRAPH_SCOPE, {
      type: ClientAuthError,
      code: "endpoints_resolution_error",
    });
    // For the public cloud MSAL has the endpoints built in and asks for the token at once.
    const publicCloud = (tenantId: string) =>
      new ConfidentialClientApplication({
        auth: {
          ...{ clientId: stage.tenant.bot.id, clientSecret: stage.tenant.settings.BOT_PASSWORD ?? "" },
          authority: `https://login.microsoftonline.com/${tenantId}`,
        },
        system: { networkClient: createWayTo(stage.tenant.url) },
      });
    await refuses(publicCloud(UNKNOWN_TENANT), GRAPH_SCOPE, server(400, "invalid_request", 90002));
    assert.ok(
      await publicCloud(contosoId).acquireTokenByClientCredential({ scopes: [GRAPH_SCOPE] }),
      "the twin",
    );
  });

  it("is known in a directory once it was consented to or installed", async () => {
    await stage.strike();
    stage = await setVendorStage({ consentedAppRoles: [] });
    const app = stage.createMsal(contosoId);
    await refuses(app, GRAPH_SCOPE, server(400, "unauthorized_client", 700016));
    await stage.tenant.installEverywhere();
    assert.ok(await app.acquireTokenByClientCredential({ scopes: [GRAPH_SCOPE] }));
  });

  it("keeps a token in its cache until five minutes before its end, and Graph ends it in its time", async () => {
    const app = stage.createMsal(contosoId);
    const acquire = async () => {
      const result = await app.acquireTokenByClientCredential({ scopes: [GRAPH_SCOPE] });
      assert.ok(result);
      return result;
    };
    const startMs = Date.now();
    const clock = sinon.useFakeTimers({ now: startMs, toFake: ["Date"] });
    const first = await acquire();
    assert.ok(Math.abs(first.expiresOn!.getTime() - startMs - 3_600_000) < 5_000, "it lives for an hour");
    clock.setSystemTime(startMs + 54 * 60_000);
    const kept = await acquire();
    assert.deepEqual([kept.fromCache, kept.accessToken === first.accessToken], [true, true]);
    clock.setSystemTime(startMs + 56 * 60_000);
    const second = await acquire();
    assert.deepEqual([second.fromCache, second.accessToken === first.accessToken], [false, false]);
    assert.equal(await tryAtGraph(first.accessToken), 200, "the old one is good to its end");
    clock.setSystemTime(startMs + 66 * 60_000);
    assert.equal(await tryAtGraph(first.accessToken), 401, "and five minutes of skew beyond, not longer");
    assert.equal(await tryAtGraph(second.accessToken), 200);
    const fresh = await app.acquireTokenByClientCredential({ scopes: [GRAPH_SCOPE], skipCache: true });
    assert.equal(fresh?.fromCache, false);
  });
});

/** The way to the public cloud's login, led to the tenant instead. */
function createWayTo(url: string): INetworkModule {
  const send = async <T>(
    method: string,
    official: string,
    { headers = {}, body }: NetworkRequestOptions = {},
  ): Promise<NetworkResponse<T>> => {
    const { pathname, search } = new URL(official);
    const init = { method, headers, ...(body === undefined ? {} : { body }) };
    const response = await fetch(`${url}${pathname}${search}`, init);
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: (await response.json()) as T,
    };
  };
  return {
    sendGetRequestAsync: (official, options) => send("GET", official, options),
    sendPostRequestAsync: (official, options) => send("POST", official, options),
  };
}
