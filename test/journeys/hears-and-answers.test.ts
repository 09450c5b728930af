/** The whole path: what people say in the emulated tenant, and what Earshot does about it. Every token is checked. */
import assert from "node:assert/strict";
import { readAgain, readReplies, readText, setStage, type Stage } from "./stage.ts";

const BOT = { mention: { id: "b07b07b0-0000-4000-8000-0000000000b0", name: "Earshot" } };
const MIRA = "Mira Lindqvist";

describe("hears and answers", () => {
  let stage: Stage;

  before(async () => {
    stage = await setStage();
    // Contoso: one for the chats, one for each of its four standard channels.
    await stage.waitForSubscriptions(5);
  });
  after(() => stage.strike());

  const eyes = [{ type: "1f440_eyes", names: ["Earshot"] }];
  const readReactions = (message: Parameters<typeof readAgain>[1]) =>
    readAgain(stage, message).reactions.map(({ type, by }) => ({ type, names: by.map(({ name }) => name) }));

  it("answers an un-mentioned outage in a channel with 👀 and a card, in its thread", async () => {
    const said = stage.tenant.say({ person: MIRA, conversation: "Outages", text: "the wifi is down" });
    await stage.waitForOutcome(said);
    assert.deepEqual(readReactions(said), eyes);
    const [reply, ...more] = readReplies(stage, "Outages");
    assert.deepEqual(more, []);
    assert.equal(reply?.rootId, said.id);
    assert.match(JSON.stringify(reply?.cards), /We heard you, Mira Lindqvist/);
    assert.match(JSON.stringify(reply?.cards), /the wifi is down/);
  });

  it("answers a reply in the thread it stands in", async () => {
    const root = stage.tenant.say({ person: MIRA, conversation: "Building A", text: "Good morning" });
    const reply = {
      person: MIRA,
      conversation: "Building A",
      inThreadOf: root,
      text: "the printer is not working",
    };
    const said = stage.tenant.say(reply);
    await stage.waitForOutcome(said);
    assert.deepEqual(readReactions(said), eyes);
    assert.deepEqual(
      readReplies(stage, "Building A").map(({ rootId }) => rootId),
      [root.id],
    );
  });

  for (const chat of ["Lunch crew", "Weekly stand-up"]) {
    it(`answers in a chat: ${chat}`, async () => {
      const said = stage.tenant.say({
        person: MIRA,
        conversation: chat,
        text: "Is it me, or are mails not working?",
      });
      await stage.waitForOutcome(said);
      assert.deepEqual(readReactions(said), eyes);
      assert.equal(readReplies(stage, chat).length, 1);
    });
  }

  it("answers a question with text, and thanks with a heart", async () => {
    const question = stage.tenant.say({
      person: MIRA,
      conversation: "Help Desk/General",
      text: "I forgot my password",
    });
    const thanks = stage.tenant.say({ person: MIRA, conversation: "Help Desk/General", text: "Thanks!" });
    await Promise.all([stage.waitForOutcome(question), stage.waitForOutcome(thanks)]);
    const [reply, ...more] = readReplies(stage, "Help Desk/General");
    assert.deepEqual(more, []);
    assert.equal(reply?.rootId, question.id);
    assert.match(readText(reply), /^Mira Lindqvist, you can set a new password yourself/);
    assert.deepEqual(readReactions(thanks), [{ type: "heart", names: ["Earshot"] }]);
  });

  it("is silent where no rule fits, and says why", async () => {
    const said = stage.tenant.say({ person: MIRA, conversation: "Outages", text: "Lunch at twelve?" });
    assert.equal((await stage.waitForOutcome(said)).code, "no-rule");
    assert.deepEqual(readReactions(said), []);
  });

  it("does not answer itself: its own messages come back through Graph and end there", async () => {
    const own = readReplies(stage, "Outages")[0]!;
    const decided = await stage.waitForOutcome(own, 1);
    assert.deepEqual([decided.ear, decided.result, decided.code], ["graph", "silent", "own-message"]);
  });

  it("takes a mention as a conversation with it, not as a rule's business", async () => {
    const parts = [BOT, { text: " the wifi is down" }];
    const said = stage.tenant.say({ person: MIRA, conversation: "Facilities/General", parts });
    const outcome = await stage.waitForOutcome(said);
    assert.equal(outcome.rule, "conversation-help");
    assert.deepEqual(readReactions(said), []);
    assert.match(JSON.stringify(readReplies(stage, "Facilities/General")[0]?.cards), /I am Earshot/);
  });

  it("answers `status` with where it listens in this team, and where it cannot", async () => {
    const said = stage.tenant.say({
      person: MIRA,
      conversation: "Help Desk/General",
      parts: [BOT, { text: " status" }],
    });
    await stage.waitForOutcome(said);
    const card = JSON.stringify(readReplies(stage, "Help Desk/General").at(-1)?.cards);
    assert.match(card, /Help Desk › Outages/);
    assert.match(card, /listening, to be renewed before/);
    assert.match(
      card,
      /Help Desk › Vendors.*read regularly instead: Graph tells nothing of shared and private channels/,
    );
    assert.doesNotMatch(card, /Facilities/);
  });

  it("talks in a personal chat, and leaves Graph's copy of that talk alone", async () => {
    const said = stage.tenant.say({ person: MIRA, conversation: "personal", text: "help" });
    await stage.waitForTrace("the reply", ({ rule, step, message }) => {
      return step === "replied" && rule === "conversation-help" && message?.messageId === said.id;
    });
    const copy = await stage.waitForTrace("Graph's copy", ({ step, ear, message }) => {
      return step === "decided" && ear === "graph" && message?.messageId === said.id;
    });
    assert.equal(copy.code, "personal-chat");
    assert.equal(readReplies(stage, said.conversationId).length, 1);
  });

  it("answers a mention in a shared channel, where Graph and un-mentioned messages do not reach", async () => {
    const said = stage.tenant.say({ person: MIRA, conversation: "Vendors", parts: [BOT, { text: " help" }] });
    await stage.waitForOutcome(said, 1);
    assert.equal(readReplies(stage, "Vendors").length, 1);

    const asked = stage.tenant.say({
      person: MIRA,
      conversation: "Vendors",
      parts: [BOT, { text: " status" }],
    });
    await stage.waitForOutcome(asked, 1);
    const card = JSON.stringify(readReplies(stage, "Vendors").at(-1)?.cards);
    assert.match(card, /Help Desk › Outages/);
    assert.doesNotMatch(card, /Chats with Earshot/);
  });

  it("keeps the order of a conversation and answers each message of a burst once", async () => {
    const before = readReplies(stage, "Lunch crew").length;
    // More than Teams takes of a bot at once: it waits, and loses neither a message nor the order.
    const burst = Array.from({ length: 20 }, (_, index) => {
      return stage.tenant.say({ person: MIRA, conversation: "Lunch crew", text: `line ${index} is down` });
    });
    await Promise.all(burst.map((message) => stage.waitForOutcome(message)));
    const said = readReplies(stage, "Lunch crew")
      .slice(before)
      .map(({ cards }) => /line \d+ is down/.exec(JSON.stringify(cards))?.[0]);
    assert.deepEqual(said, burst.map(readText));
  });

  it("is silent to Graph's repetition of a delivery", async () => {
    const before = readReplies(stage, "Outages").length;
    const past = stage.tenant.deliveries.filter(
      ({ sender, state, body }) =>
        sender === "graph" &&
        state === "delivered" &&
        (body as { value: { changeType?: string }[] }).value[0]?.changeType === "created",
    );
    const duplicates = stage.traces.filter(({ result }) => result === "duplicate").length;
    for (const { index } of past) await stage.tenant.deliverAgain(index);
    await stage.waitUntil("the duplicates", () => {
      return stage.traces.filter(({ result }) => result === "duplicate").length >= duplicates + past.length;
    });
    const marker = stage.tenant.say({ person: MIRA, conversation: "Outages", text: "thank you" });
    await stage.waitForOutcome(marker);
    assert.equal(readReplies(stage, "Outages").length, before);
  });

  it("is not moved by an edit, a reaction or a deletion", async () => {
    const said = stage.tenant.say({ person: MIRA, conversation: "Outages", text: "hello all" });
    await stage.waitForOutcome(said);
    const before = readReplies(stage, "Outages").length;
    stage.tenant.edit(said, { text: "the wifi is down" });
    stage.tenant.react({ person: MIRA, message: said, type: "like" });
    stage.tenant.remove(said);
    const marker = stage.tenant.say({ person: MIRA, conversation: "Outages", text: "thank you" });
    await stage.waitForOutcome(marker);
    assert.equal(readReplies(stage, "Outages").length, before);
  });

  it("listens to a channel that is added later", async () => {
    stage.tenant.addChannel("Help Desk", "Printers");
    await stage.waitForSubscriptions(6);
    const said = stage.tenant.say({ person: MIRA, conversation: "Printers", text: "the big one is down" });
    await stage.waitForOutcome(said);
    assert.equal(readReplies(stage, "Printers").length, 1);
  });

  it("was let in everywhere it knocked but in shared and private channels, with a token for each call", () => {
    const refused = stage.tenant.calls.filter(({ status }) => status >= 400);
    const { channels } = stage.tenant.organisations[0]!.teams[0]!;
    const [leads] = channels.filter(({ kind }) => kind === "private");
    const asked = refused.filter(({ path }) => !path.includes(encodeURIComponent(leads!.id)));
    assert.deepEqual(
      asked.map(({ method, path, status }) => `${method} ${path} ${status}`),
      ["POST /v1.0/subscriptions 403", "POST /v1.0/subscriptions 403"],
    );
    assert.ok(stage.tenant.calls.some(({ area }) => area === "graph"));
    assert.ok(stage.tenant.calls.some(({ area }) => area === "connector"));
  });

  it("falls silent where it is uninstalled, and gives its subscriptions back", async () => {
    await stage.tenant.uninstall("Facilities");
    await stage.waitForSubscriptions(4);
    const facilities = stage.tenant.organisations[0]!.teams.find(({ name }) => name === "Facilities")!;
    const left = stage.tenant.subscriptions().filter(({ resource }) => resource.includes(facilities.id));
    assert.deepEqual(left, []);
    const before = readReplies(stage, "Building A").length;
    stage.tenant.say({ person: MIRA, conversation: "Building A", text: "the lift is down" });
    const marker = stage.tenant.say({ person: MIRA, conversation: "Outages", text: "thank you" });
    await stage.waitForOutcome(marker);
    assert.equal(readReplies(stage, "Building A").length, before);
  });
});
