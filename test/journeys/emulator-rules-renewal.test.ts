/** What of a subscription can be changed, and what not: each rule with what breaks it and with what just keeps it. */
import assert from "node:assert/strict";
import { createEdges } from "../../src/edges.ts";
import { createCertificate } from "./emulator-certificate.ts";
import { requestToken, call, SILENT_LOG } from "./emulator-fake-bot.ts";
import { startSubscriber, type Subscriber } from "./emulator-subscriber.ts";

const START_MS = Date.UTC(2026, 10, 20, 12);
const MINUTE_MS = 60_000;
const READ = "ChannelMessage.Read.Group";

describe("emulated tenant: Graph's rules for a renewal", () => {
  let s: Subscriber;
  let nowMs = START_MS;
  let path: string;
  let other: { readonly encryptionCertificate: string; readonly encryptionCertificateId: string };
  before(async () => {
    other = { encryptionCertificate: (await createCertificate()).base64, encryptionCertificateId: "other" };
    s = await startSubscriber({
      edges: { ...createEdges(SILENT_LOG), now: () => nowMs },
      ...{
        consentedAppRoles: [],
        rscPermissions: [READ, "ChannelSettings.Read.Group"],
        withSecondOrganisation: true,
      },
    });
    await s.tenant.install("Help Desk");
  });
  after(() => s.close());
  beforeEach(async () => {
    nowMs = START_MS;
    for (const { id } of s.tenant.subscriptions()) await s.tenant.removeSubscription(id, { isSilent: true });
    const { team, channel } = s.places;
    const resource = `/teams/${team("Help Desk").id}/channels/${channel("Help Desk", "Outages").id}/messages`;
    const { status, json } = await s.subscribe(resource, { expirationDateTime: inMinutes(50) });
    assert.equal(status, 201);
    path = `v1.0/subscriptions/${String(json.id)}`;
  });

  const inMinutes = (minutes: number) => new Date(nowMs + minutes * MINUTE_MS).toISOString();
  const read = () => s.tenant.subscriptions()[0];

  const rows: [
    rule: string,
    refused: () => Record<string, unknown>,
    says: RegExp,
    accepted: () => Record<string, unknown>,
  ][] = [
    [
      "something is changed",
      () => ({}),
      /must contain either/,
      () => ({ expirationDateTime: inMinutes(60) }),
    ],
    [
      "not its secret",
      () => ({ clientState: "other" }),
      /Only these can be updated: expirationDateTime, notificationUrl/,
      () => ({ expirationDateTime: inMinutes(60), "@odata.type": "#microsoft.graph.subscription" }),
    ],
    [
      "not what it listens to",
      () => ({ resource: "/teams/getAllMessages", expirationDateTime: inMinutes(60) }),
      /Only these can be updated/,
      () => ({ expirationDateTime: inMinutes(60) }),
    ],
    [
      "not which changes",
      () => ({ changeType: "created" }),
      /Only these can be updated/,
      () => ({ notificationUrl: `${s.bot.url}/elsewhere` }),
    ],
    [
      "not the lifecycle URL",
      () => ({ lifecycleNotificationUrl: `${s.bot.url}/api/lifecycle` }),
      /Only these can be updated/,
      () => ({ notificationUrl: `${s.bot.url}/api/lifecycle` }),
    ],
    [
      "not whether there is content",
      () => ({ includeResourceData: false }),
      /Only these can be updated/,
      () => ({ ...other }),
    ],
    [
      "an expiry in the future",
      () => ({ expirationDateTime: inMinutes(0) }),
      /in the future/,
      () => ({ expirationDateTime: inMinutes(1) }),
    ],
    [
      "an expiry in 4,320 minutes at most",
      () => ({ expirationDateTime: inMinutes(4_321) }),
      /4320 minutes/,
      () => ({ expirationDateTime: inMinutes(4_320) }),
    ],
    [
      "a URL that is https, or of this machine",
      () => ({ notificationUrl: "http://bot.example/" }),
      /https URL/,
      () => ({ notificationUrl: `${s.bot.url}/?route=7` }),
    ],
    [
      "a certificate with its name",
      () => ({ encryptionCertificate: other.encryptionCertificate }),
      /encryptionCertificateId/,
      () => ({ ...other }),
    ],
    [
      "a name with its certificate",
      () => ({ encryptionCertificateId: "other", expirationDateTime: inMinutes(60) }),
      /encryptionCertificate/,
      () => ({ ...other, expirationDateTime: inMinutes(60) }),
    ],
    [
      "a certificate that is one",
      () => ({ ...other, encryptionCertificate: "aGVsbG8=" }),
      /X.509/,
      () => ({ ...other, encryptionCertificateId: "x".repeat(128) }),
    ],
  ];
  for (const [rule, refused, says, accepted] of rows) {
    it(rule, async () => {
      const before = read();
      const { status, json } = await s.graph("PATCH", path, refused());
      const { code, message } = json.error as { code: string; message: string };
      assert.deepEqual([status, code], [400, "InvalidRequest"], message);
      assert.match(message, says);
      assert.deepEqual(read(), before, "nothing of it was done");
      const answer = await s.graph("PATCH", path, accepted());
      assert.equal(answer.status, 200, JSON.stringify(answer.json));
      assert.deepEqual({ ...read(), "@odata.context": answer.json["@odata.context"] }, answer.json);
    });
  }

  it("raises less than 45 minutes to 45 from now", async () => {
    nowMs += 10 * MINUTE_MS;
    const { json } = await s.graph("PATCH", path, { expirationDateTime: inMinutes(44) });
    assert.equal(json.expirationDateTime, inMinutes(45));
    const more = await s.graph("PATCH", path, { expirationDateTime: inMinutes(46) });
    assert.equal(more.json.expirationDateTime, inMinutes(46));
  });

  it("leaves the expiry where another URL alone was wanted, and gives no secret back", async () => {
    const { expirationDateTime } = read()!;
    nowMs += MINUTE_MS;
    const answer = await s.graph("PATCH", path, { notificationUrl: `${s.bot.url}/elsewhere` });
    assert.equal(answer.json.expirationDateTime, expirationDateTime);
    assert.deepEqual([answer.json.clientState, answer.json.encryptionCertificate], [null, null]);
  });

  /** A renewal with another URL, held in the handshake until `meanwhile` is done. */
  const renewWhile = async (meanwhile: () => Promise<unknown>) => {
    const { handshake } = s.bot;
    const [asked, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    s.bot.handshake = (...given) => {
      asked.resolve();
      void done.promise.then(() => handshake(...given));
    };
    try {
      const renewing = s.graph("PATCH", path, { notificationUrl: `${s.bot.url}/elsewhere` });
      await asked.promise;
      await meanwhile();
      done.resolve();
      return await renewing;
    } finally {
      s.bot.handshake = handshake;
    }
  };

  it("keeps what another renewal changed in the meantime", async () => {
    const expirationDateTime = inMinutes(100);
    const { status, json } = await renewWhile(async () => {
      assert.equal((await s.graph("PATCH", path, { expirationDateTime, ...other })).status, 200);
    });
    assert.equal(status, 200);
    assert.deepEqual(
      [json.notificationUrl, json.expirationDateTime, json.encryptionCertificateId],
      [`${s.bot.url}/elsewhere`, expirationDateTime, "other"],
    );
    assert.deepEqual({ ...read(), "@odata.context": json["@odata.context"] }, json);
  });

  it("finds nothing to renew where it was ended in the meantime", async () => {
    const { status } = await renewWhile(async () => {
      assert.equal((await s.graph("DELETE", path)).status, 204);
    });
    assert.deepEqual([status, read()], [404, undefined]);
  });

  it("seals with the other certificate from then on", async () => {
    assert.equal((await s.graph("PATCH", path, { ...other })).status, 200);
    const message = s.tenant.say({ person: "Priya Raman", conversation: "Outages", text: "hello" });
    const { team, channel } = s.places;
    const { item } = await s.take(
      "created",
      `teams('${team("Help Desk").id}')/channels('${channel("Help Desk", "Outages").id}')/messages('${message.id}')`,
    );
    assert.equal(item.encryptedContent?.encryptionCertificateId, "other");
  });

  it("takes it of who may still listen there, of nobody else, and not when it is over", async () => {
    const renew = () => s.graph("PATCH", path, { expirationDateTime: inMinutes(50) });
    s.tenant.withdrawGrant("Help Desk", READ);
    const refused = await renew();
    assert.equal(refused.status, 403);
    assert.match(
      JSON.stringify(refused.json),
      /Resource specific consent grants on the request 'ChannelSettings.Read.Group'/,
    );
    s.tenant.restoreGrant("Help Desk", READ);
    assert.equal((await renew()).status, 200);
    s.tenant.consent("Fabrikam", "ChannelMessage.Read.All");
    const elsewhere = await requestToken(s.tenant, s.tenant.organisations[1]!.id);
    const foreign = await call(`${s.tenant.url}/${path}`, "PATCH", String(elsewhere.json.access_token), {
      expirationDateTime: inMinutes(50),
    });
    assert.equal(foreign.status, 404);
    nowMs += 50 * MINUTE_MS - 1;
    assert.equal((await s.graph("PATCH", path, { notificationUrl: `${s.bot.url}/elsewhere` })).status, 200);
    nowMs += 1;
    assert.equal((await renew()).status, 404);
  });
});
