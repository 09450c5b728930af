/** What Teams tells a bot and Earshot has no use for: each is answered, and nothing comes of it. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Delivery } from "../../src/emulator/courier.ts";
import type { PostedMessage } from "../../src/emulator/posted-message.ts";
import { readReplies, setStage, type Stage } from "./stage.ts";

const RULES = `
listen: [installed]
rules:
  - name: printers
    when: { text: [printer] }
    then:
      - react: heart
      - reply: { card: cards/buttons.json }
`;
const CARD = {
  type: "AdaptiveCard",
  version: "1.5",
  body: [{ type: "Input.Text", id: "what", value: "nothing" }],
  actions: [
    { type: "Action.Submit", title: "Send", data: { ticket: 7 } },
    { type: "Action.Submit", title: "Say", data: { msteams: { type: "messageBack", text: "the printer" } } },
    { type: "Action.Execute", title: "Take", verb: "take" },
  ],
};

describe("stays calm", () => {
  let folder: string;
  let stage: Stage;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "earshot-calm-"));
    await mkdir(join(folder, "cards"));
    await writeFile(join(folder, "listener.yaml"), RULES);
    await writeFile(join(folder, "cards/buttons.json"), JSON.stringify(CARD));
    stage = await setStage({ settings: { LISTENER_FILE: join(folder, "listener.yaml") } });
    await stage.waitForSubscriptions(5);
  });
  afterEach(async () => {
    // Fails where something was parked.
    await stage.strike();
    await rm(folder, { recursive: true });
  });

  async function getCard(conversation: string): Promise<PostedMessage> {
    const person = "Mira Lindqvist";
    const said = stage.tenant.say({ person, conversation, text: "the printer smokes" });
    await stage.waitForOutcome(said);
    await stage.waitUntil("the card", () => readReplies(stage, said.conversationId).length === 1);
    const [card] = readReplies(stage, said.conversationId);
    assert.ok(card);
    return card;
  }

  /** By Bot Framework, since then, of this type. */
  async function takeDelivery(since: number, type: string): Promise<Delivery> {
    const find = () =>
      stage.tenant.deliveries.find(
        ({ index, sender, body, state }) =>
          index >= since &&
          sender === "bot-framework" &&
          (body as { type: string }).type === type &&
          state !== "pending",
      );
    await stage.waitUntil(`${type} to be delivered`, () => find() !== undefined);
    const found = find();
    assert.ok(found);
    return found;
  }

  const now = () => (stage.tenant.deliveries.at(-1)?.index ?? -1) + 1;
  const statuses = ({ attempts }: Delivery) => attempts.map(({ status }) => status);

  for (const conversation of ["Outages", "Lunch crew"]) {
    it(`when its own words are reacted to in ${conversation}, when people come and go, when a deletion is undone`, async () => {
      const { tenant } = stage;
      const card = await getCard(conversation);
      for (const on of [true, false]) {
        const since = now();
        tenant.react({ person: "Mira Lindqvist", message: card, type: "like", on });
        assert.deepEqual(statuses(await takeDelivery(since, "messageReaction")), [200]);
      }
      const place = conversation === "Outages" ? "Help Desk" : conversation;
      for (const act of [tenant.removeMember, tenant.addMember]) {
        const since = now();
        await act({ person: "Priya Raman", place });
        assert.deepEqual(statuses(await takeDelivery(since, "conversationUpdate")), [200]);
      }
      const quiet = tenant.say({ person: "Priya Raman", conversation, text: "never mind" });
      await stage.waitForOutcome(quiet);
      tenant.remove(quiet);
      const since = now();
      tenant.undelete(quiet);
      assert.deepEqual(statuses(await takeDelivery(since, "messageUpdate")), [200]);
      // Heard as ever, afterwards.
      await stage.waitForOutcome(tenant.say({ person: "Priya Raman", conversation, text: "hello" }));
      assert.equal(readReplies(stage, card.conversationId).length, 1);
    });

    it(`when buttons of its cards are pressed in ${conversation}`, async () => {
      const { tenant } = stage;
      const message = await getCard(conversation);
      const press = (button: string) => tenant.pressButton({ person: "Priya Raman", message, button });
      assert.deepEqual(await press("Send"), { kind: "sent" });
      assert.deepEqual(await press("Say"), { kind: "sent" });
      const since = now();
      // Nobody takes it, and Teams is told so at once.
      assert.deepEqual(await press("Take"), {
        ...{ kind: "failed", status: 501, message: "Something went wrong. Please try again." },
      });
      assert.deepEqual(statuses(await takeDelivery(since, "invoke")), [501]);
      await stage.waitForOutcome(tenant.say({ person: "Priya Raman", conversation, text: "hello" }));
      assert.equal(readReplies(stage, message.conversationId).length, 1, "a button is no question");
    });
  }
});
