/** Every kind of message over the control API. */
import assert from "node:assert/strict";
import type { PostedMessage } from "../../src/emulator/posted-message.ts";
import { createControlClient, type ControlClient } from "./emulator-control-client.ts";
import { startSubscriber, type Subscriber } from "./emulator-subscriber.ts";

const LUNCH = "Lunch crew";
const MIRA = "Mira Lindqvist";

describe("emulated tenant: kinds of messages by the control API", () => {
  let subscriber: Subscriber;
  let control: ControlClient;

  before(async () => {
    subscriber = await startSubscriber();
    control = createControlClient(subscriber.tenant.url);
  });
  after(() => subscriber.close());

  const act = async (name: string, args: object) => (await control.run(name, args)) as PostedMessage;
  const at = (conversation: string) => ({ person: MIRA, conversation });

  it("says what hangs on a message, with and without words", async () => {
    const root = await act("say", {
      ...{ ...at("Outages"), text: "see", subject: "VPN", importance: "high" },
      attachments: [
        { file: "plan.docx" },
        { card: { type: "AdaptiveCard" } },
        { code: "exit()", language: "python" },
      ],
      images: [{ alt: "a map", widthPx: 8, heightPx: 8 }],
    });
    assert.deepEqual(
      [root.subject, root.importance, root.cards],
      ["VPN", "high", [{ type: "AdaptiveCard" }]],
    );
    assert.deepEqual(
      root.attachments?.map(({ kind }) => kind),
      ["file", "code"],
    );
    const [picture] = root.pictures ?? [];
    assert.deepEqual([picture?.alt, picture?.widthPx], ["a map", 8]);
    assert.match(picture?.src ?? "", /^data:image\/png;base64,iVBORw0KGgo/);
    const asked = await act("say", { ...at(LUNCH), text: "Pizza?" });
    const quoted = await act("say", { ...at(LUNCH), text: "Yes", quoting: asked.key });
    assert.deepEqual(quoted.attachments?.[0]?.id, asked.id);
    const listed = await act("say", { ...at(LUNCH), html: "<ul><li>pasta</li><li>pizza</li></ul>" });
    assert.deepEqual(listed.parts, [{ text: "pasta\npizza" }]);
    const forwarded = await act("say", { ...at(LUNCH), forwarding: root.key });
    assert.deepEqual([forwarded.parts, forwarded.attachments?.[0]?.kind], [[{ text: "" }], "forward"]);
  });

  it("says what others say, and does what becomes of it", async () => {
    const app = { id: "5d1a7a3e-9c57-4be0-8a36-7c1f20b9e644", name: "Jira", type: "outgoingWebhook" };
    const byApp = await act("sayAsApp", { app, conversation: LUNCH, text: "INC1" });
    assert.deepEqual([byApp.sender.name, byApp.sender.isBot], ["Jira", true]);
    const event = await act("postSystemEvent", { conversation: LUNCH, event: "callStarted", by: MIRA });
    assert.deepEqual(
      [event.systemEvent, event.parts],
      ["callStarted", [{ text: `${MIRA} started a call.` }]],
    );
    const said = await act("say", { ...at(LUNCH), text: "4111 1111" });
    await act("remove", { message: said.key });
    assert.deepEqual((await act("undelete", { message: said.key })).parts, said.parts);
    const blocked = await act("blockByPolicy", { message: said.key, conditions: ["Passport number"] });
    assert.deepEqual(blocked.policyViolation, { action: "blockAccess", conditions: ["Passport number"] });
    for (const name of ["hideChat", "unhideChat", "markChatUnread", "markChatRead"]) {
      assert.equal((await control.act(name, { person: MIRA, chat: LUNCH })).status, 200);
    }
    const renamed = (await control.run("renameChat", { chat: LUNCH, name: "Dinner crew" })) as {
      name: string;
    };
    assert.equal(renamed.name, "Dinner crew");
  });

  it("refuses what is nothing, and what it does not know", async () => {
    const refused: readonly [name: string, args: object, message: RegExp][] = [
      ["say", at("Outages"), /`text` or by `parts`/],
      ["say", { ...at("Outages"), subject: "alone" }, /`text` or by `parts`/],
      ["say", { ...at("Outages"), html: '<at id="0">Priya</at>' }, /`parts`/],
      ["say", { ...at("Outages"), text: "x", attachments: [{ video: "x" }] }, /attachments/],
      ["say", { ...at("Outages"), text: "x", images: [{ alt: "x", widthPx: 100_000 }] }, /images/],
      ["postSystemEvent", { conversation: "Outages", event: "lunchStarted" }, /event/],
      ["blockByPolicy", { message: "x", action: "burn" }, /action/],
    ];
    for (const [name, args, message] of refused) {
      const { status, json } = await control.act(name, args);
      assert.equal(status, 400, name);
      assert.match(json.error?.message ?? "", message);
    }
  });
});
