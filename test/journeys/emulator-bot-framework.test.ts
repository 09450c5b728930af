import assert from "node:assert/strict";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { createEdges } from "../../src/edges.ts";
import {
  startEmulatedTenant,
  type EmulatedTenant,
  type EmulatedTenantOptions,
} from "../../src/emulator/emulated-tenant.ts";
import { placesOf, SILENT_LOG, startFakeBot, type FakeBot, type Heard } from "./emulator-fake-bot.ts";

const RSC = ["ChannelMessage.Read.Group", "ChatMessage.Read.Chat"];

interface Activity {
  type: string;
  id: string;
  action?: string;
  text?: string;
  timestamp: string;
  localTimestamp: string;
  serviceUrl: string;
  conversation: Record<string, unknown> & { id: string };
  from: Record<string, string>;
  recipient: Record<string, string>;
  entities?: { type: string; mentioned?: { id: string } }[];
  membersAdded?: { id: string }[];
  channelData: {
    tenant: { id: string };
    team?: { id: string; aadGroupId?: string };
    channel?: { id: string; type?: string };
    eventType?: string;
  };
}

describe("emulated tenant: what Bot Framework delivers", () => {
  let bot: FakeBot;
  let tenant: EmulatedTenant;
  let places: ReturnType<typeof placesOf>;

  async function start(options: Partial<EmulatedTenantOptions> = {}): Promise<void> {
    bot = await startFakeBot();
    tenant = await startEmulatedTenant({
      ...{ edges: createEdges(SILENT_LOG), port: 0, botUrl: bot.url, tracesUrl: null, rscPermissions: RSC },
      ...options,
    });
    places = placesOf(tenant);
  }
  afterEach(async () => {
    await tenant.close();
    await bot.close();
  });

  const read = ({ json }: Heard) => json as unknown as Activity;
  const take = async (type: string, fits: (activity: Activity) => boolean = () => true) =>
    read(await bot.take((one) => one.path === "/api/messages" && one.json.type === type && fits(read(one))));
  const sentTexts = () =>
    tenant.deliveries.map(({ body }) => (body as Activity).text).filter((text) => text !== undefined);
  const mention = () => ({ mention: tenant.bot });

  it("tells of the installation in a team, with the group behind it", async () => {
    await start();
    await tenant.install("Help Desk");
    const installed = await take("installationUpdate");
    assert.equal(installed.action, "add");
    assert.match(installed.id, /^f:/);
    const generalId = places.channel("Help Desk", "General").id;
    assert.equal(installed.conversation.id, generalId);
    assert.deepEqual(installed.channelData.team, {
      aadGroupId: places.team("Help Desk").id,
      id: generalId,
      name: "Help Desk",
    });
    const added = await take("conversationUpdate");
    assert.equal(added.channelData.eventType, "teamMemberAdded");
    assert.deepEqual(added.membersAdded, [{ id: `28:${tenant.bot.id}` }]);
    await tenant.install("Help Desk");
    assert.equal(bot.heard.length, 2, "a second installation is none");
  });

  it("delivers un-mentioned messages where consent was given, as Teams shapes them", async () => {
    await start();
    await tenant.install("Help Desk");
    const root = tenant.say({ person: "Mira Lindqvist", conversation: "Outages", text: "Mail <b> & co" });
    const heard = await bot.take(({ json }) => json.id === root.id);
    const activity = read(heard);
    const channelId = places.channel("Help Desk", "Outages").id;
    assert.equal(activity.conversation.id, `${channelId};messageid=${root.id}`);
    assert.equal(activity.conversation.conversationType, "channel");
    assert.equal(activity.text, "Mail <b> & co");
    assert.equal(activity.channelData.tenant.id, places.contoso.id);
    assert.equal(activity.channelData.team?.aadGroupId, undefined, "a message does not name the group");
    assert.equal(activity.from.aadObjectId, root.sender.id);
    assert.match(activity.from.id ?? "", /^29:/);
    assert.equal(activity.recipient.id, `28:${tenant.bot.id}`);
    assert.equal(activity.serviceUrl, `${tenant.url}/amer/${places.contoso.id}/`);
    const keys = createRemoteJWKSet(new URL(`${tenant.url}/v1/.well-known/keys`));
    const { payload } = await jwtVerify(heard.authorization.replace("Bearer ", ""), keys, {
      issuer: "https://api.botframework.com",
      audience: tenant.bot.id,
    });
    assert.equal(payload.serviceurl, activity.serviceUrl);

    const reply = tenant.say({
      ...{ person: "Tomás Herrera", conversation: "Outages", inThreadOf: root },
      parts: [mention(), { text: " help" }],
    });
    const answered = await take("message", ({ id }) => id === reply.id);
    assert.equal(answered.conversation.id, `${channelId};messageid=${root.id}`);
    assert.equal(answered.text, "<at>Earshot</at> help");
    const mentioned = answered.entities
      ?.filter(({ type }) => type === "mention")
      .map((one) => one.mentioned?.id);
    assert.deepEqual(mentioned, [`28:${tenant.bot.id}`]);
  });

  it("delivers chats by their ids, personal ones by another", async () => {
    await start();
    await tenant.installEverywhere();
    tenant.say({ person: "Priya Raman", conversation: "Lunch crew", text: "in the group" });
    const group = await take("message", ({ text }) => text === "in the group");
    assert.equal(group.conversation.id, places.chat("Lunch crew").id);
    assert.equal(group.conversation.conversationType, "groupChat");
    const said = tenant.say({ person: "Priya Raman", conversation: "personal", text: "between us" });
    const personal = await take("message", ({ text }) => text === "between us");
    assert.equal(personal.conversation.conversationType, "personal");
    assert.match(personal.conversation.id, /^a:/);
    assert.notEqual(personal.conversation.id, said.conversationId);
  });

  const table: { place: string; withConsent: boolean; mentioned: boolean; isHeard: boolean }[] = [
    { place: "Outages", withConsent: false, mentioned: false, isHeard: false },
    { place: "Outages", withConsent: false, mentioned: true, isHeard: true },
    { place: "Outages", withConsent: true, mentioned: false, isHeard: true },
    { place: "Vendors", withConsent: true, mentioned: false, isHeard: false },
    { place: "Vendors", withConsent: true, mentioned: true, isHeard: true },
    { place: "Leads", withConsent: true, mentioned: true, isHeard: false },
    { place: "Lunch crew", withConsent: false, mentioned: false, isHeard: false },
    { place: "Lunch crew", withConsent: true, mentioned: false, isHeard: true },
    { place: "Weekly stand-up", withConsent: true, mentioned: false, isHeard: true },
    { place: "personal", withConsent: false, mentioned: false, isHeard: true },
  ];
  for (const { place, withConsent, mentioned, isHeard } of table) {
    const what = `${mentioned ? "a mention" : "a remark"} in ${place} ${withConsent ? "with" : "without"} consent`;
    it(`${isHeard ? "delivers" : "keeps back"} ${what}`, async () => {
      await start({ rscPermissions: withConsent ? RSC : [] });
      await tenant.installEverywhere();
      const person = ["Leads"].includes(place) ? "Mira Lindqvist" : "Priya Raman";
      const parts = mentioned ? [mention(), { text: " one" }] : [{ text: "one" }];
      tenant.say({ person, conversation: place, parts });
      // What is going to be posted stands in the log at once.
      assert.equal(sentTexts().length, isHeard ? 1 : 0);
      if (isHeard) await take("message");
    });
  }

  it("tells of edits and deletions by the message's own id, and of no text that is gone", async () => {
    await start();
    await tenant.installEverywhere();
    for (const conversation of ["Lunch crew", "Outages"]) {
      const message = tenant.say({ person: "Priya Raman", conversation, text: "one" });
      const said = await take("message", ({ id }) => id === message.id);
      tenant.edit(message, { text: "two" });
      const edited = await take("messageUpdate", ({ id }) => id === message.id);
      assert.deepEqual([edited.text, edited.channelData.eventType], ["two", "editMessage"]);
      tenant.remove(message);
      const removed = await take("messageDelete", ({ id }) => id === message.id);
      assert.equal(removed.channelData.eventType, "softDeleteMessage");
      assert.deepEqual(
        ["text", "attachments", "entities"].filter((name) => name in removed),
        [],
      );
      // The thread that the message stands in is named by each.
      for (const later of [edited, removed]) {
        assert.deepEqual(
          [later.conversation, later.from, later.recipient],
          [said.conversation, said.from, said.recipient],
        );
        assert.ok(Date.parse(later.timestamp) >= Date.parse(said.timestamp));
        assert.ok(Math.abs(Date.parse(later.localTimestamp) - Date.parse(later.timestamp)) < 1_000);
      }
    }
  });

  it("tells of a new channel, and of nothing after it was removed", async () => {
    await start();
    await tenant.install("Help Desk");
    const channel = tenant.addChannel("Help Desk", "Printers");
    const created = await take(
      "conversationUpdate",
      ({ channelData }) => channelData.eventType === "channelCreated",
    );
    assert.deepEqual(created.channelData.channel, { id: channel.id, name: "Printers", type: "standard" });
    await tenant.uninstall("Help Desk");
    const removed = await take("installationUpdate", ({ action }) => action === "remove");
    assert.equal(removed.channelData.team?.aadGroupId, places.team("Help Desk").id);
    tenant.say({ person: "Priya Raman", conversation: "Printers", parts: [mention()] });
    tenant.addChannel("Help Desk", "Unheard");
    assert.deepEqual(sentTexts(), []);
    assert.equal(tenant.deliveries.length, bot.heard.length);
  });

  it("tries again while the bot fails, and gives up when it is refused", async () => {
    await start();
    bot.answerNext("/api/messages", 503, 503, 401);
    await tenant.install("Lunch crew");
    const states = tenant.deliveries.map(({ state }) => state).toSorted();
    assert.deepEqual(states, ["delivered", "gave-up"]);
    const statuses = tenant.deliveries.flatMap(({ attempts }) => attempts.map(({ status }) => status));
    assert.deepEqual(statuses.toSorted(), [202, 401, 503, 503]);
  });
});
