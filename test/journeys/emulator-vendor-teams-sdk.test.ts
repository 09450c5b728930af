import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { MessageActivityInput, PUBLIC, withOverrides } from "@microsoft/teams.api";
import {
  App,
  ExpressAdapter,
  toThreadedConversationId,
  type AppOptions,
  type IPlugin,
} from "@microsoft/teams.apps";
import sinon from "sinon";
import type { Organisation } from "../../src/emulator/tenant-model.ts";
import { findPorts } from "../soak/find-ports.ts";
import { call } from "./emulator-fake-bot.ts";
import { CONNECTOR_SCOPE, GRAPH_SCOPE, setVendorStage, type VendorStage } from "./emulator-vendor-stage.ts";

type Logger = NonNullable<AppOptions<IPlugin>["logger"]>;

type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;
type Card = Parameters<MessageActivityInput["addCard"]>[1];

const CARD: Card = { type: "AdaptiveCard", version: "1.5", body: [{ type: "TextBlock", text: "A card" }] };

describe("emulated tenant: the Teams SDK as it is", () => {
  let stage: VendorStage;
  let app: App;
  let contoso: Organisation;
  let botUrl: string;
  /** `Authorization` of what came to the bot, oldest first. */
  let received: string[];
  /** What the SDK logged as errors. */
  let errors: string[];

  beforeEach(async () => {
    const [port = 0] = await findPorts(1);
    botUrl = `http://127.0.0.1:${port}`;
    stage = await setVendorStage({ botUrl, sendLimits: false });
    const { tenant } = stage;
    contoso = tenant.organisations[0]!;
    [received, errors] = [[], []];
    const logger = createLogger(errors);
    const httpServerAdapter = new ExpressAdapter(undefined, { logger });
    // The types of express are not among those that the SDK brings.
    const use = httpServerAdapter.use as unknown as (look: Middleware) => void;
    use((request, _response, next) => {
      received.push(request.headers.authorization ?? "");
      next();
    });
    const home = stage.createMsal(tenant.bot.homeTenantId);
    app = new App({
      ...{ clientId: tenant.bot.id, tenantId: tenant.bot.homeTenantId, logger, httpServerAdapter },
      serviceUrl: `${tenant.url}/amer/${contoso.id}`,
      // The SDK's own way for a cloud that it does not know.
      cloud: withOverrides(PUBLIC, {
        loginEndpoint: tenant.url,
        openIdMetadataUrl: `${tenant.url}/v1/.well-known/openidconfiguration`,
      }),
      // It gives its own MSAL no `knownAuthorities`, so that this takes no login but Microsoft's.
      token: async (scope) =>
        (await home.acquireTokenByClientCredential({ scopes: [scope].flat() }))?.accessToken ?? "",
    });
    await app.start(port);
  });
  afterEach(async () => {
    sinon.restore();
    await app.stop();
    await stage.strike();
  });

  const outages = () =>
    contoso.teams.find(({ name }) => name === "Help Desk")!.channels.find(({ name }) => name === "Outages")!;
  const said = (conversation: string) =>
    stage.tenant.readMessages(conversation).filter(({ sender }) => sender.isBot);
  const ask = (text: string, conversation = "Outages") =>
    stage.tenant.say({ person: "Mira Lindqvist", conversation, text });
  /** The bot's last word there. */
  const lastOf = (conversation: string) => said(conversation).at(-1)!;
  const refusal = async (work: Promise<unknown>) => {
    const error: unknown = await work.then(
      () => assert.fail("it was not refused"),
      (thrown: unknown) => thrown,
    );
    const { response } = error as { response?: { status: number; data: { error: { code: string } } } };
    return [response?.status, response?.data.error.code];
  };

  it("hears where it was installed, and answers an un-mentioned question in its thread", async () => {
    const installedIn: string[] = [];
    app.on("install.add", ({ activity }) => void installedIn.push(activity.conversation.id));
    app.on("message", async ({ activity, send }) => {
      await send(
        new MessageActivityInput(`${activity.text} – `)
          .addMention({ id: activity.from.id, name: activity.from.name ?? "", role: "user" })
          .addCard("adaptive", CARD),
      );
    });
    await stage.tenant.install("Help Desk");
    await stage.tenant.install("Lunch crew");
    assert.equal(installedIn.length, 2);
    const root = ask("Is mail down?");
    await stage.waitUntil("an answer", () => said("Outages").length > 0);
    const answer = lastOf("Outages");
    assert.equal(answer.rootId, root.id);
    const mira = contoso.people.find(({ name }) => name === "Mira Lindqvist")!;
    assert.deepEqual(answer.parts, [
      { text: "Is mail down? – " },
      { mention: { id: mira.id, name: mira.name } },
    ]);
    assert.deepEqual(answer.cards, [CARD]);
    ask("Pizza?", "Lunch crew");
    await stage.waitUntil("an answer in the chat", () => said("Lunch crew").length > 0);
    assert.deepEqual(errors, []);
  });

  it("speaks of its own accord, edits, reacts and deletes", async () => {
    await stage.tenant.install("Help Desk");
    const root = ask("Is mail down?");
    const thread = toThreadedConversationId(outages().id, root.id);
    const sent = await app.send(thread, "Looking");
    assert.deepEqual([lastOf("Outages").id, lastOf("Outages").rootId], [sent.id, root.id]);
    const { conversations } = app.api;
    await conversations.updateActivity(thread, sent.id, new MessageActivityInput("Found it"));
    assert.deepEqual(lastOf("Outages").parts, [{ text: "Found it" }]);
    assert.ok(lastOf("Outages").editedAt);
    const reactionsOfRoot = () =>
      stage.tenant
        .readMessages("Outages")
        .find(({ id }) => id === root.id)!
        .reactions.map(({ type }) => type);
    await conversations.addReaction(thread, root.id, "like");
    assert.deepEqual(reactionsOfRoot(), ["like"]);
    await conversations.deleteReaction(thread, root.id, "like");
    assert.deepEqual(reactionsOfRoot(), []);
    await conversations.deleteActivity(thread, sent.id);
    assert.ok(lastOf("Outages").deletedAt);
  });

  it("finds the people, writes to one of them, and opens a thread", async () => {
    await stage.tenant.installEverywhere();
    const { conversations } = app.api;
    const members = await conversations.getMembers(outages().id);
    const mira = members.find(({ name }) => name === "Mira Lindqvist")!;
    assert.match(mira.id, /^29:/);
    assert.equal(mira.aadObjectId, contoso.people.find(({ name }) => name === mira.name)!.id);
    assert.deepEqual(await conversations.getMemberById(outages().id, mira.aadObjectId ?? ""), mira);
    const paged = await conversations.getPagedMembers(outages().id);
    assert.deepEqual(
      paged.members.map(({ id }) => id),
      members.map(({ id }) => id),
    );
    const personal = await conversations.create({
      ...{ members: [{ ...mira, role: "user" }], tenantId: contoso.id },
      channelData: { tenant: { id: contoso.id } },
    });
    assert.match(personal.id, /^a:/);
    const whispered = await app.send(personal.id, "Just for you");
    const chat = contoso.chats.find(({ botConversationId }) => botConversationId === personal.id)!;
    assert.ok(stage.tenant.readMessages(chat.id).some(({ id }) => id === whispered.id));
    const thread = await conversations.create({
      activity: new MessageActivityInput("A thread of mine"),
      channelData: { channel: { id: outages().id } },
    });
    assert.equal(thread.id, `${outages().id};messageid=${thread.activityId}`);
    assert.equal(lastOf("Outages").rootId, null);
    await app.send(thread.id, "And more of it");
    assert.equal(lastOf("Outages").rootId, thread.activityId);
  });

  it("is refused as by Teams, in the shape that it reads", async () => {
    const thread = outages().id;
    assert.deepEqual(await refusal(app.send(thread, "hello")), [403, "BotNotInConversationRoster"]);
    await stage.tenant.install("Help Desk");
    assert.ok(await app.send(thread, "hello"), "the twin");
    assert.deepEqual(await refusal(app.send("19:none@thread.tacv2", "hello")), [404, "ConversationNotFound"]);
    assert.deepEqual(await refusal(app.send(thread, "")), [400, "BadSyntax"]);
    const { conversations } = app.api;
    assert.deepEqual(await refusal(conversations.getMemberById(thread, "29:none")), [
      404,
      "MemberNotFoundInConversation",
    ]);
    assert.deepEqual(
      await refusal(conversations.updateActivity(thread, "1", new MessageActivityInput("x"))),
      [404, "ActivityNotFound"],
    );
    await stage.tenant.uninstall("Help Desk");
    assert.deepEqual(await refusal(app.send(thread, "hello")), [403, "BotNotInConversationRoster"]);
  });

  it("believes the tenant's tokens, each for its service URL and its time, and no others", async () => {
    let heard = 0;
    app.on("message", () => void (heard += 1));
    await stage.tenant.install("Help Desk");
    ask("hello");
    await stage.waitUntil("the question to be heard", () => heard === 1);
    const delivery = stage.tenant.deliveries.findLast(({ sender }) => sender === "bot-framework")!;
    const activity = delivery.body as Record<string, unknown>;
    const good = received.at(-1)!.replace("Bearer ", "");
    const post = async (token: string, body: unknown = activity) =>
      (await call(`${botUrl}/api/messages`, "POST", token, body)).status;
    assert.equal(await post(good), 200, "the twin");
    assert.equal(heard, 2);

    const msal = stage.createMsal(stage.tenant.bot.homeTenantId);
    const [forGraph, forConnector] = await Promise.all(
      [GRAPH_SCOPE, CONNECTOR_SCOPE].map((scope) => msal.acquireTokenByClientCredential({ scopes: [scope] })),
    );
    const [head = "", claims = "", signature = ""] = good.split(".");
    const flipped = `${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`;
    const wrong: [string, string][] = [
      ["none", ""],
      ["for Graph", forGraph!.accessToken],
      ["for the connector", forConnector!.accessToken],
      ["another signature", `${head}.${claims}.${flipped}`],
    ];
    for (const [what, token] of wrong) assert.equal(await post(token), 401, what);
    assert.equal(await post(good, { ...activity, serviceUrl: "https://elsewhere.example/" }), 401);
    sinon.useFakeTimers({ now: Date.now() + 66 * 60_000, toFake: ["Date"] });
    assert.equal(await post(good), 401, "after its end");
    assert.equal(heard, 2);
  });
});

function createLogger(errors: string[]): Logger {
  const quiet = () => undefined;
  const error = (...what: unknown[]) => void errors.push(what.map(String).join(" "));
  const logger: Logger = {
    ...{ error, debug: quiet, info: quiet, warn: quiet, trace: quiet, log: quiet },
    child: () => logger,
  };
  return logger;
}
