import assert from "node:assert/strict";
import { createEdges } from "../../src/edges.ts";
import {
  startEmulatedTenant,
  type EmulatedTenant,
  type EmulatedTenantOptions,
} from "../../src/emulator/emulated-tenant.ts";
import { createCertificate } from "./emulator-certificate.ts";
import {
  call,
  openGraph,
  placesOf,
  requestToken,
  SILENT_LOG,
  startFakeBot,
  type Answer,
  type Caller,
  type FakeBot,
} from "./emulator-fake-bot.ts";

const RSC = ["ChannelMessage.Read.Group", "ChannelSettings.Read.Group", "ChatMessage.Read.Chat"];

interface Listed {
  readonly id: string;
  readonly from: object;
  readonly body: object;
  readonly attachments: readonly { id: string; contentType: string; content: string }[];
}

describe("emulated tenant: Graph", () => {
  let bot: FakeBot;
  let tenant: EmulatedTenant;
  let places: ReturnType<typeof placesOf>;
  let graph: Caller;
  let nowMs: number;

  async function start(options: Partial<EmulatedTenantOptions> = {}): Promise<void> {
    nowMs = Date.now();
    bot = await startFakeBot();
    tenant = await startEmulatedTenant({
      edges: { ...createEdges(SILENT_LOG), now: () => nowMs },
      ...{ port: 0, botUrl: bot.url, tracesUrl: null, rscPermissions: RSC, withSecondOrganisation: true },
      // Limits have a test of their own.
      graphLimits: false,
      ...options,
    });
    places = placesOf(tenant);
    await tenant.installEverywhere();
    graph = await openGraph(tenant, places.contoso.id);
  }
  afterEach(async () => {
    await tenant.close();
    await bot.close();
  });

  const readFault = ({ json }: Answer) => json.error as { code: string; message: string; innerError: object };
  const messagesOf = (team: string, channel: string) =>
    `/teams/${places.team(team).id}/channels/${places.channel(team, channel).id}/messages`;
  const chatMessages = (name: string) => `/chats/${places.chat(name).id}/messages`;
  const subscribe = (resource: string, change: Record<string, unknown> = {}, as = graph) =>
    as("POST", "/subscriptions", {
      ...{ changeType: "created", resource, notificationUrl: `${bot.url}/api/notifications?route=7` },
      expirationDateTime: new Date(nowMs + 50 * 60_000).toISOString(),
      ...change,
    });

  it("wants a token, of this app, for Graph", async () => {
    await start();
    const scope = "https://api.botframework.com/.default";
    const connector = await requestToken(tenant, tenant.bot.homeTenantId, { scope });
    for (const token of ["", "nonsense", String(connector.json.access_token)]) {
      const answer = await call(`${tenant.url}/v1.0/subscriptions`, "GET", token);
      assert.equal(answer.status, 401);
      assert.equal(readFault(answer).code, "InvalidAuthenticationToken");
      assert.ok("client-request-id" in readFault(answer).innerError);
    }
    nowMs += 2 * 3_600_000;
    assert.equal((await graph("GET", "/subscriptions")).status, 401, "a token lives for an hour");
  });

  it("allows by role or by grant, and names both where neither is there", async () => {
    await start({ rscPermissions: [], consentedAppRoles: ["ChannelMessage.Read.All"] });
    assert.equal((await graph("GET", messagesOf("Help Desk", "Outages"))).status, 200);
    for (const path of [chatMessages("Lunch crew"), `/teams/${places.team("Help Desk").id}/channels`]) {
      const refused = await graph("GET", path);
      assert.equal(refused.status, 403);
      assert.match(readFault(refused).message, /Roles on the request 'ChannelMessage.Read.All'/);
    }
    const catalog = await graph("GET", "/appCatalogs/teamsApps?$filter=externalId eq 'x'");
    assert.equal(catalog.status, 403);
  });

  it("sees the token's tenant and no other", async () => {
    await start();
    const elsewhere = await openGraph(tenant, tenant.organisations.at(-1)?.id ?? "");
    assert.equal((await elsewhere("GET", messagesOf("Help Desk", "Outages"))).status, 404);
    assert.equal((await elsewhere("GET", chatMessages("Lunch crew"))).status, 404);
    const created = await subscribe(messagesOf("Help Desk", "Outages"));
    assert.equal(created.status, 201);
    const path = `/subscriptions/${String(created.json.id)}`;
    assert.equal((await elsewhere("GET", path)).status, 404);
    assert.equal((await elsewhere("DELETE", path)).status, 404);
    assert.deepEqual((await elsewhere("GET", "/subscriptions")).json.value, []);
  });

  it("lists channels, and messages page by page", async () => {
    await start();
    const channels = await graph("GET", `/teams/${places.team("Help Desk").id}/channels`);
    const kinds = (channels.json.value as { membershipType: string }[]).map((one) => one.membershipType);
    assert.deepEqual(kinds, ["standard", "standard", "shared", "private"]);
    const root = tenant.say({ person: "Mira Lindqvist", conversation: "Outages", text: "root" });
    for (const text of ["a", "b", "c"]) {
      tenant.say({ person: "Mira Lindqvist", conversation: "Outages", text, inThreadOf: root });
    }
    const replies = `${messagesOf("Help Desk", "Outages")}/${root.id}/replies`;
    const page = await graph("GET", `${replies}?$top=2`);
    const rest = await graph("GET", String(page.json["@odata.nextLink"]).replace(`${tenant.url}/v1.0`, ""));
    const texts = [page, rest].flatMap(({ json }) => json.value as { body: { content: string } }[]);
    assert.deepEqual(
      texts.map(({ body }) => body.content),
      ["c", "b", "a"],
    );
    assert.equal(rest.json["@odata.nextLink"], undefined);
    const expanded = await graph("GET", `${messagesOf("Help Desk", "Outages")}?$expand=replies`);
    const [newest] = expanded.json.value as { id: string; replies: object[] }[];
    assert.deepEqual([newest?.id, newest?.replies.length], [root.id, 3]);
    assert.equal((await graph("GET", `${replies}?$top=51`)).status, 400);
    assert.equal((await graph("GET", `${messagesOf("Help Desk", "Outages")}/1`)).status, 404);
  });

  it("shows the bot's own replies in a thread and in a chat as Teams keeps them", async () => {
    await start({ sendLimits: false });
    const scope = "https://api.botframework.com/.default";
    const { json } = await requestToken(tenant, tenant.bot.homeTenantId, { scope });
    const card = {
      type: "AdaptiveCard",
      version: "1.5",
      body: [{ type: "TextBlock", text: "Line one\nLine two", wrap: true }],
      actions: [],
    };
    const attachments = [{ contentType: "application/vnd.microsoft.card.adaptive", content: card }];
    const root = tenant.say({ person: "Mira Lindqvist", conversation: "Outages", text: "Mail is down" });
    const question = tenant.say({ person: "Priya Raman", conversation: "Lunch crew", text: "Pizza <b>?" });
    const threads = [
      {
        conversation: `${places.channel("Help Desk", "Outages").id};messageid=${root.id}`,
        path: `${messagesOf("Help Desk", "Outages")}/${root.id}/replies`,
      },
      {
        conversation: places.chat("Lunch crew").id,
        path: `${chatMessages("Lunch crew")}?$top=50&$orderby=createdDateTime desc`,
      },
    ];
    for (const { conversation, path } of threads) {
      const url = `${tenant.url}/amer/${places.contoso.id}/v3/conversations/${encodeURIComponent(conversation)}/activities`;
      const send = (activity: object) =>
        call(url, "POST", String(json.access_token), { type: "message", ...activity });
      const text = await send({ text: "Yes <now> & then\nbye" });
      const shown = await send({ attachments });
      const listed = (await graph("GET", path)).json.value as Listed[];
      const [newest, second] = listed;
      assert.deepEqual([newest?.id, second?.id], [shown.json.id, text.json.id], "newest first");

      assert.deepEqual(second?.from, {
        application: { id: tenant.bot.id, displayName: "Earshot", applicationIdentityType: "bot" },
        ...{ user: null, device: null, conversation: null, tag: null },
      });
      assert.deepEqual(second?.body, {
        contentType: "html",
        content: "<p>Yes &lt;now&gt; &amp; then<br>bye</p>",
      });
      assert.deepEqual(second?.attachments, []);

      const [attachment, ...others] = newest?.attachments ?? [];
      assert.deepEqual(others, []);
      assert.match(attachment?.id ?? "", /^[0-9a-f]{32}$/);
      assert.equal(attachment?.contentType, "application/vnd.microsoft.card.adaptive");
      assert.deepEqual(newest?.body, {
        contentType: "html",
        content: `<attachment id="${attachment?.id}"></attachment>`,
      });
      assert.equal(typeof attachment?.content, "string");
      const content = attachment?.content ?? "";
      assert.deepEqual(JSON.parse(content), card);
      assert.notDeepEqual(Object.keys(JSON.parse(content) as object), Object.keys(card), "another order");
      assert.match(content, /^\{\r\n {2}"/);

      const one = await graph("GET", `${path.split("?")[0]}/${String(shown.json.id)}`);
      const { "@odata.context": context, ...alone } = one.json;
      assert.match(String(context), /\$entity$/);
      assert.deepEqual(alone, newest);
    }
    // What people type stays as it is.
    const asked = await graph("GET", `${chatMessages("Lunch crew")}/${question.id}`);
    assert.deepEqual(asked.json.body, { contentType: "text", content: "Pizza <b>?" });
  });

  it("filters a chat only by what it is ordered by", async () => {
    await start();
    const before = new Date(nowMs).toISOString();
    nowMs += 1000;
    tenant.say({ person: "Priya Raman", conversation: "Lunch crew", text: "new" });
    const filter = `$filter=lastModifiedDateTime gt ${before}`;
    const count = async (query: string) =>
      ((await graph("GET", `${chatMessages("Lunch crew")}?${query}`)).json.value as object[]).length;
    assert.equal(await count(`${filter}&$orderby=lastModifiedDateTime desc`), 1);
    assert.equal(await count(filter), 3, "without an order the filter is ignored");
    assert.equal(await count(`${filter}&$orderby=createdDateTime desc`), 3);
    const ascending = await graph("GET", `${chatMessages("Lunch crew")}?$orderby=createdDateTime asc`);
    assert.equal(ascending.status, 400);
  });

  it("makes a subscription, gives no secret back, and lets it expire", async () => {
    await start();
    const encryptionCertificate = (await createCertificate()).base64;
    const created = await subscribe(messagesOf("Help Desk", "Outages"), {
      ...{
        clientState: "secret",
        includeResourceData: true,
        encryptionCertificate,
        encryptionCertificateId: "one",
      },
      expirationDateTime: new Date(nowMs + 60_000).toISOString(),
    });
    assert.equal(created.status, 201);
    assert.equal(JSON.stringify(created.json).includes("secret"), false);
    assert.equal(JSON.stringify(created.json).includes(encryptionCertificate), false);
    assert.equal(Date.parse(String(created.json.expirationDateTime)), nowMs + 45 * 60_000);
    const twice = await subscribe(messagesOf("Help Desk", "Outages").slice(1));
    assert.equal(twice.status, 409);
    assert.ok(readFault(twice).message.includes(String(created.json.id)));
    const inParentheses = `teams('${places.team("Help Desk").id}')/channels('${places.channel("Help Desk", "Outages").id}')/messages`;
    assert.equal((await subscribe(inParentheses, { changeType: "created,updated,deleted" })).status, 409);
    const path = `/subscriptions/${String(created.json.id)}`;
    const renewed = await graph("PATCH", path, {
      expirationDateTime: new Date(nowMs + 55 * 60_000).toISOString(),
    });
    assert.equal(Date.parse(String(renewed.json.expirationDateTime)), nowMs + 55 * 60_000);
    assert.equal((await graph("PATCH", path, { clientState: "other" })).status, 400);
    nowMs += 54 * 60_000;
    assert.equal((await graph("GET", path)).status, 200);
    nowMs += 60_000;
    assert.equal((await graph("GET", path)).status, 404);
    assert.deepEqual(tenant.subscriptions(), []);
  });

  it("subscribes where it may", async () => {
    await start();
    const { catalogAppId } = places.contoso;
    const table: [string, number, RegExp][] = [
      [messagesOf("Help Desk", "Outages"), 201, /./],
      [messagesOf("Help Desk", "Vendors"), 403, /shared channels/],
      [messagesOf("Help Desk", "Leads"), 403, /private channels/],
      [messagesOf("Help Desk", "Outages").replace(/19:[^/]+/, "19:none@thread.tacv2"), 404, /./],
      [`/appCatalogs/teamsApps/${catalogAppId}/installedToChats/getAllMessages`, 201, /./],
      [`/appCatalogs/teamsApps/${tenant.bot.teamsAppId}/installedToChats/getAllMessages`, 404, /./],
      [chatMessages("Lunch crew"), 403, /Chat.Read.All/],
      ["/chats/getAllMessages", 403, /Chat.Read.All/],
      ["/teams/getAllMembers", 501, /getAllMembers/],
    ];
    for (const [resource, status, message] of table) {
      const answer = await subscribe(resource);
      assert.equal(answer.status, status, resource);
      if (status >= 400) assert.match(readFault(answer).message, message);
    }
    await tenant.uninstall("Facilities");
    assert.equal((await subscribe(messagesOf("Facilities", "General"))).status, 403);
  });

  it("says of anything else that it is not emulated", async () => {
    await start();
    const table: [string, string][] = [
      ["GET", "/users"],
      ["GET", `${messagesOf("Help Desk", "Outages")}/getAllMessages`],
      ["GET", `${messagesOf("Help Desk", "Outages")}?$select=id`],
      ["POST", "/teams"],
    ];
    for (const [method, path] of table) {
      const answer = await graph(method, path, method === "POST" ? {} : undefined);
      assert.deepEqual([answer.status, readFault(answer).code], [501, "NotEmulated"], path);
    }
  });
});
