/** What was said in a conversation while something from before was missing waits until that was read back. */
import assert from "node:assert/strict";
import type { ConversationAddress } from "../../src/model/trace.ts";
import { createNotification } from "../parts/waiting-notification.ts";
import { useStage, type Engine } from "./storage-conformance-stage.ts";

const GAP = { heardUntil: 500, reason: "downtime", now: 1_000 } as const;
const converse = (address: ConversationAddress) => ({
  ...{ ...address, teamId: "team", label: "Ops › a", heardUntil: 100, isPolled: false, now: 1_000 },
});

export function describeHolds(engine: Engine): void {
  const stage = useStage(engine);

  it("gives no message of a conversation while what was said before is read back, but for so long", async () => {
    const held = createNotification({ messageId: "2" });
    const free = createNotification({ messageId: "3", conversationId: "19:free" });
    const { conversationId, tenantId } = held.message;
    await stage.storage.saveConversations([converse({ conversationId, tenantId })]);
    await stage.storage.openGaps({ ...GAP, holdUntil: 5_000 });
    await stage.storage.addNotifications([held, free]);
    const claim = async (now: number) =>
      (await stage.storage.claimNotifications({ limit: 9, now })).map(({ message }) => message.messageId);
    assert.deepEqual(await claim(4_999), ["3"]);
    assert.deepEqual(await claim(5_000), ["2"]);
  });

  it("gives them as soon as it is read, in the order in which they were said", async () => {
    const later = createNotification({ messageId: "20" });
    const earlier = createNotification({ messageId: "10" });
    const { conversationId, tenantId } = later.message;
    await stage.storage.saveConversations([converse({ conversationId, tenantId })]);
    await stage.storage.openGaps({ ...GAP, holdUntil: 5_000 });
    await stage.storage.addNotifications([later]);
    assert.deepEqual(await stage.storage.claimNotifications({ limit: 9, now: 2_000 }), []);
    await stage.storage.addNotifications([earlier]);
    const [{ openedAt } = { openedAt: 0 }] = await stage.storage.listConversations({ tenantId });
    await stage.storage.finishReading({
      ...{ tenantId, conversationId, openedAt, heardUntil: 900, dueAt: 9_000, pollMs: null, cursor: null },
    });
    const [claim] = await stage.storage.claimNotifications({ limit: 9, now: 2_000 });
    assert.equal(claim?.message.messageId, "10");
  });

  it("gives none of a long queue, either, that waits for what was said before", async () => {
    // More than are looked at one by one.
    const queue = Array.from({ length: 1_010 }, (_, index) =>
      createNotification({ messageId: `${1 + index}` }),
    );
    const free = createNotification({ messageId: "9999", conversationId: "19:free" }, { receivedAt: 9_000 });
    const { conversationId, tenantId } = queue[0]!.message;
    await stage.storage.saveConversations([converse({ conversationId, tenantId })]);
    await stage.storage.openGaps({ ...GAP, holdUntil: 5_000 });
    await stage.storage.addNotifications([...queue, free]);
    const claim = async (now: number) =>
      (await stage.storage.claimNotifications({ limit: 9, now })).map(({ message }) => message.messageId);
    assert.deepEqual(await claim(4_999), ["9999"]);
    assert.deepEqual(await claim(5_000), ["1"]);
  });
}
