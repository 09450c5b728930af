import assert from "node:assert/strict";
import { createRemoteJWKSet, decodeJwt, jwtVerify } from "jose";
import { createEdges } from "../../src/edges.ts";
import { startEmulatedTenant, type EmulatedTenant } from "../../src/emulator/emulated-tenant.ts";
import type { EncryptedContent } from "../../src/wire/change-notification.ts";
import { unseal } from "../parts/emulator-unseal.ts";
import { createCertificate, type SubscriberCertificate } from "./emulator-certificate.ts";
import {
  first,
  openGraph,
  placesOf,
  SILENT_LOG,
  startFakeBot,
  type Caller,
  type FakeBot,
  type Heard,
} from "./emulator-fake-bot.ts";

const RSC = ["ChannelMessage.Read.Group", "ChannelSettings.Read.Group", "ChatMessage.Read.Chat"];
const NOTIFICATIONS = "/api/notifications";

interface Item {
  subscriptionId: string;
  clientState: string;
  changeType?: string;
  lifecycleEvent?: string;
  tenantId: string;
  resource: string;
  resourceData: Record<string, string>;
  encryptedContent: EncryptedContent;
}

describe("emulated tenant: change notifications", () => {
  let bot: FakeBot;
  let tenant: EmulatedTenant;
  let graph: Caller;
  let own: SubscriberCertificate;
  let places: ReturnType<typeof placesOf>;

  beforeEach(async () => {
    own = await createCertificate();
    bot = await startFakeBot();
    tenant = await startEmulatedTenant({
      ...{ edges: createEdges(SILENT_LOG), port: 0, botUrl: bot.url, tracesUrl: null },
      ...{ rscPermissions: RSC, withSecondOrganisation: true },
    });
    places = placesOf(tenant);
    await tenant.installEverywhere();
    graph = await openGraph(tenant, places.contoso.id);
  });
  afterEach(async () => {
    await tenant.close();
    await bot.close();
  });

  function subscribe(resource: string, changeType = "created,updated,deleted", as = graph) {
    return as("POST", "/subscriptions", {
      ...{ changeType, resource, clientState: "secret state" },
      notificationUrl: `${bot.url}${NOTIFICATIONS}`,
      lifecycleNotificationUrl: `${bot.url}/api/lifecycle`,
      expirationDateTime: new Date(Date.now() + 71 * 3_600_000).toISOString(),
      ...{ includeResourceData: true, encryptionCertificate: own.base64, encryptionCertificateId: "own" },
    });
  }

  const outages = () =>
    `/teams/${places.team("Help Desk").id}/channels/${places.channel("Help Desk", "Outages").id}/messages`;

  const items = ({ json }: Heard) => json.value as Item[];
  const takeItem = async (changeType: string, resource: RegExp): Promise<[Item, Heard]> => {
    const heard = await bot.take(
      (one) =>
        one.path === NOTIFICATIONS &&
        items(one).some((item) => item.changeType === changeType && resource.test(item.resource)),
    );
    return [first(items(heard)), heard];
  };

  const open = ({ encryptedContent }: Item) =>
    unseal(encryptedContent, own.privateKey) as Record<string, unknown>;

  it("brings a channel message, sealed, with a token of Graph's publisher", async () => {
    const created = await subscribe(outages());
    assert.equal(created.status, 201);
    assert.deepEqual(bot.handshakes.toSorted(), ["/api/lifecycle", NOTIFICATIONS]);
    const root = tenant.say({ person: "Mira Lindqvist", conversation: "Outages", text: "Mail is down" });
    const [item, heard] = await takeItem("created", /channels/);
    assert.equal(item.subscriptionId, created.json.id);
    assert.equal(item.clientState, "secret state");
    assert.equal(item.tenantId, places.contoso.id);
    assert.equal(item.resource, item.resourceData["@odata.id"]);
    const content = open(item);
    assert.equal(content.id, root.id);
    assert.equal(content.etag, root.id);
    assert.equal(content.chatId, null);
    assert.deepEqual(content.body, { contentType: "text", content: "Mail is down" });
    const keys = createRemoteJWKSet(new URL(`${tenant.url}/common/discovery/v2.0/keys`));
    const { payload } = await jwtVerify(first(heard.json.validationTokens as string[]), keys, {
      audience: tenant.bot.id,
      issuer: `https://sts.windows.net/${places.contoso.id}/`,
    });
    assert.equal(payload.appid, "0bf30f3b-4a52-48df-9a82-234910c4a086");

    const reply = tenant.say({
      ...{ person: "Tomás Herrera", conversation: "Outages", inThreadOf: root },
      parts: [{ mention: tenant.bot }, { text: " look <here>" }],
    });
    const [answer] = await takeItem("created", /replies/);
    assert.ok(answer.resource.endsWith(`/messages('${root.id}')/replies('${reply.id}')`));
    const opened = open(answer) as { replyToId: string; body: { content: string }; mentions: object[] };
    assert.equal(opened.replyToId, root.id);
    assert.equal(opened.body.content, '<p><at id="0">Earshot</at> look &lt;here&gt;</p>');
    assert.equal(opened.mentions.length, 1);
    const fetched = await graph("GET", `/${answer.resource}`);
    assert.equal(fetched.json.id, reply.id);
  });

  it("tells edits, reactions and deletions apart from new messages, each once and with a version of its own", async () => {
    await subscribe(outages());
    const message = tenant.say({ person: "Priya Raman", conversation: "Outages", text: "one" });
    const created = open((await takeItem("created", /./))[0]);
    assert.deepEqual(
      [created.etag, created.lastEditedDateTime, created.deletedDateTime],
      [message.id, null, null],
    );
    tenant.edit(message, { text: "two" });
    const [editItem] = await takeItem("updated", /./);
    const edited = open(editItem);
    assert.deepEqual(edited.body, { contentType: "text", content: "two" });
    assert.equal(edited.lastEditedDateTime, edited.lastModifiedDateTime);
    assert.equal(Date.parse(String(edited.lastEditedDateTime)), Number(edited.etag));
    tenant.react({ person: "Mira Lindqvist", message, type: "like" });
    const reacted = open((await takeItem("updated", /./))[0]);
    assert.equal((reacted.reactions as object[]).length, 1);
    assert.equal(reacted.lastEditedDateTime, edited.lastEditedDateTime);
    assert.notEqual(reacted.lastModifiedDateTime, edited.lastModifiedDateTime);
    tenant.remove(message);
    const [deleteItem] = await takeItem("deleted", /./);
    const deleted = open(deleteItem);
    assert.equal(deleted.deletedDateTime, deleted.lastModifiedDateTime);
    assert.equal(deleted.lastEditedDateTime, edited.lastEditedDateTime);
    assert.deepEqual(
      [
        (deleted.body as { content: string }).content,
        deleted.attachments,
        deleted.mentions,
        deleted.reactions,
      ],
      ["", [], [], []],
    );

    const versions = [created, edited, reacted, deleted].map(({ etag }) => Number(etag));
    assert.deepEqual(
      versions,
      [...new Set(versions)].toSorted((one, other) => one - other),
    );
    assert.deepEqual(
      [editItem.resource, deleteItem.resource],
      Array(2).fill(deleteItem.resourceData["@odata.id"]),
    );
    const changes = bot.heard.filter(({ path }) => path === NOTIFICATIONS).flatMap((heard) => items(heard));
    assert.deepEqual(
      changes.map(({ changeType }) => changeType),
      ["created", "updated", "updated", "deleted"],
    );
  });

  it("tells of a deletion without content where that is asked for, and of all else with it", async () => {
    const bare = await startEmulatedTenant({
      ...{ edges: createEdges(SILENT_LOG), port: 0, botUrl: bot.url, tracesUrl: null },
      ...{ rscPermissions: RSC, deletedForm: "bare" },
    });
    try {
      await bare.install("Help Desk");
      await subscribe(outages(), "created,updated,deleted", await openGraph(bare, places.contoso.id));
      const message = bare.say({ person: "Priya Raman", conversation: "Outages", text: "one" });
      bare.edit(message, { text: "two" });
      for (const changeType of ["created", "updated"]) {
        assert.equal(open((await takeItem(changeType, /./))[0]).id, message.id);
      }
      bare.remove(message);
      const [item] = await takeItem("deleted", /./);
      assert.equal("encryptedContent" in item, false);
      assert.equal(item.resourceData.id, message.id);
    } finally {
      await bare.close();
    }
  });

  it("sends only the changes that were asked for", async () => {
    await subscribe(outages(), "created");
    const message = tenant.say({ person: "Priya Raman", conversation: "Outages", text: "one" });
    tenant.edit(message, { text: "two" });
    tenant.say({ person: "Priya Raman", conversation: "Outages", text: "three" });
    await takeItem("created", /./);
    await takeItem("created", /./);
    const types = bot.heard
      .filter(({ path }) => path === NOTIFICATIONS)
      .map((one) => first(items(one)).changeType);
    assert.deepEqual(types, ["created", "created"]);
  });

  it("covers the app's chats by the catalog's id, of one tenant alone", async () => {
    const { json } = await graph(
      "GET",
      `/appCatalogs/teamsApps?$filter=externalId eq '${tenant.settings.TEAMS_APP_ID}'`,
    );
    const app = first(json.value as { id: string }[]);
    assert.notEqual(app.id, tenant.settings.TEAMS_APP_ID);
    const resource = `appCatalogs/teamsApps/${app.id}/installedToChats/getAllMessages`;
    assert.equal((await subscribe(resource)).status, 201);
    tenant.say({ person: "Owen Price", conversation: "Plant floor", text: "elsewhere" });
    const said = tenant.say({ person: "Priya Raman", conversation: "Lunch crew", text: "Pizza?" });
    const [item] = await takeItem("created", /^chats/);
    assert.equal(item.resource, `chats('${places.chat("Lunch crew").id}')/messages('${said.id}')`);
    assert.equal(open(item).chatId, places.chat("Lunch crew").id);
  });

  it("tries again after a 503, without holding up what comes after", async () => {
    await subscribe(outages());
    bot.answerNext(NOTIFICATIONS, 503, 202, 503, 202);
    const delivered = new Promise<number[]>((resolve) => {
      const stop = tenant.onDelivery(({ state, sender, attempts }) => {
        if (sender !== "graph" || state !== "delivered" || attempts.length < 2) return;
        stop();
        resolve(attempts.map(({ status }) => status ?? 0));
      });
    });
    tenant.say({ person: "Priya Raman", conversation: "Outages", text: "one" });
    await takeItem("created", /./);
    const second = tenant.say({ person: "Priya Raman", conversation: "Outages", text: "two" });
    await takeItem("created", new RegExp(second.id));
    assert.equal(first(await delivered), 503);
  });

  it("issues the newer form of token where that is asked for", async () => {
    const other = await startEmulatedTenant({
      ...{ edges: createEdges(SILENT_LOG), port: 0, botUrl: bot.url, tracesUrl: null },
      ...{ rscPermissions: RSC, validationTokenForm: "v2" },
    });
    try {
      await other.install("Help Desk");
      const inOther = await openGraph(other, places.contoso.id);
      const created = await subscribe(outages(), "created", inOther);
      assert.equal(created.status, 201);
      other.say({ person: "Mira Lindqvist", conversation: "Outages", text: "one" });
      const [, heard] = await takeItem("created", /./);
      const claims = decodeJwt(first(heard.json.validationTokens as string[]));
      assert.equal(claims.iss, `https://login.microsoftonline.com/${places.contoso.id}/v2.0`);
      assert.equal(claims.azp, "0bf30f3b-4a52-48df-9a82-234910c4a086");
      assert.equal(claims.appid, undefined);
    } finally {
      await other.close();
    }
  });

  it("sends a past batch anew", async () => {
    await subscribe(outages());
    tenant.say({ person: "Priya Raman", conversation: "Outages", text: "one" });
    const [before] = await takeItem("created", /./);
    const past = first(tenant.deliveries.filter(({ sender }) => sender === "graph"));
    await tenant.deliverAgain(past.index);
    assert.deepEqual((await takeItem("created", /./))[0], before);
  });

  it("falls silent where the app was removed, and after the subscription was", async () => {
    await subscribe(outages());
    const graphItems = () => tenant.deliveries.filter(({ sender }) => sender === "graph").length;
    await tenant.uninstall("Help Desk");
    tenant.say({ person: "Priya Raman", conversation: "Outages", text: "unheard" });
    assert.equal(graphItems(), 0);
    await tenant.install("Help Desk");
    tenant.say({ person: "Priya Raman", conversation: "Outages", text: "heard" });
    await takeItem("created", /./);
    const subscription = first(tenant.subscriptions());
    await tenant.sendLifecycle(subscription.id, "subscriptionRemoved");
    const told = await bot.take(({ path }) => path === "/api/lifecycle");
    assert.equal(first(items(told)).lifecycleEvent, "subscriptionRemoved");
    tenant.say({ person: "Priya Raman", conversation: "Outages", text: "unheard" });
    assert.equal(graphItems(), 2);
  });
});
