import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { decodeJwt, decodeProtectedHeader, SignJWT, type JWTPayload } from "jose";
import { createEdges } from "../../src/edges.ts";
import { startEmulatedTenant, type EmulatedTenant } from "../../src/emulator/emulated-tenant.ts";
import {
  call,
  first,
  placesOf,
  requestToken,
  SILENT_LOG,
  startFakeBot,
  type Answer,
  type FakeBot,
} from "./emulator-fake-bot.ts";

const CONNECTOR_SCOPE = "https://api.botframework.com/.default";
const CARD = { type: "AdaptiveCard", version: "1.5", body: [] };

describe("emulated tenant: the connector", () => {
  let bot: FakeBot;
  let tenant: EmulatedTenant;
  let places: ReturnType<typeof placesOf>;
  let token: string;
  let base: string;

  beforeEach(async () => {
    bot = await startFakeBot();
    tenant = await startEmulatedTenant({
      ...{ edges: createEdges(SILENT_LOG), port: 0, botUrl: bot.url, tracesUrl: null },
      ...{
        rscPermissions: ["ChannelMessage.Read.Group", "ChatMessage.Read.Chat"],
        withSecondOrganisation: true,
        // What is sent here in a moment is more than Teams takes.
        sendLimits: false,
      },
    });
    places = placesOf(tenant);
    const { json } = await requestToken(tenant, tenant.bot.homeTenantId, { scope: CONNECTOR_SCOPE });
    token = String(json.access_token);
    base = `${tenant.url}/amer/${places.contoso.id}/v3/conversations`;
  });
  afterEach(async () => {
    await tenant.close();
    await bot.close();
  });

  const send = (conversationId: string, activity: unknown, path = "/activities"): Promise<Answer> =>
    call(`${base}/${encodeURIComponent(conversationId)}${path}`, "POST", token, activity);
  const readCode = ({ json }: Answer) => (json.error as { code: string }).code;
  const outages = () => places.channel("Help Desk", "Outages").id;

  it("takes a token of the bot for the connector, and no other", async () => {
    await tenant.install("Help Desk");
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const claims: JWTPayload = decodeJwt(token);
    const forged = await new SignJWT(claims)
      .setProtectedHeader({ alg: "RS256", kid: decodeProtectedHeader(token).kid ?? "" })
      .sign(privateKey);
    const forGraph = (await requestToken(tenant, places.contoso.id)).json.access_token;
    const table: [string, string, number][] = [
      ["the bot's own", token, 201],
      ["none", "", 401],
      ["no token at all", "nonsense", 401],
      ["signed by another", forged, 401],
      ["for Graph", String(forGraph), 401],
      ["for the connector, unsigned", `${token.split(".").slice(0, 2).join(".")}.`, 401],
    ];
    for (const [what, bearer, status] of table) {
      const url = `${base}/${encodeURIComponent(outages())}/activities`;
      assert.equal((await call(url, "POST", bearer, { type: "message", text: "hi" })).status, status, what);
    }
    assert.deepEqual(
      tenant.calls.map((one) => one.status),
      table.map(([, , status]) => status),
    );
  });

  it("lets the bot speak where it is, and says why not elsewhere", async () => {
    await tenant.install("Help Desk");
    const hello = { type: "message", text: "hello" };
    const fabrikam = tenant.organisations.at(-1)?.chats[0]?.id ?? "";
    const table: [string, string, unknown, number, string | null][] = [
      ["a channel of its team", outages(), hello, 201, null],
      ["a shared channel", places.channel("Help Desk", "Vendors").id, hello, 201, null],
      [
        "a private channel",
        places.channel("Help Desk", "Leads").id,
        hello,
        403,
        "BotNotInConversationRoster",
      ],
      ["another team", places.channel("Facilities", "General").id, hello, 403, "BotNotInConversationRoster"],
      ["a chat without it", places.chat("Lunch crew").id, hello, 403, "BotNotInConversationRoster"],
      ["another tenant", fabrikam, hello, 404, "ConversationNotFound"],
      ["nowhere", "19:nowhere@thread.v2", hello, 404, "ConversationNotFound"],
      ["a thread that is not", `${outages()};messageid=1`, hello, 404, "NotFound"],
      ["without words", outages(), { type: "message" }, 400, "BadSyntax"],
      ["something odd", outages(), { type: "dance" }, 400, "BadSyntax"],
      ["no object", outages(), "hello", 400, "BadSyntax"],
      ["a picture", outages(), { ...hello, attachments: [{ contentType: "image/png" }] }, 501, "NotEmulated"],
      ["loudly", outages(), { ...hello, importance: "high" }, 501, "NotEmulated"],
      ["typing", outages(), { type: "typing" }, 201, null],
    ];
    for (const [what, conversation, activity, status, code] of table) {
      const answer = await send(conversation, activity);
      assert.equal(answer.status, status, what);
      if (code !== null) assert.equal(readCode(answer), code, what);
    }
    const own = tenant.readMessages("Outages").filter(({ sender }) => sender.isBot);
    assert.equal(own.length, 1, "typing is not a message");
    assert.equal(tenant.deliveries.length, 2, "the bot hears nothing of itself from Bot Framework");
  });

  it("lands in the thread that the conversation names, whatever is replied to", async () => {
    await tenant.install("Help Desk");
    const root = tenant.say({ person: "Mira Lindqvist", conversation: "Outages", text: "Mail is down" });
    const thread = `${outages()};messageid=${root.id}`;
    const reply = await send(
      thread,
      {
        type: "message",
        text: "<at>Mira Lindqvist</at> see <at>this</at>",
        entities: [
          {
            type: "mention",
            text: "<at>Mira Lindqvist</at>",
            mentioned: { id: root.sender.id, name: "Mira Lindqvist" },
          },
        ],
        attachments: [{ contentType: "application/vnd.microsoft.card.adaptive", content: CARD }],
      },
      "/activities/5f0c7a52-5d0e-4c1f-9a7b-1d2e3f405162",
    );
    assert.equal(reply.status, 201);
    const said = first(tenant.readMessages("Outages").filter(({ id }) => id === reply.json.id));
    assert.equal(said.rootId, root.id);
    assert.deepEqual(said.sender, { id: tenant.bot.id, name: "Earshot", isBot: true });
    assert.deepEqual(said.parts, [
      { mention: { id: root.sender.id, name: "Mira Lindqvist" } },
      { text: " see <at>this</at>" },
    ]);
    assert.deepEqual(said.cards, [CARD]);
    const fresh = await send(outages(), { type: "message", text: "a new post" });
    assert.equal(first(tenant.readMessages("Outages").filter(({ id }) => id === fresh.json.id)).rootId, null);
  });

  it("takes a write that says that it is JSON, in any spelling, and no other", async () => {
    await tenant.install("Help Desk");
    const url = `${base}/${encodeURIComponent(outages())}/activities`;
    const body = JSON.stringify({ type: "message", text: "hello" });
    const json = "application/json";
    for (const [type, status] of [
      [json, 201],
      [`Application/JSON; charset=utf-8`, 201],
      ["text/plain", 415],
      ["application/json-patch", 415],
      ["application/x-www-form-urlencoded", 415],
    ] as const) {
      const headers = { authorization: `Bearer ${token}`, "content-type": type };
      assert.equal((await fetch(url, { method: "POST", headers, body })).status, status, type);
    }
    const graph = (await requestToken(tenant, places.contoso.id)).json.access_token;
    for (const [type, message] of [
      [json, /Could not process/],
      ["text/plain", /only allows writes with a JSON/],
      ["", /must contain the Content-Type/],
    ] as const) {
      const headers = {
        authorization: `Bearer ${String(graph)}`,
        ...(type === "" ? {} : { "content-type": type }),
      };
      // Bytes, as fetch names the type of a text by itself.
      const answer = await fetch(`${tenant.url}/v1.0/subscriptions`, {
        ...{ method: "POST", headers, body: Buffer.from("[]") },
      });
      assert.equal(answer.status, 400);
      assert.match(await answer.text(), message);
    }
  });

  it("refuses what is nested so deep that it could not be written again", async () => {
    await tenant.install("Help Desk");
    const nest = (depth: number) => JSON.parse(`${"[".repeat(depth)}${"]".repeat(depth)}`) as unknown;
    // The activity, its attachments, the attachment and the card are four.
    const say = (depth: number) =>
      send(outages(), {
        type: "message",
        text: "[".repeat(300) + '"',
        attachments: [
          {
            contentType: "application/vnd.microsoft.card.adaptive",
            content: { ...CARD, more: nest(depth) },
          },
        ],
      });
    assert.equal((await say(196)).status, 201);
    for (const depth of [197, 1_000]) {
      const refused = await say(depth);
      assert.deepEqual([refused.status, readCode(refused)], [400, "BadSyntax"]);
    }
    const graph = String((await requestToken(tenant, places.contoso.id)).json.access_token);
    tenant.consent("Contoso", "ChannelMessage.Read.All");
    const path = `teams/${places.team("Help Desk").id}/channels/${outages()}/messages`;
    assert.equal((await call(`${tenant.url}/v1.0/${path}`, "GET", graph)).status, 200);
  });

  it("takes a thread by the number of its root, and reactions by their names", async () => {
    await tenant.install("Help Desk");
    const root = tenant.say({ person: "Mira Lindqvist", conversation: "Outages", text: "Mail is down" });
    const hello = { type: "message", text: "hello" };
    assert.equal((await send(`${outages()};messageid=${root.id}`, hello)).status, 201);
    for (const odd of ["abc", "", "1x", "-1"]) {
      const refused = await send(`${outages()};messageid=${odd}`, hello);
      assert.deepEqual([refused.status, readCode(refused)], [400, "BadSyntax"], odd);
    }
    const path = `${base}/${encodeURIComponent(outages())}/activities/${root.id}/reactions`;
    const react = async (type: string, method: string) =>
      (await call(`${path}/${encodeURIComponent(type)}`, method, token)).status;
    const known = ["like", "holdon", "1f440_eyes", "1f44b_wavinghand-tone1", "1f1e9-1f1ea_flag"];
    const odd = ["frob x", "\u0000frob x", "👀", "xyz_eyes", "_eyes", "1f440_", "-"];
    for (const method of ["PUT", "DELETE"]) {
      for (const type of known) assert.equal(await react(type, method), 204, type);
      for (const type of odd) assert.equal(await react(type, method), 400, type);
    }
  });

  it("opens a thread or a personal chat, but no group", async () => {
    await tenant.install("Help Desk");
    const person = first(places.contoso.people);
    await tenant.install(`${person.name} and Earshot`);
    const activity = { type: "message", text: "hello" };
    const thread = await call(base, "POST", token, {
      ...{ isGroup: true, channelData: { channel: { id: outages() } }, activity },
    });
    assert.equal(thread.status, 201);
    assert.equal(thread.json.id, `${outages()};messageid=${String(thread.json.activityId)}`);
    const members = await call(`${base}/${encodeURIComponent(outages())}/members`, "GET", token);
    const listed = members.json as unknown as { id: string; aadObjectId: string; email: string }[];
    assert.equal(listed.length, places.contoso.people.length);
    const account = first(listed.filter(({ aadObjectId }) => aadObjectId === person.id));
    assert.match(account.id, /^29:/);
    const tenantId = places.contoso.id;
    const personal = await call(base, "POST", token, { members: [{ id: account.id }], tenantId });
    assert.match(String(personal.json.id), /^a:/);
    assert.equal((await send(String(personal.json.id), activity)).status, 201);
    const group = await call(base, "POST", token, { isGroup: true, members: listed.slice(0, 2) });
    assert.deepEqual([group.status, readCode(group)], [400, "BadSyntax"]);
    const path = `${base}/${encodeURIComponent(outages())}`;
    const one = await call(`${path}/members/${encodeURIComponent(account.id)}`, "GET", token);
    assert.equal(one.json.email, account.email);
    assert.equal((await call(`${path}/members/29:nobody`, "GET", token)).status, 404);
    const paged = await call(`${path}/pagedmembers`, "GET", token);
    assert.equal((paged.json.members as object[]).length, listed.length);
  });

  it("reacts once, takes back only its own, and changes only its own messages", async () => {
    await tenant.install("Lunch crew");
    const message = tenant.say({ person: "Priya Raman", conversation: "Lunch crew", text: "Pizza?" });
    tenant.react({ person: "Tomás Herrera", message, type: "like" });
    const chat = `${base}/${encodeURIComponent(places.chat("Lunch crew").id)}/activities`;
    const reaction = `${chat}/${message.id}/reactions/like`;
    const whoLikes = () =>
      tenant
        .readMessages("Lunch crew")
        .filter(({ id }) => id === message.id)
        .flatMap(({ reactions }) => reactions.flatMap(({ by }) => by.map(({ name }) => name)));
    for (let time = 0; time < 2; time += 1) assert.equal((await call(reaction, "PUT", token)).status, 204);
    assert.deepEqual(whoLikes(), ["Tomás Herrera", "Earshot"]);
    for (let time = 0; time < 2; time += 1) assert.equal((await call(reaction, "DELETE", token)).status, 204);
    assert.deepEqual(whoLikes(), ["Tomás Herrera"]);
    assert.equal((await call(`${chat}/1/reactions/like`, "PUT", token)).status, 404);

    const own = String((await send(places.chat("Lunch crew").id, { type: "message", text: "one" })).json.id);
    const words = { type: "message", text: "two" };
    assert.equal((await call(`${chat}/${message.id}`, "PUT", token, words)).status, 403);
    assert.equal((await call(`${chat}/${message.id}`, "DELETE", token)).status, 403);
    assert.equal((await call(`${chat}/${own}`, "PUT", token, words)).status, 200);
    assert.deepEqual(tenant.readMessages("Lunch crew").at(-1)?.parts, [{ text: "two" }]);
    assert.equal((await call(`${chat}/${own}`, "DELETE", token)).status, 200);
    assert.notEqual(tenant.readMessages("Lunch crew").at(-1)?.deletedAt, null);
    assert.equal((await call(`${chat}/${own}`, "DELETE", token)).status, 404);
  });
});
