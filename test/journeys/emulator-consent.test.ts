/** What is decided over the bot's head: consents and grants that come and go, and an app that is updated. */
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
  ...["ChannelMessage.Read.Group", "TeamsAppInstallation.Read.Group"],
  ...["ChatMessage.Read.Chat", "TeamsAppInstallation.Read.Chat"],
];

interface Activity {
  readonly type: string;
  readonly action?: string;
  readonly channelData?: { readonly team?: { readonly aadGroupId: string } };
  readonly conversation: { readonly id: string };
}

describe("emulated tenant: consent", () => {
  let bot: FakeBot;
  let tenant: EmulatedTenant;
  let graph: Caller;

  async function start(options: Partial<EmulatedTenantOptions> = {}): Promise<void> {
    bot = await startFakeBot();
    tenant = await startEmulatedTenant({
      ...{ edges: createEdges(SILENT_LOG), port: 0, botUrl: bot.url, tracesUrl: null, rscPermissions: RSC },
      ...{ graphLimits: false, withSecondOrganisation: true },
      ...options,
    });
    await tenant.install("Help Desk");
    await tenant.install("Lunch crew");
    graph = await openGraph(tenant, placesOf(tenant).contoso.id);
  }
  afterEach(async () => {
    await tenant.close();
    await bot.close();
  });

  const listGrants = async (path: string) => {
    const { status, json } = await graph("GET", `${path}/permissionGrants`);
    assert.equal(status, 200);
    return (json.value as { permission: string }[]).map(({ permission }) => permission);
  };
  const inTeam = () => `/teams/${placesOf(tenant).team("Help Desk").id}`;
  const inChat = () => `/chats/${placesOf(tenant).chat("Lunch crew").id}`;
  const listActivities = () =>
    tenant.deliveries.filter(({ sender }) => sender === "bot-framework").map(({ body }) => body as Activity);

  it("updates the app in one place: grants anew what the manifest asks for, and tells the bot once", async () => {
    await start();
    tenant.withdrawGrant("Help Desk", "ChannelMessage.Read.Group");
    assert.deepEqual(await listGrants(inTeam()), ["TeamsAppInstallation.Read.Group"]);
    const before = listActivities().length;
    await tenant.upgrade("Help Desk");
    assert.deepEqual(await listGrants(inTeam()), RSC.slice(0, 2));
    const told = listActivities().slice(before);
    assert.deepEqual(
      told.map(({ type, action, channelData }) => [type, action, channelData?.team?.aadGroupId]),
      [["installationUpdate", "add-upgrade", placesOf(tenant).team("Help Desk").id]],
    );
    assert.equal(bot.heard.at(-1)?.json.action, "add-upgrade", "it was waited for");
  });

  it("grants what a new manifest asks for there, and nowhere else", async () => {
    await start();
    const more = [...RSC, "TeamSettings.Read.Group", "ChatSettings.Read.Chat"];
    const path = inTeam();
    assert.equal((await graph("GET", path)).status, 403);
    await tenant.upgrade("Help Desk", more);
    const { status, json } = await graph("GET", path);
    assert.deepEqual([status, json.id, json.displayName], [200, path.slice("/teams/".length), "Help Desk"]);
    assert.deepEqual(await listGrants(inChat()), RSC.slice(2));
    await tenant.upgrade("Lunch crew", more);
    assert.deepEqual(await listGrants(inChat()), [...RSC.slice(2), "ChatSettings.Read.Chat"]);
    assert.equal(listActivities().at(-1)?.conversation.id, placesOf(tenant).chat("Lunch crew").id);
  });

  it("refuses what concerns a place without the app, or an organisation that is not there", async () => {
    await start();
    assert.throws(() => tenant.withdrawGrant("Facilities", RSC[0]!), { status: 404 });
    assert.throws(() => tenant.restoreGrant("Facilities", RSC[0]!), { status: 404 });
    await assert.rejects(tenant.upgrade("Facilities"), { status: 404 });
    assert.throws(() => tenant.withdrawGrant("Nowhere", RSC[0]!), { status: 404 });
    assert.throws(() => tenant.withdrawConsent("Nobody", "Chat.Read.All"), { status: 404 });
  });

  it("keeps each organisation's consents to itself", async () => {
    await start({ consentedAppRoles: [] });
    const [contoso, fabrikam] = tenant.organisations;
    tenant.consent("Fabrikam", "ChannelMessage.Read.All");
    const channelOf = (organisation: typeof contoso) => {
      const { id, channels } = organisation!.teams.find(({ name }) => name !== "Help Desk")!;
      return `/teams/${id}/channels/${channels[0]!.id}/messages`;
    };
    const read = async (organisation: typeof contoso) =>
      (await (await openGraph(tenant, organisation!.id))("GET", channelOf(organisation))).status;
    assert.deepEqual([await read(contoso), await read(fabrikam)], [403, 200]);
    tenant.consent(contoso!.id, "ChannelMessage.Read.All");
    tenant.withdrawConsent("Fabrikam", "ChannelMessage.Read.All");
    assert.equal(await read(contoso), 200);
    // Without consent and without the app, Fabrikam does not even know it.
    assert.equal(await read(fabrikam), 401);
  });

  it("answers grants by a role as well, and takes no query option", async () => {
    await start({ rscPermissions: [], consentedAppRoles: ["TeamsAppInstallation.ReadForTeam.All"] });
    assert.deepEqual(await listGrants(inTeam()), []);
    assert.equal((await graph("GET", `${inChat()}/permissionGrants`)).status, 403);
    const refused = await graph("GET", `${inTeam()}/permissionGrants?$filter=permission eq 'x'`);
    assert.equal(refused.status, 400);
  });
});
