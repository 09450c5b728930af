/** What Graph limits, refuses and takes back; and what it tells of what has changed. */
import assert from "node:assert/strict";
import { createEdges } from "../../src/edges.ts";
import {
  startEmulatedTenant,
  type EmulatedTenant,
  type EmulatedTenantOptions,
} from "../../src/emulator/emulated-tenant.ts";
import {
  openGraph,
  placesOf,
  SILENT_LOG,
  startFakeBot,
  type Caller,
  type FakeBot,
} from "./emulator-fake-bot.ts";

const RSC = [
  ...["ChannelMessage.Read.Group", "ChannelSettings.Read.Group", "ChatMessage.Read.Chat"],
  ...["TeamsAppInstallation.Read.Group", "TeamsAppInstallation.Read.Chat"],
];
const MIRA = "Mira Lindqvist";

interface Message {
  readonly id: string;
  readonly deletedDateTime: string | null;
  readonly replies?: readonly Message[];
}

describe("emulated tenant: Graph's limits", () => {
  let bot: FakeBot;
  let tenant: EmulatedTenant;
  let graph: Caller;
  let now: number;
  const start = async (options: Partial<EmulatedTenantOptions> = {}) => {
    now = Date.now();
    bot = await startFakeBot();
    tenant = await startEmulatedTenant({
      edges: { ...createEdges(SILENT_LOG), now: () => now },
      ...{ port: 0, botUrl: bot.url, tracesUrl: null, rscPermissions: RSC },
      ...options,
    });
    await tenant.installEverywhere();
    graph = await openGraph(tenant, placesOf(tenant).contoso.id);
  };
  afterEach(async () => {
    await tenant.close();
    await bot.close();
  });
  const messagesOf = (channel: string) => {
    const { team, channel: find } = placesOf(tenant);
    return `/teams/${team("Help Desk").id}/channels/${find("Help Desk", channel).id}/messages`;
  };
  const subscribe = (resource: string) =>
    graph("POST", "/subscriptions", {
      ...{ changeType: "created", resource, notificationUrl: `${bot.url}/api/notifications` },
      expirationDateTime: new Date(now + 50 * 60_000).toISOString(),
    });
  const statusesOf = async (times: number, path: string) => {
    const statuses: number[] = [];
    for (let index = 0; index < times; index += 1) statuses.push((await graph("GET", path)).status);
    return statuses;
  };

  it("lets a channel be read once a second, and says when to come back", async () => {
    await start();
    const path = messagesOf("Outages");
    assert.deepEqual(await statusesOf(1, path), [200]);
    const refused = await graph("GET", `${path}/delta`);
    assert.equal(refused.status, 429);
    assert.equal(refused.retryAfter, "1");
    assert.equal((refused.json.error as { code: string }).code, "TooManyRequests");
    assert.deepEqual(await statusesOf(1, messagesOf("General")), [200], "another channel");
    now += 1_000;
    assert.deepEqual(await statusesOf(1, path), [200]);
  });

  it("lets subscriptions be listed 25 times in 20 seconds", async () => {
    await start();
    assert.deepEqual(new Set(await statusesOf(25, "/subscriptions")), new Set([200]));
    const refused = await graph("GET", "/subscriptions");
    assert.deepEqual([refused.status, refused.retryAfter], [429, "20"]);
    now += 20_000;
    assert.deepEqual(await statusesOf(1, "/subscriptions"), [200]);
  });

  it("counts nothing at all where a test wants no limits", async () => {
    await start({ graphLimits: false });
    assert.deepEqual(new Set(await statusesOf(30, "/subscriptions")), new Set([200]));
  });

  it("has room for so many subscriptions in an organisation", async () => {
    await start({ subscriptionQuota: 2, consentedAppRoles: ["Chat.Read.All"] });
    const [first, second] = [await subscribe(messagesOf("Outages")), await subscribe(messagesOf("General"))];
    assert.deepEqual([first.status, second.status], [201, 201]);
    const refused = await subscribe("/chats/getAllMessages");
    assert.equal(refused.status, 403);
    assert.match(JSON.stringify(refused.json), /maximum number of subscriptions/);
    await graph("DELETE", `/subscriptions/${String(first.json.id)}`);
    assert.equal((await subscribe("/chats/getAllMessages")).status, 201);
  });

  it("takes and gives consents: a token keeps what stood when it was issued", async () => {
    await start({ consentedAppRoles: [], graphLimits: false });
    const ask = () => subscribe("/chats/getAllMessages");
    assert.equal((await ask()).status, 403);
    tenant.consent("Contoso", "Chat.Read.All");
    assert.equal((await ask()).status, 403, "the token is an old one");
    graph = await openGraph(tenant, placesOf(tenant).contoso.id);
    assert.equal((await ask()).status, 201);
    const told = () => tenant.deliveries.filter(({ sender }) => sender === "graph").length;
    tenant.say({ person: MIRA, conversation: "Lunch crew", text: "One." });
    assert.equal(told(), 1);
    tenant.withdrawConsent("Contoso", "Chat.Read.All");
    tenant.say({ person: MIRA, conversation: "Lunch crew", text: "Two." });
    assert.equal(told(), 1, "what is not consented to any more is not told");
    assert.throws(() => tenant.consent("Nobody", "Chat.Read.All"), /no organisation "Nobody"/);
  });

  it("lists what was granted in a team and in a chat, as long as that may be read", async () => {
    await start({ graphLimits: false });
    const { team, chat } = placesOf(tenant);
    const [inTeam, inChat] = [`/teams/${team("Help Desk").id}`, `/chats/${chat("Lunch crew").id}`];
    const list = async (place: string) => {
      const { status, json } = await graph("GET", `${place}/permissionGrants`);
      return status === 200
        ? (json.value as { permission: string }[]).map(({ permission }) => permission)
        : status;
    };
    assert.deepEqual(
      await list(inTeam),
      RSC.filter((name) => name.endsWith(".Group")),
    );
    assert.deepEqual(
      await list(inChat),
      RSC.filter((name) => name.endsWith(".Chat")),
    );
    tenant.withdrawGrant("Help Desk", "ChannelMessage.Read.Group");
    assert.deepEqual(await list(inTeam), ["ChannelSettings.Read.Group", "TeamsAppInstallation.Read.Group"]);
    assert.equal((await graph("GET", messagesOf("Outages"))).status, 403);
    tenant.restoreGrant("Help Desk", "ChannelMessage.Read.Group");
    assert.equal((await graph("GET", messagesOf("Outages"))).status, 200);
    tenant.withdrawGrant("Help Desk", "TeamsAppInstallation.Read.Group");
    assert.equal(await list(inTeam), 403);
    assert.equal(await list("/teams/00000000-0000-4000-8000-000000000000"), 404);
  });

  describe("delta", () => {
    beforeEach(() => start({ graphLimits: false }));
    const follow = async (link: string) => {
      const { status, json } = await graph("GET", link.replace(`${tenant.url}/v1.0`, ""));
      const value = (json.value ?? []) as Message[];
      return {
        status,
        ids: value.map(({ id, replies = [] }) => [id, ...replies.map((reply) => reply.id)]),
        value,
        next: json["@odata.nextLink"] as string | undefined,
        delta: json["@odata.deltaLink"] as string | undefined,
      };
    };
    const say = (text: string, inThreadOf?: string) =>
      tenant.say({ person: MIRA, conversation: "Outages", text, ...(inThreadOf ? { inThreadOf } : {}) });

    it("tells what has changed since an instant, and with its link what has changed since then", async () => {
      const since = new Date(now).toISOString();
      now += 1_000;
      const [one, two] = [say("One."), say("Two.")];
      const reply = say("A reply.", one.id);
      now += 1_000;
      const path = `${messagesOf("Outages")}/delta?$expand=replies&$filter=lastModifiedDateTime gt ${since}`;
      const first = await follow(path);
      assert.deepEqual([first.ids, first.next], [[[one.id, reply.id], [two.id]], undefined]);
      assert.deepEqual((await follow(first.delta!)).ids, []);
      now += 1_000;
      const later = say("Another reply.", two.id);
      tenant.remove(reply);
      now += 1_000;
      const second = await follow(first.delta!);
      assert.deepEqual(second.ids, [
        [one.id, reply.id],
        [two.id, later.id],
      ]);
      assert.ok(second.value[0]?.replies?.[0]?.deletedDateTime, "what was taken back is told as that");
    });

    it("goes page by page, and leaves out nothing that is said meanwhile", async () => {
      const since = new Date(now).toISOString();
      now += 1_000;
      const said = Array.from({ length: 5 }, (_, index) => say(`Line ${index}.`).id);
      now += 1_000;
      const path = `${messagesOf("Outages")}/delta?$top=2&$filter=lastModifiedDateTime gt ${since}`;
      let page = await follow(path);
      const read = [...page.ids];
      const meanwhile = say("Meanwhile.").id;
      now += 1_000;
      while (page.next) {
        page = await follow(page.next);
        read.push(...page.ids);
      }
      read.push(...(await follow(page.delta!)).ids);
      assert.deepEqual(read.flat(), [...said, meanwhile]);
    });

    it("refuses a token that it does not know, and a query that it does not take", async () => {
      const path = `${messagesOf("Outages")}/delta`;
      for (const [query, status] of [
        ["$deltatoken=nonsense", 410],
        [`$deltatoken=${Buffer.from("1 0 0").toString("base64url")}`, 410],
        ["$top=51", 400],
        ["$filter=createdDateTime gt 2026-01-01T00:00:00Z", 400],
        ["$orderby=createdDateTime", 400],
        ["$select=id", 501],
        ["$top=50", 200],
      ] as const) {
        assert.equal((await graph("GET", `${path}?${query}`)).status, status, query);
      }
    });
  });
});
