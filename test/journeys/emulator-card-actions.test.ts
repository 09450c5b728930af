/** People press the buttons of a bot's cards; the bot is botbuilder's own handler on its own adapter. */
import assert from "node:assert/strict";
import {
  CardFactory,
  TeamsActivityHandler,
  type AdaptiveCardInvokeResponse,
  type AdaptiveCardInvokeValue,
  type TurnContext,
} from "botbuilder";
import { createEdges } from "../../src/edges.ts";
import { startEmulatedTenant, type EmulatedTenant } from "../../src/emulator/emulated-tenant.ts";
import type { PostedMessage } from "../../src/emulator/posted-message.ts";
import { placesOf, SILENT_LOG } from "./emulator-fake-bot.ts";
import { startTeamsBot, type TeamsBot } from "./emulator-teams-bot.ts";

const CARD_TYPE = "application/vnd.microsoft.card.adaptive";
const TEXT_TYPE = "application/vnd.microsoft.activity.message";
const ERROR_TYPE = "application/vnd.microsoft.error";

const FORM = {
  type: "AdaptiveCard",
  version: "1.5",
  body: [
    { type: "TextBlock", text: "Which printer?" },
    { type: "Input.Text", id: "printer", isRequired: true, errorMessage: "Which one?" },
    { type: "Container", items: [{ type: "Input.Toggle", id: "urgent", title: "Urgent" }] },
    { type: "Input.Number", id: "floor", value: 3 },
  ],
  actions: [
    { type: "Action.Submit", title: "Send", data: { ticket: 7, printer: "overwritten" } },
    { type: "Action.Submit", id: "bare", title: "Cancel", data: { ticket: 7 }, associatedInputs: "none" },
    {
      ...{ type: "Action.Submit", title: "Again" },
      data: { ticket: 7, msteams: { type: "messageBack", text: "once more", value: { round: 2 } } },
    },
    {
      ...{ type: "Action.Submit", title: "Written" },
      data: { msteams: { type: "messageBack", value: '{"round":3}' } },
    },
    {
      ...{ type: "Action.Submit", title: "Aloud" },
      data: { msteams: { type: "messageBack", text: "x", displayText: "y" } },
    },
    { type: "Action.Execute", id: "take-it", title: "Take", verb: "take", data: { ticket: 7 } },
    { type: "Action.OpenUrl", title: "Read", url: "https://contoso.example" },
    { type: "Action.Submit", title: "Off", isEnabled: false },
    { type: "Action.Submit", id: "one", title: "Twin" },
    { type: "Action.Submit", id: "two", title: "Twin" },
  ],
};
const TAKEN = {
  type: "AdaptiveCard",
  version: "1.5",
  body: [{ type: "TextBlock", text: "Taken." }],
  actions: [{ type: "Action.Execute", title: "Give back", verb: "give-back" }],
};
const FILLED_IN = { printer: "Lisbon 2" };

/** Answers what it was told to. */
class Answering extends TeamsActivityHandler {
  answer: AdaptiveCardInvokeResponse | null = null;
  readonly asked: AdaptiveCardInvokeValue[] = [];

  protected override async onAdaptiveCardInvoke(
    context: TurnContext,
    value: AdaptiveCardInvokeValue,
  ): Promise<AdaptiveCardInvokeResponse> {
    this.asked.push(value);
    return this.answer ?? super.onAdaptiveCardInvoke(context, value);
  }
}

describe("emulated tenant: buttons of cards", () => {
  let handler: Answering;
  let bot: TeamsBot;
  let tenant: EmulatedTenant;
  let message: PostedMessage;

  /** No consent to hear all: of its own cards a bot is told wherever it is. */
  async function start(conversation: string): Promise<void> {
    handler = new Answering();
    bot = await startTeamsBot(handler);
    tenant = await startEmulatedTenant({
      ...{ edges: createEdges(SILENT_LOG), port: 0, botUrl: bot.url, tracesUrl: null, rscPermissions: [] },
    });
    bot.moveInto(tenant);
    await tenant.installEverywhere();
    const mention = { mention: tenant.bot };
    const { id } = tenant.say({ person: "Priya Raman", conversation, parts: [mention, { text: " help" }] });
    const heard = await bot.take((activity) => activity.id === id);
    await bot.continue(heard, (context) =>
      context.sendActivity({ attachments: [CardFactory.adaptiveCard(FORM)] }),
    );
    const said = tenant.readMessages(conversation).at(-1);
    assert.deepEqual(said?.cards, [FORM]);
    message = said;
  }
  afterEach(async () => {
    await tenant.close();
    await bot.close();
    assert.deepEqual(bot.failures, []);
  });

  const press = (button: string, person = "Priya Raman", inputs: Record<string, string> = FILLED_IN) =>
    tenant.pressButton({ person, message, button, inputs });
  const last = () => bot.heard.at(-1)!;
  const see = (person: string) => tenant.readCards({ person, message });

  it("Action.Submit is a message without words, with what was filled in", async () => {
    await start("Outages");
    const before = tenant.readMessages("Outages").length;
    assert.deepEqual(await press("Send", "Tomás Herrera"), { kind: "sent" });
    const { rootId } = message;
    const places = placesOf(tenant);
    const channel = places.channel("Help Desk", "Outages").id;
    const team = places.channel("Help Desk", "General").id;
    const tomas = places.contoso.people.find(({ name }) => name === "Tomás Herrera");
    const { body } = tenant.deliveries.at(-1) as { body: Record<string, unknown> };
    const { id, timestamp, localTimestamp, from, ...rest } = body;
    assert.match(String(id), /^f:/);
    assert.equal(Date.parse(String(timestamp)), Date.parse(String(localTimestamp)));
    assert.match(String((from as { id: string }).id), /^29:/);
    assert.deepEqual(
      { ...(from as object), id: "" },
      { id: "", name: "Tomás Herrera", aadObjectId: tomas?.id },
    );
    assert.deepEqual(rest, {
      type: "message",
      channelId: "msteams",
      serviceUrl: `${tenant.url}/amer/${places.contoso.id}/`,
      recipient: { id: `28:${tenant.bot.id}`, name: "Earshot" },
      conversation: {
        ...{ isGroup: true, conversationType: "channel", tenantId: places.contoso.id },
        id: `${channel};messageid=${rootId}`,
      },
      channelData: {
        ...{ channel: { id: channel }, team: { id: team }, tenant: { id: places.contoso.id } },
        source: { name: "message" },
      },
      replyToId: message.id,
      value: { ticket: 7, printer: "Lisbon 2", urgent: "false", floor: "3" },
      entities: [{ type: "clientInfo", locale: "en-US", country: "US", platform: "Web", timezone: "UTC" }],
      localTimezone: "UTC",
      locale: "en-US",
    });
    assert.equal(tenant.readMessages("Outages").length, before, "nothing is posted by it");
    assert.deepEqual(see("Tomás Herrera"), [FORM], "and nothing changes");
  });

  it("takes what was filled in, and leaves it out where the button wants none", async () => {
    await start("Lunch crew");
    await press("Send", "Priya Raman", { printer: "2", urgent: "true", floor: "1" });
    assert.deepEqual(last().value, { ticket: 7, printer: "2", urgent: "true", floor: "1" });
    await press("bare");
    assert.deepEqual(last().value, { ticket: 7 });
    assert.equal(last().conversation.id, placesOf(tenant).chat("Lunch crew").id);
  });

  it("messageBack has words besides", async () => {
    await start("Priya Raman and Earshot");
    assert.deepEqual(await press("Again"), { kind: "sent" });
    assert.deepEqual([last().type, last().text], ["message", "once more"]);
    assert.deepEqual(last().value, { ticket: 7, round: 2, printer: "Lisbon 2", urgent: "false", floor: "3" });
    assert.match(last().conversation.id, /^a:/);
    await press("Written");
    assert.deepEqual(last().value, { round: 3, printer: "Lisbon 2", urgent: "false", floor: "3" });
    assert.equal(last().text, undefined);
    await assert.rejects(press("Aloud"), { status: 501, message: /displayText/ });
  });

  it("Action.Execute is an invocation, whose card stands before who pressed until the bot edits it", async () => {
    await start("Outages");
    handler.answer = { statusCode: 200, type: CARD_TYPE, value: TAKEN };
    const pressed = await press("Take");
    assert.deepEqual(pressed, { kind: "card", card: TAKEN });
    const { type, name, replyToId } = last();
    const value: unknown = last().value;
    assert.deepEqual([type, name, replyToId], ["invoke", "adaptiveCard/action", message.id]);
    assert.deepEqual(value, {
      action: {
        ...{ type: "Action.Execute", id: "take-it", title: "Take", verb: "take" },
        data: { ticket: 7, printer: "Lisbon 2", urgent: "false", floor: "3" },
      },
      trigger: "manual",
    });
    assert.deepEqual(
      handler.asked.map(({ action }) => action.verb),
      ["take"],
    );
    assert.deepEqual(see("Priya Raman"), [TAKEN]);
    assert.deepEqual(see("Tomás Herrera"), [FORM], "for one person alone");
    assert.deepEqual(tenant.readMessages("Outages").at(-1)?.cards, [FORM], "the message is as it was");
    await assert.rejects(press("Take"), { status: 404, message: /it has: "Give back"/ });
    assert.equal((await press("Give back", "Priya Raman", {})).kind, "card");
    assert.equal((await press("Take", "Tomás Herrera")).kind, "card");

    const activity = { id: message.id, type: "message", attachments: [CardFactory.adaptiveCard(TAKEN)] };
    await bot.continue(last(), (context) => context.updateActivity(activity));
    for (const person of ["Priya Raman", "Mira Lindqvist"]) assert.deepEqual(see(person), [TAKEN]);
  });

  const answers: [string, AdaptiveCardInvokeResponse | null, object][] = [
    [
      "words are shown",
      { statusCode: 200, type: TEXT_TYPE, value: "Done." as never },
      { kind: "text", text: "Done." },
    ],
    [
      "a refusal is shown with its reason",
      { statusCode: 403, type: ERROR_TYPE, value: { code: "Forbidden", message: "Not yours." } },
      { kind: "failed", status: 403, message: "Not yours." },
    ],
    [
      "a card that is none is a failure",
      { statusCode: 200, type: CARD_TYPE, value: "card" as never },
      { kind: "failed", status: 200, message: "Something went wrong. Please try again." },
    ],
    [
      "nobody who answers is a failure",
      null,
      { kind: "failed", status: 501, message: "Something went wrong. Please try again." },
    ],
  ];
  for (const [what, answer, shown] of answers) {
    it(`${what}, and the card stays`, async () => {
      await start("Lunch crew");
      handler.answer = answer;
      assert.deepEqual(await press("Take"), shown);
      assert.deepEqual(see("Priya Raman"), [FORM]);
    });
  }

  it("a bot that is not there is asked once, and the person is told", async () => {
    await start("Lunch crew");
    await bot.close();
    const before = tenant.deliveries.length;
    for (const button of ["Send", "Take"]) {
      assert.deepEqual(await press(button), {
        ...{ kind: "failed", status: null, message: "Something went wrong. Please try again." },
      });
    }
    const tried = tenant.deliveries.slice(before).map(({ attempts, state }) => [attempts.length, state]);
    assert.deepEqual(tried, [
      [1, "gave-up"],
      [1, "gave-up"],
    ]);
  });

  it("refuses what nobody could press", async () => {
    await start("Lunch crew");
    const before = tenant.deliveries.length;
    const refused: [string, () => Promise<unknown>, number, RegExp][] = [
      ["somebody else's chat", () => press("Send", "Jonas Okafor"), 403, /not a member/],
      ["no such button", () => press("Nonsense"), 404, /"Send", "Cancel"/],
      ["two of them", () => press("Twin"), 400, /more than one/],
      ["one that is off", () => press("Off"), 400, /not enabled/],
      ["a link", () => press("Read"), 400, /Action.OpenUrl/],
      ["nothing filled in", () => press("Send", "Priya Raman", {}), 400, /"printer" must be/],
      [
        "an input that is not",
        () => press("Send", "Priya Raman", { ...FILLED_IN, x: "" }),
        400,
        /no input "x"/,
      ],
    ];
    for (const [what, run, status, text] of refused) {
      await assert.rejects(run, { status, message: text }, what);
    }
    const own = tenant.say({ person: "Priya Raman", conversation: "Lunch crew", text: "mine" });
    const request = { person: "Priya Raman", message: own, button: "Send" };
    await assert.rejects(tenant.pressButton(request), { status: 400, message: /not the bot's/ });
    assert.equal(tenant.deliveries.length, before, "the bot is told of none of it");
    assert.deepEqual(await press("one"), { kind: "sent" });
  });

  it("tells nothing once the app is gone or switched off, nor of a message that was taken back", async () => {
    await start("Lunch crew");
    await tenant.uninstall("Lunch crew");
    const before = tenant.deliveries.length;
    assert.equal((await press("Send")).kind, "failed");
    assert.equal(tenant.deliveries.length, before);
    await tenant.install("Lunch crew");
    tenant.disableBot("Contoso");
    const installed = tenant.deliveries.length;
    assert.equal((await press("Send")).kind, "failed");
    assert.equal(tenant.deliveries.length, installed);
    tenant.enableBot("Contoso");
    assert.deepEqual(await press("Send"), { kind: "sent" });
    await bot.continue(last(), (context) => context.deleteActivity(message.id));
    await assert.rejects(press("Send"), { status: 404 });
  });
});
