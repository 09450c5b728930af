/** What Teams tells a bot besides new messages: reactions, people, second thoughts; and whom it tells nothing. */
import assert from "node:assert/strict";
import { createEdges } from "../../src/edges.ts";
import {
  startEmulatedTenant,
  type EmulatedTenant,
  type EmulatedTenantOptions,
} from "../../src/emulator/emulated-tenant.ts";
import type { PostedMessage } from "../../src/emulator/posted-message.ts";
import {
  call,
  first,
  openGraph,
  placesOf,
  requestToken,
  SILENT_LOG,
  startFakeBot,
  type FakeBot,
} from "./emulator-fake-bot.ts";

const RSC = ["ChannelMessage.Read.Group", "ChatMessage.Read.Chat"];
const LIMIT_BYTES = 100 * 1024;

type Body = Record<string, unknown>;

describe("emulated tenant: activities", () => {
  let bot: FakeBot;
  let tenant: EmulatedTenant;
  let places: ReturnType<typeof placesOf>;
  let token: string;

  async function start(options: Partial<EmulatedTenantOptions> = {}): Promise<void> {
    bot = await startFakeBot();
    tenant = await startEmulatedTenant({
      ...{ edges: createEdges(SILENT_LOG), port: 0, botUrl: bot.url, tracesUrl: null, rscPermissions: RSC },
      ...options,
    });
    places = placesOf(tenant);
    const scope = "https://api.botframework.com/.default";
    token = String((await requestToken(tenant, tenant.bot.homeTenantId, { scope })).json.access_token);
  }
  afterEach(async () => {
    await tenant.close();
    await bot.close();
  });

  const person = (name: string) => first(places.contoso.people.filter((one) => one.name === name));
  const talk = (name: string) => places.chat(`${name} and Earshot`);
  const send = (conversationId: string, body: unknown, method = "POST", path = "") =>
    call(
      `${tenant.url}/amer/${places.contoso.id}/v3/conversations/${encodeURIComponent(conversationId)}/activities${path}`,
      ...([method, token, body] as const),
    );
  const codeOf = ({ json }: { json: Body }) => (json.error as { code: string } | undefined)?.code ?? null;
  const hi = { type: "message", text: "hi" };

  /** What stands in the log of deliveries is going to be posted, or was. */
  const told = (from = 0) => tenant.deliveries.slice(from).map(({ body }) => body as Body);
  const since = (act: () => unknown) => {
    const before = tenant.deliveries.length;
    act();
    return told(before);
  };

  async function sayAsBot(conversationId: string, conversation: string): Promise<PostedMessage> {
    const { json } = await send(conversationId, hi);
    return first(tenant.readMessages(conversation).filter(({ id }) => id === json.id));
  }

  describe("a message", () => {
    it("is as one that was caught from Teams", async () => {
      await start();
      await tenant.install("Help Desk");
      const mention = { mention: tenant.bot };
      const parts = [mention, { text: " <b> & co" }];
      const root = tenant.say({ person: "Priya Raman", conversation: "Outages", parts });
      const channel = places.channel("Help Desk", "Outages").id;
      const team = places.channel("Help Desk", "General").id;
      const { timestamp, localTimestamp, from, ...rest } = told().at(-1) ?? {};
      assert.match(String(timestamp), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/);
      assert.match(String(localTimestamp), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+00:00$/);
      assert.deepEqual(Object.keys(from as object), ["id", "name", "aadObjectId"]);
      assert.deepEqual(rest, {
        type: "message",
        id: root.id,
        text: "<at>Earshot</at> <b> & co",
        textFormat: "plain",
        attachments: [
          {
            contentType: "text/html",
            content:
              '<p><span itemtype="http://schema.skype.com/Mention" itemscope="" itemid="0">Earshot</span>&nbsp;&lt;b&gt; &amp; co</p>',
          },
        ],
        channelId: "msteams",
        serviceUrl: `${tenant.url}/amer/${places.contoso.id}/`,
        conversation: {
          ...{ isGroup: true, conversationType: "channel", tenantId: places.contoso.id },
          id: `${channel};messageid=${root.id}`,
        },
        recipient: { id: `28:${tenant.bot.id}`, name: "Earshot" },
        entities: [
          {
            mentioned: { id: `28:${tenant.bot.id}`, name: "Earshot" },
            ...{ text: "<at>Earshot</at>", type: "mention" },
          },
          { locale: "en-US", country: "US", platform: "Web", timezone: "UTC", type: "clientInfo" },
        ],
        channelData: {
          ...{ teamsChannelId: channel, teamsTeamId: team, channel: { id: channel }, team: { id: team } },
          tenant: { id: places.contoso.id },
        },
        ...{ locale: "en-US", localTimezone: "UTC" },
      });
    });

    it("names its pictures, which the bot fetches with its token, and shows what it quotes", async () => {
      await start({ withSecondOrganisation: true });
      await tenant.install("Lunch crew");
      const request = { person: "Priya Raman", conversation: "Lunch crew" };
      const quoted = tenant.say({ ...request, text: "Noodles & rice?" });
      tenant.say({ ...request, text: "these", images: [{ alt: "A bowl" }], quoting: quoted });
      const [picture, html, ...more] = told().at(-1)?.attachments as Body[];
      assert.deepEqual(more, []);
      assert.equal(html?.contentType, "text/html");
      assert.match(
        String(html.content),
        /^<blockquote itemscope="" itemtype="http:\/\/schema.skype.com\/Reply" itemid="\d+">[^]*>Priya Raman<[^]*>Noodles &amp; rice\?<[^]*<\/blockquote>\r\n<p>these<\/p>$/,
      );
      assert.equal(picture?.contentType, "image/*");
      const url = String(picture.contentUrl);
      const base = `${tenant.url}/amer/${places.contoso.id}/v3/attachments/`;
      assert.ok(url.startsWith(base), url);
      const fetchAs = (bearer: string, from = url) =>
        fetch(from, { headers: { authorization: `Bearer ${bearer}` } });
      const fetched = await fetchAs(token);
      assert.deepEqual([fetched.status, fetched.headers.get("content-type")], [200, "image/png"]);
      const bytes = Buffer.from(await fetched.arrayBuffer());
      assert.equal(bytes.subarray(1, 4).toString("latin1"), "PNG");
      const [, fabrikam] = tenant.organisations;
      const refused: [string, Response, number][] = [
        ["without a token", await fetchAs("nonsense"), 401],
        ["another view", await fetchAs(token, url.replace(/original$/, "thumbnail")), 404],
        ["what is not there", await fetchAs(token, `${base}0-wus-d9-none/views/original`), 404],
        [
          "by way of another organisation",
          await fetchAs(token, url.replace(places.contoso.id, fabrikam?.id ?? "")),
          404,
        ],
      ];
      for (const [what, { status }, expected] of refused) assert.equal(status, expected, what);
      await tenant.uninstall("Lunch crew");
      assert.equal((await fetchAs(token)).status, 404);
    });

    it("mentions people, the bot, and the place itself, each by the id that Bot Framework has", async () => {
      await start();
      await tenant.install("Help Desk");
      const channel = places.channel("Help Desk", "Outages");
      const helpDesk = places.team("Help Desk");
      const mira = person("Mira Lindqvist");
      const mentions = [tenant.bot, mira, channel, helpDesk].map(({ id, name }) => ({
        mention: { id, name },
      }));
      tenant.say({ person: "Priya Raman", conversation: "Outages", parts: mentions });
      const entities = (told().at(-1)?.entities as Body[]).filter(({ type }) => type === "mention");
      const ids = entities.map(({ mentioned }) => String((mentioned as Body).id));
      assert.match(ids[1] ?? "", /^29:/);
      assert.deepEqual(
        [ids[0], ids[2], ids[3]],
        [`28:${tenant.bot.id}`, channel.id, places.channel("Help Desk", "General").id],
      );
    });

    it("comes back by its id when it is taken back and restored, in places that the bot hears", async () => {
      await start();
      await tenant.installEverywhere();
      for (const conversation of ["Outages", "Lunch crew"]) {
        const message = tenant.say({ person: "Priya Raman", conversation, text: "one" });
        const [posted] = told().slice(-1);
        tenant.remove(message);
        const [undone] = since(() => tenant.undelete(message));
        assert.deepEqual([undone?.type, undone?.id, undone?.text], ["messageUpdate", message.id, "one"]);
        assert.equal((undone?.channelData as Body).eventType, "undeleteMessage");
        assert.deepEqual(undone?.conversation, posted?.conversation);
      }
      const unheard = tenant.say({ person: "Priya Raman", conversation: "Vendors", text: "one" });
      tenant.remove(unheard);
      assert.deepEqual(
        since(() => tenant.undelete(unheard)),
        [],
      );
    });
  });

  describe("an installation", () => {
    it("of a team names the channel where it was chosen, and the client", async () => {
      await start();
      await tenant.install("Help Desk");
      const general = places.channel("Help Desk", "General").id;
      const [update, members] = told();
      const team = { aadGroupId: places.team("Help Desk").id, id: general, name: "Help Desk" };
      const tenantId = places.contoso.id;
      const settings = { selectedChannel: { id: general } };
      assert.deepEqual(update?.channelData, {
        ...{
          settings,
          channel: { id: general },
          team,
          tenant: { id: tenantId },
          source: { name: "message" },
        },
      });
      assert.deepEqual(update?.entities, [{ locale: "en-US", type: "clientInfo" }]);
      assert.equal(update.locale, "en-US");
      assert.deepEqual(members?.channelData, {
        ...{ settings, team, tenant: { id: tenantId }, eventType: "teamMemberAdded" },
      });
      assert.ok(!("locale" in members));
      for (const { conversation } of [update, members]) {
        assert.deepEqual(conversation, {
          ...{ isGroup: true, conversationType: "channel", tenantId, id: general, name: "General" },
        });
      }
    });

    it("in a talk with one person names both of them as new, in a group the bot alone", async () => {
      await start();
      const own = { id: `28:${tenant.bot.id}` };
      await tenant.install(talk("Priya Raman").id);
      const added = told().at(-1)?.membersAdded as Body[];
      assert.deepEqual(added[0], own);
      assert.equal(added[1]?.aadObjectId, person("Priya Raman").id);
      await tenant.install("Lunch crew");
      assert.deepEqual(told().at(-1)?.membersAdded, [own]);
    });
  });

  describe("a reaction", () => {
    it("to what the bot said is told, and that it was taken back", async () => {
      await start({ rscPermissions: [] });
      await tenant.install("Help Desk");
      const root = tenant.say({ person: "Mira Lindqvist", conversation: "Outages", text: "Mail is down" });
      const channel = places.channel("Help Desk", "Outages").id;
      const thread = `${channel};messageid=${root.id}`;
      const message = await sayAsBot(thread, "Outages");
      const react = (on: boolean) => () => tenant.react({ person: "Priya Raman", message, type: "like", on });
      for (const [on, name] of [
        [true, "reactionsAdded"],
        [false, "reactionsRemoved"],
      ] as const) {
        const [reaction, ...more] = since(react(on));
        assert.deepEqual(more, []);
        const { id, timestamp, from, ...rest } = reaction ?? {};
        assert.match(String(id), /^f:/);
        assert.ok(Date.parse(String(timestamp)) > 0);
        const { id: account, ...named } = from as Body;
        assert.match(String(account), /^29:/);
        assert.deepEqual(named, { aadObjectId: person("Priya Raman").id });
        assert.deepEqual(rest, {
          type: "messageReaction",
          [name]: [{ type: "like" }],
          replyToId: message.id,
          channelId: "msteams",
          serviceUrl: `${tenant.url}/amer/${places.contoso.id}/`,
          recipient: { id: `28:${tenant.bot.id}`, name: "Earshot" },
          conversation: {
            ...{ isGroup: true, conversationType: "channel", tenantId: places.contoso.id, id: thread },
          },
          channelData: {
            ...{ channel: { id: channel }, team: { id: places.channel("Help Desk", "General").id } },
            tenant: { id: places.contoso.id },
          },
        });
        assert.deepEqual(since(react(on)), [], "a second time changes nothing");
      }
    });

    it("to what others said, or by the bot itself, is not", async () => {
      await start();
      await tenant.installEverywhere();
      const theirs = tenant.say({ person: "Mira Lindqvist", conversation: "Lunch crew", text: "one" });
      const lunch = places.chat("Lunch crew").id;
      const like = (message: PostedMessage) => () =>
        tenant.react({ person: "Priya Raman", message, type: "like" });
      assert.deepEqual(since(like(theirs)), []);
      const own = await sayAsBot(lunch, "Lunch crew");
      const before = tenant.deliveries.length;
      assert.equal((await send(lunch, undefined, "PUT", `/${own.id}/reactions/heart`)).status, 204);
      assert.deepEqual(told(before), []);
      assert.equal(since(like(own)).length, 1);
      await tenant.uninstall("Lunch crew");
      assert.deepEqual(
        since(() => tenant.react({ person: "Mira Lindqvist", message: own, type: "like" })),
        [],
      );
    });
  });

  describe("people", () => {
    it("come into a team and leave it, and its channels with members of their own", async () => {
      await start();
      await tenant.install("Help Desk");
      const before = tenant.deliveries.length;
      const request = { person: "Hannah Brandt", place: "Help Desk", by: "Mira Lindqvist" };
      await tenant.removeMember(request);
      const leads = { person: "Hannah Brandt", conversation: "Leads", text: "x" };
      assert.throws(() => tenant.say(leads), { status: 403 });
      await tenant.addMember(request);
      assert.throws(() => tenant.say(leads), { status: 403 }, "the private channel must let her in anew");
      tenant.say({ ...leads, conversation: "Outages" });
      const [removed, added] = told(before);
      const general = places.channel("Help Desk", "General").id;
      for (const [activity, eventType, field] of [
        [removed, "teamMemberRemoved", "membersRemoved"],
        [added, "teamMemberAdded", "membersAdded"],
      ] as const) {
        assert.equal(activity?.type, "conversationUpdate");
        assert.match(String(activity.id), /^f:/);
        const [member, ...more] = activity[field] as Body[];
        assert.deepEqual(more, []);
        assert.equal(member?.aadObjectId, person("Hannah Brandt").id);
        assert.equal((activity.from as Body).aadObjectId, person("Mira Lindqvist").id);
        assert.equal((activity.conversation as Body).id, general);
        const { team, ...data } = activity.channelData as Body;
        assert.equal(data.eventType, eventType);
        assert.deepEqual(team, { aadGroupId: places.team("Help Desk").id, id: general, name: "Help Desk" });
      }
    });

    it("come into a chat and leave it, without a type of event", async () => {
      await start();
      await tenant.install("Lunch crew");
      const request = { person: "Jonas Okafor", place: "Lunch crew" };
      await tenant.addMember(request);
      tenant.say({ person: "Jonas Okafor", conversation: "Lunch crew", text: "here" });
      await tenant.removeMember(request);
      assert.throws(() => tenant.say({ person: "Jonas Okafor", conversation: "Lunch crew", text: "x" }));
      const updates = told().filter(({ type }) => type === "conversationUpdate");
      const [, added, removed] = updates;
      assert.equal(updates.length, 3);
      assert.equal((added?.membersAdded as Body[])[0]?.aadObjectId, person("Jonas Okafor").id);
      assert.equal((removed?.membersRemoved as Body[])[0]?.aadObjectId, person("Jonas Okafor").id);
      for (const { channelData } of [added, removed] as { channelData: Body }[]) {
        assert.deepEqual(channelData, { tenant: { id: places.contoso.id } });
      }
    });

    it("are told of only where the bot is, and come only where they are not", async () => {
      await start({ withSecondOrganisation: true });
      await tenant.addMember({ person: "Jonas Okafor", place: "Lunch crew" });
      assert.deepEqual(told(), []);
      const refused: [string, () => Promise<void>, number][] = [
        ["a second time", () => tenant.addMember({ person: "Jonas Okafor", place: "Lunch crew" }), 400],
        ["not in it", () => tenant.removeMember({ person: "Hannah Brandt", place: "Lunch crew" }), 400],
        ["a stranger", () => tenant.addMember({ person: "Elif Demir", place: "Lunch crew" }), 400],
        ["nobody", () => tenant.addMember({ person: "Nobody", place: "Lunch crew" }), 404],
        ["nowhere", () => tenant.addMember({ person: "Jonas Okafor", place: "Nowhere" }), 404],
        [
          "a talk with the bot",
          () => tenant.addMember({ person: "Jonas Okafor", place: talk("Priya Raman").id }),
          400,
        ],
      ];
      for (const [what, act, status] of refused) await assert.rejects(act, { status }, what);
      for (const name of ["Jonas Okafor", "Mira Lindqvist", "Tomás Herrera"]) {
        await tenant.removeMember({ person: name, place: "Lunch crew" });
      }
      const last = () => tenant.removeMember({ person: "Priya Raman", place: "Lunch crew" });
      await assert.rejects(last, { status: 400, message: /last/ });
    });
  });

  describe("a bot that is shut out", () => {
    it("by a person: neither hears the other, until it is let in again", async () => {
      await start();
      await tenant.installEverywhere();
      const { botConversationId } = talk("Priya Raman");
      const own = await sayAsBot(botConversationId, talk("Priya Raman").id);
      tenant.blockBot("Priya Raman");
      for (const answer of [
        await send(botConversationId, hi),
        await send(botConversationId, hi, "PUT", `/${own.id}`),
        await call(`${tenant.url}/amer/${places.contoso.id}/v3/conversations`, "POST", token, {
          ...{ members: [{ id: person("Priya Raman").id }], tenantId: places.contoso.id },
        }),
      ]) {
        assert.deepEqual([answer.status, codeOf(answer)], [403, "ConversationBlockedByUser"]);
      }
      const hello = { person: "Priya Raman", conversation: "personal", text: "hello" };
      assert.deepEqual(
        since(() => tenant.say(hello)),
        [],
      );
      assert.equal((await send(talk("Mira Lindqvist").botConversationId, hi)).status, 201);
      assert.equal((await send(places.chat("Lunch crew").id, hi)).status, 201, "elsewhere she hears it");
      tenant.unblockBot("Priya Raman");
      assert.equal((await send(botConversationId, hi)).status, 201);
      assert.equal(since(() => tenant.say(hello)).length, 1);
    });

    it("by an administrator: nothing works in the organisation, until it does", async () => {
      await start({ withSecondOrganisation: true });
      await tenant.installEverywhere();
      tenant.disableBot("Contoso");
      const lunch = places.chat("Lunch crew").id;
      const members = () =>
        call(`${tenant.url}/amer/${places.contoso.id}/v3/conversations/${lunch}/members`, "GET", token);
      for (const answer of [await send(lunch, hi), await members()]) {
        assert.deepEqual([answer.status, codeOf(answer)], [403, "BotDisabledByAdmin"]);
      }
      const hello = { person: "Priya Raman", conversation: "Lunch crew", text: "hello" };
      const quiet = () => {
        tenant.say(hello);
        tenant.renameTeam("Facilities", "Buildings");
        tenant.renameChannel("Outages", "Faults");
      };
      assert.deepEqual(since(quiet), []);
      const elif = { person: "Elif Demir", conversation: "Plant floor", text: "hello" };
      assert.equal(since(() => tenant.say(elif)).length, 1, "another organisation is as before");
      tenant.enableBot("Contoso");
      assert.equal((await send(lunch, hi)).status, 201);
      assert.equal((await members()).status, 200);
      assert.equal(since(() => tenant.say(hello)).length, 1);
    });
  });

  describe("what a bot sends", () => {
    it("comes back through Graph, changes too, and not through Bot Framework", async () => {
      await start();
      await tenant.install("Help Desk");
      const channel = places.channel("Help Desk", "Outages").id;
      const graph = await openGraph(tenant, places.contoso.id);
      const subscribed = await graph("POST", "/subscriptions", {
        ...{ changeType: "created,updated,deleted", notificationUrl: `${bot.url}/graph` },
        resource: `/teams/${places.team("Help Desk").id}/channels/${channel}/messages`,
        ...{ expirationDateTime: new Date(Date.now() + 3_000_000).toISOString(), clientState: "state" },
      });
      assert.equal(subscribed.status, 201);
      const before = tenant.deliveries.length;
      const own = await sayAsBot(channel, "Outages");
      await send(channel, { type: "message", text: "better" }, "PUT", `/${own.id}`);
      await send(channel, undefined, "DELETE", `/${own.id}`);
      const deliveries = tenant.deliveries.slice(before);
      assert.deepEqual(
        deliveries.map(({ sender, body }) => [sender, first((body as { value: Body[] }).value).changeType]),
        [
          ["graph", "created"],
          ["graph", "updated"],
          ["graph", "deleted"],
        ],
      );
    });

    it("may be 100 KB in UTF-16, pictures not counted", async () => {
      await start();
      await tenant.install("Lunch crew");
      const lunch = places.chat("Lunch crew").id;
      const frame = JSON.stringify({ type: "message", text: "" }).length;
      const fill = (bytes: number) => ({ type: "message", text: "x".repeat(bytes / 2 - frame) });
      const posted = await send(lunch, fill(LIMIT_BYTES));
      assert.equal(posted.status, 201);
      for (const tooBig of [
        await send(lunch, fill(LIMIT_BYTES + 2)),
        await send(lunch, fill(LIMIT_BYTES + 2), "PUT", `/${String(posted.json.id)}`),
      ]) {
        assert.deepEqual(
          [tooBig.status, tooBig.json],
          [413, { error: { code: "MessageSizeTooBig", message: "Message size too large." } }],
        );
      }
      const url = `data:image/png;base64,${"A".repeat(LIMIT_BYTES)}`;
      const card = { type: "AdaptiveCard", version: "1.5", body: [{ type: "Image", url }] };
      const attachments = [{ contentType: "application/vnd.microsoft.card.adaptive", content: card }];
      assert.equal((await send(lunch, { type: "message", attachments })).status, 201);
    });

    it("has limits for new conversations as for replies, each counted by itself", async () => {
      const nowMs = Date.now();
      await start({ edges: { ...createEdges(SILENT_LOG), now: () => nowMs } });
      await tenant.install("Help Desk");
      const channel = places.channel("Help Desk", "Outages").id;
      const open = () =>
        call(`${tenant.url}/amer/${places.contoso.id}/v3/conversations`, "POST", token, {
          ...{ isGroup: true, channelData: { channel: { id: channel } }, activity: hi },
        });
      const statuses: number[] = [];
      for (let time = 0; time < 8; time += 1) statuses.push((await open()).status);
      assert.deepEqual(statuses, [201, 201, 201, 201, 201, 201, 201, 429]);
      assert.equal((await send(channel, hi)).status, 201);
      assert.deepEqual(
        tenant.readSends().map(({ kind, status, isTaken }) => [kind, status, isTaken]),
        [
          ...Array.from({ length: 7 }, () => ["create", 201, true]),
          ["create", 429, false],
          ["reply", 201, true],
        ],
      );
    });

    it("is its own to change: neither a person's nor what is gone", async () => {
      await start();
      await tenant.install("Lunch crew");
      const lunch = places.chat("Lunch crew").id;
      const theirs = tenant.say({ person: "Priya Raman", conversation: "Lunch crew", text: "mine" });
      const own = await sayAsBot(lunch, "Lunch crew");
      for (const method of ["PUT", "DELETE"]) {
        const answer = await send(lunch, hi, method, `/${theirs.id}`);
        assert.deepEqual([answer.status, codeOf(answer)], [403, "Forbidden"], method);
        const nowhere = await send(lunch, hi, method, "/1");
        assert.deepEqual([nowhere.status, codeOf(nowhere)], [404, "ActivityNotFound"], method);
        assert.equal((await send(lunch, hi, method, `/${own.id}`)).status, 200, method);
      }
      assert.deepEqual(tenant.readMessages("Lunch crew").find(({ id }) => id === theirs.id)?.parts, [
        { text: "mine" },
      ]);
      assert.equal((await send(lunch, hi, "PUT", `/${own.id}`)).status, 404);
    });
  });
});
