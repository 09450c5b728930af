import assert from "node:assert/strict";
import type { SubscriptionRecord } from "../../src/storage/subscription-record.ts";
import { describeEars } from "../../src/subscriptions/describe-ears.ts";
import { createRecord } from "./subscription-record.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const HOUR = 60 * 60_000;
const MESSAGE = { tenantId: "tenant", conversationId: "19:c", replyToId: "", messageId: "1" };

describe("where the bot hears, for people", () => {
  const describeOne = (change: Partial<SubscriptionRecord>) => {
    const record = createRecord("c", NOW, {
      ...{ resource: "/chats/getAllMessages", label: "chats: all", subscriptionId: "id" },
      ...{ expiresAt: NOW + HOUR, renewAt: NOW + HOUR / 2, ...change },
    });
    return describeEars(MESSAGE, { subscriptions: [record], deaf: [], teamId: null, now: NOW });
  };
  const CASES: readonly [title: string, change: Partial<SubscriptionRecord>, state: string][] = [
    ["a subscription that stands", {}, "listening, to be renewed before 2026-03-01 13:00 UTC"],
    ["one that Graph has not answered", { subscriptionId: null, expiresAt: 0 }, "being subscribed"],
    [
      "one that was removed",
      { expiresAt: 0 },
      "not listening: the subscription has ended, and is to be made anew",
    ],
    [
      "one that has expired",
      { expiresAt: NOW },
      "not listening: the subscription has ended, and is to be made anew",
    ],
    [
      "one that should have been renewed long ago",
      { renewAt: NOW - 3 * HOUR },
      "listening until 2026-03-01 13:00 UTC, and not renewed though it is time",
    ],
  ];
  for (const [title, change, state] of CASES) {
    it(`says of ${title}: ${state}`, () => {
      assert.deepEqual(describeOne(change), [{ name: "chats: all", state }]);
    });
  }
});
