import assert from "node:assert/strict";
import type { HeardConversation } from "../../src/storage/heard-conversation.ts";
import { forgetConversations } from "../../src/subscriptions/forget-conversations.ts";
import { createRecord } from "./subscription-record.ts";

const conversation = (
  conversationId: string,
  teamId: string | null,
  label = conversationId,
): HeardConversation => ({
  ...{ tenantId: "tenant", conversationId, teamId, label, heardUntil: 0, gap: null, openedAt: 0 },
  ...{ dueAt: 0, cursor: null, attempts: 0, fault: null, pollMs: null },
});

describe("forgetting conversations", () => {
  const forget = async (
    known: readonly HeardConversation[],
    wished: readonly string[],
    resources: readonly string[],
  ) => {
    const removed: string[] = [];
    await forgetConversations(
      wished.map((conversationId) => ({ conversationId })),
      {
        tenantId: "tenant",
        records: resources.map((resource) => createRecord("x", 0, { resource, wantedBy: "chats: all" })),
        storage: {
          listConversations: async () => known,
          removeConversations: async (gone) => {
            removed.push(...gone.map(({ conversationId }) => conversationId));
          },
        },
      },
    );
    return removed;
  };
  const CHANNEL = conversation("19:a", "team");
  const CHAT = conversation("19:c", null);
  const LEARNT = conversation("19:l", null, "chats: all › 19:l");

  const TABLE: readonly (readonly [
    title: string,
    wished: readonly string[],
    resources: readonly string[],
    removed: readonly string[],
  ])[] = [
    ["what is wished for stays", ["19:a", "19:c"], [], ["19:l"]],
    ["what is wished for no more goes", ["19:c"], [], ["19:a", "19:l"]],
    ["what has a subscription stays", ["19:c"], ["/teams/team/channels/19:a/messages"], ["19:l"]],
    [
      "what is heard by its words alone does not stay for that",
      ["19:c"],
      ["/teams/team/channels/19:a/messages?$search=word"],
      ["19:a", "19:l"],
    ],
    ["what one for all chats has taught stays with it", [], ["/chats/getAllMessages"], ["19:a", "19:c"]],
  ];
  for (const [title, wished, resources, removed] of TABLE) {
    it(title, async () => {
      assert.deepEqual(await forget([CHANNEL, CHAT, LEARNT], wished, resources), removed);
    });
  }
});
