/** Keys and tokens of the identity services, changed while a bot runs. */
import assert from "node:assert/strict";
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from "jose";
import { createMovedClock, type MovedClock } from "../clock/moved-clock.ts";
import { createControlClient } from "./emulator-control-client.ts";
import { call, requestToken } from "./emulator-fake-bot.ts";
import { startSubscriber, type Subscriber } from "./emulator-subscriber.ts";
import { setStage, type Stage } from "./stage.ts";

const CHAT = "Lunch crew";
const PRIYA = "Priya Raman";
const HOUR_MS = 60 * 60_000;

describe("emulated tenant: signing keys and tokens", () => {
  let subscriber: Subscriber;

  beforeEach(async () => {
    subscriber = await startSubscriber({ rscPermissions: ["ChatMessage.Read.Chat"] });
    await subscriber.tenant.install(CHAT);
    const { status } = await subscriber.subscribe(
      `/chats/${subscriber.places.chat(CHAT).id}/messages`,
      {},
      "beta/subscriptions",
    );
    assert.equal(status, 201);
  });
  afterEach(() => subscriber.close());

  const readKeySet = async (path: string) =>
    (await call(subscriber.tenant.url + path, "GET", "")).json as unknown as JSONWebKeySet;
  const entraKeys = () => readKeySet("/common/discovery/v2.0/keys");
  const botFrameworkKeys = () => readKeySet("/v1/.well-known/keys");
  const idsOf = ({ keys }: JSONWebKeySet) => keys.map(({ kid }) => kid);
  /** By both ears. */
  const sayAndTakeTokens = async () => {
    const { id } = subscriber.tenant.say({ person: PRIYA, conversation: CHAT, text: "hello" });
    const heard = await subscriber.bot.take(({ json }) => json.id === id);
    const { json } = await subscriber.bot.take(
      ({ path, json: body }) => path === "/api/notifications" && JSON.stringify(body).includes(id),
    );
    const [validation = ""] = json.validationTokens as string[];
    return { validation, activity: heard.authorization.replace("Bearer ", "") };
  };
  const readKeyId = (token: string) => decodeProtectedHeader(token).kid;
  const isBelieved = (token: string, keys: JSONWebKeySet) =>
    jwtVerify(token, createLocalJWKSet(keys), { audience: subscriber.tenant.bot.id }).then(
      () => true,
      () => false,
    );

  it("rotate: the new key is published beside the old one and signs at once, each service for itself", async () => {
    const before = await sayAndTakeTokens();
    const [entra, botFramework] = [await entraKeys(), await botFrameworkKeys()];
    assert.equal(entra.keys.length, 1);
    await subscriber.tenant.rotateSigningKeys("entra");
    const after = await sayAndTakeTokens();
    const rotated = await entraKeys();
    assert.deepEqual(idsOf(rotated).slice(0, 1), idsOf(entra));
    assert.equal(rotated.keys.length, 2);
    assert.equal(readKeyId(after.validation), idsOf(rotated)[1]);
    assert.deepEqual(await botFrameworkKeys(), botFramework);
    assert.equal(readKeyId(after.activity), readKeyId(before.activity));
    assert.deepEqual(
      [await isBelieved(before.validation, rotated), await isBelieved(after.validation, rotated)],
      [true, true],
    );
    assert.equal(await isBelieved(after.validation, entra), false);

    await subscriber.tenant.rotateSigningKeys("botFramework");
    const last = await sayAndTakeTokens();
    assert.equal(readKeyId(last.activity), idsOf(await botFrameworkKeys())[1]);
    assert.deepEqual(
      (await botFrameworkKeys()).keys.map((key) => (key as { endorsements?: unknown }).endorsements),
      [["msteams"], ["msteams"]],
    );
    assert.equal(readKeyId(last.validation), readKeyId(after.validation));
    const { signing } = await createControlClient(subscriber.tenant.url).state();
    assert.deepEqual(signing.keys, { entra: idsOf(rotated), botFramework: idsOf(await botFrameworkKeys()) });
  });

  it("withdraw the old key where that is asked for, and with it what it signed", async () => {
    const tenantId = subscriber.places.contoso.id;
    const { json } = await requestToken(subscriber.tenant, tenantId);
    const ask = async (token: unknown) =>
      (await call(`${subscriber.tenant.url}/v1.0/subscriptions`, "GET", String(token))).status;
    const [old] = idsOf(await entraKeys());
    await subscriber.tenant.rotateSigningKeys("entra");
    assert.equal(await ask(json.access_token), 200);
    await subscriber.tenant.rotateSigningKeys("entra", true);
    const { keys } = await entraKeys();
    assert.equal(keys.length, 1);
    assert.notEqual(keys[0]?.kid, old);
    assert.equal(await ask(json.access_token), 401);
    const fresh = await requestToken(subscriber.tenant, tenantId);
    assert.equal(await ask(fresh.json.access_token), 200);
  });

  it("put notification tokens into the other form from the next batch on", async () => {
    const { tenant, places } = subscriber;
    const readForm = async () => {
      const { ver, iss, azp, appid } = decodeJwt((await sayAndTakeTokens()).validation);
      return { ver, iss, azp, appid };
    };
    const publisher = "0bf30f3b-4a52-48df-9a82-234910c4a086";
    const v1 = { ver: "1.0", iss: `https://sts.windows.net/${places.contoso.id}/`, appid: publisher };
    const v2 = { ver: "2.0", iss: `https://login.microsoftonline.com/${places.contoso.id}/v2.0` };
    assert.deepEqual(await readForm(), { ...v1, azp: undefined });
    tenant.setTokenForm("v2");
    assert.deepEqual(await readForm(), { ...v2, azp: publisher, appid: undefined });
    tenant.setTokenForm("v1");
    assert.deepEqual(await readForm(), { ...v1, azp: undefined });
  });

  it("end every access token that is out, and none that comes after", async () => {
    const tenantId = subscriber.places.contoso.id;
    const ask = async (token: unknown) =>
      (await call(`${subscriber.tenant.url}/v1.0/subscriptions`, "GET", String(token))).status;
    const tokens = await Promise.all([1, 2].map(() => requestToken(subscriber.tenant, tenantId)));
    for (const { json } of tokens) assert.equal(await ask(json.access_token), 200);
    subscriber.tenant.expireTokens();
    for (const { json } of tokens) assert.equal(await ask(json.access_token), 401);
    const fresh = await requestToken(subscriber.tenant, tenantId);
    assert.equal(await ask(fresh.json.access_token), 200);
  });
});

describe("a bot whose identity services change under it", function () {
  this.timeout(120_000);
  let clock: MovedClock;
  let stage: Stage;

  before(async () => {
    clock = createMovedClock(Date.now());
    stage = await setStage({ edges: clock.edges("bot"), tenantEdges: clock.edges("tenant") });
    clock.follow(stage);
    await clock.advance(60_000);
  });
  after(async () => {
    await stage.strike();
    clock.restore();
  });

  /** By both ears, each with its token, and answered. */
  const sayAndHear = async (text: string) => {
    const said = stage.tenant.say({ person: "Mira Lindqvist", conversation: CHAT, text });
    await clock.pass(stage.waitForOutcome(said));
    const ears = stage.traces.filter(
      ({ step, message, change }) =>
        step === "stored" && message?.messageId === said.id && change === undefined,
    );
    assert.deepEqual(new Set(ears.map(({ ear }) => ear)), new Set(["graph", "bot-framework"]));
    return said;
  };
  const listRefused = () => stage.traces.filter(({ result }) => result === "refused");

  for (const [when, ms] of [
    ["just after it read the old ones", 10_000],
    ["hours later", 2 * HOUR_MS],
  ] as const) {
    it(`takes up new signing keys of both, withdrawn ${when}, and misses nothing`, async () => {
      await sayAndHear("the oven is down");
      await clock.advance(ms);
      await stage.tenant.rotateSigningKeys("entra", true);
      await stage.tenant.rotateSigningKeys("botFramework", true);
      await sayAndHear("the kettle is down");
      assert.deepEqual(listRefused(), []);
    });
  }

  it("believes tokens of the other form", async () => {
    stage.tenant.setTokenForm("v2");
    await clock.advance(60_000);
    await sayAndHear("the fridge is down");
    assert.deepEqual(listRefused(), []);
  });

  it("asks for another access token where the connector and Graph refuse the one it has", async () => {
    await clock.advance(2 * 60_000);
    stage.tenant.expireTokens();
    const before = stage.tenant.calls.length;
    const from = clock.now();
    await sayAndHear("the toaster is down");
    const { id } = stage.tenant.addChannel("Help Desk", "Printers");
    await clock.pass(
      stage.waitUntil("a subscription", () =>
        stage.tenant.subscriptions().some(({ resource }) => resource.includes(id)),
      ),
    );
    const calls = stage.tenant.calls.slice(before);
    const refused = calls.filter(({ status }) => status === 401);
    assert.deepEqual(new Set(refused.map(({ area }) => area)), new Set(["connector", "graph"]));
    assert.ok(clock.now() - from < 60_000, "it did not wait for the old ones to end");
  });
});
