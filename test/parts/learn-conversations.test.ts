import assert from "node:assert/strict";
import { EarshotError } from "../../src/errors.ts";
import type { LearntConversation } from "../../src/storage/heard-conversation.ts";
import { openSqlite } from "../../src/storage/sqlite/open-sqlite.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { forgetConversations } from "../../src/subscriptions/forget-conversations.ts";
import { createLearnConversations, type HeardMessage } from "../../src/subscriptions/learn-conversations.ts";
import { createRecord } from "./subscription-record.ts";
import { useTemporaryFolder } from "./temporary-folder.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const HOUR = 60 * 60_000;
const CHATS = { resource: "/chats/getAllMessages", wantedBy: "chats: all" };
const CHANNELS = { resource: "/teams/getAllMessages", wantedBy: "channels: all" };
const PERSON = { resource: "/users/mira/chats/getAllMessages", wantedBy: "user mira" };

describe("conversations that are known by what is heard there", () => {
  const hear = (
    conversationId: string,
    subscription: HeardMessage["subscription"],
    teamId: string | null = null,
  ): HeardMessage => ({
    message: { tenantId: "tenant", conversationId, replyToId: null, messageId: "1" },
    ...{ teamId, subscription },
  });

  describe("are learnt", () => {
    let learnt: (readonly LearntConversation[])[];
    let failures: EarshotError[];
    const create = () =>
      createLearnConversations({
        rememberedMs: 72 * HOUR,
        storage: {
          learnConversations: async (each) => {
            const failure = failures.shift();
            if (failure) throw failure;
            learnt.push(each);
          },
        },
      });
    const ids = () => learnt.map((each) => each.map(({ conversationId }) => conversationId));
    beforeEach(() => {
      learnt = [];
      failures = [];
    });

    it("with the instant of the first message, to be read in a day", async () => {
      await create()([hear("a", CHATS), hear("b", CHANNELS, "team"), hear("c", PERSON)], NOW);
      assert.deepEqual(
        learnt.flat().map(({ label, teamId, heardUntil, dueAt }) => [label, teamId, heardUntil, dueAt]),
        [
          ["chats: all › a", null, NOW, NOW + 24 * HOUR],
          ["channels: all › b", "team", NOW, NOW + 24 * HOUR],
          ["user mira › c", null, NOW, NOW + 24 * HOUR],
        ],
      );
    });

    const KNOWN = [
      ["a channel's own", "/teams/team/channels/c/messages", "installed"],
      ["a chat's own", "/chats/c/messages", "chat c"],
      ["all chats where the app is", "/appCatalogs/teamsApps/x/installedToChats/getAllMessages", "installed"],
      ["all channels, in place of many", "/teams/getAllMessages", "installed"],
    ] as const;
    for (const [title, resource, wantedBy] of KNOWN) {
      it(`not of ${title}: there it is known what is to be heard`, async () => {
        await create()([hear("c", { resource, wantedBy })], NOW);
        assert.deepEqual(learnt, []);
      });
    }

    it("once, and anew after an hour", async () => {
      const learn = create();
      await learn([hear("a", CHATS), hear("a", CHATS)], NOW);
      await learn([hear("a", CHATS), hear("b", CHATS)], NOW + 1);
      await learn([hear("a", CHATS)], NOW + HOUR);
      assert.deepEqual(ids(), [["a"], ["b"], ["a"]]);
    });

    it("with the next message where the database failed", async () => {
      failures.push(new EarshotError("storage-unavailable", "as planned"));
      const learn = create();
      await assert.rejects(learn([hear("a", CHATS)], NOW), { code: "storage-unavailable" });
      await learn([hear("a", CHATS)], NOW);
      assert.deepEqual(ids(), [["a"]]);
    });
  });

  describe("are forgotten", () => {
    const pathOf = useTemporaryFolder();
    let storage: Storage;
    beforeEach(async () => {
      storage = await openSqlite(pathOf("earshot.db"));
    });
    afterEach(() => storage.close());

    const save = (conversationId: string, label: string, teamId: string | null = "team") =>
      storage.saveConversations([
        { tenantId: "tenant", conversationId, teamId, label, heardUntil: 0, isPolled: false, now: NOW },
      ]);
    const forget = async (wished: string[], ...records: Parameters<typeof createRecord>[2][]) => {
      await forgetConversations(
        wished.map((conversationId) => ({ conversationId })),
        {
          tenantId: "tenant",
          storage,
          records: records.map((change, index) => createRecord(`${index}`, NOW, change)),
        },
      );
      return (await storage.listConversations({})).map(({ conversationId }) => conversationId);
    };

    it("when they are wished for no more, and not before", async () => {
      await save("a", "Ops › a");
      await save("b", "Ops › b");
      assert.deepEqual(await forget(["a", "b"]), ["a", "b"]);
      assert.deepEqual(await forget(["b"]), ["b"]);
    });

    it("whatever they are called", async () => {
      await save("a", "installed › General");
      assert.deepEqual(await forget([], { resource: "/teams/team/channels/b/messages" }), []);
    });

    it("not while they have a subscription of their own", async () => {
      await save("a", "Ops › a");
      await save("c", "Lunch", null);
      const own = [{ resource: "/teams/TEAM/channels/a/messages" }, { resource: "/chats/c/messages" }];
      assert.deepEqual(await forget([], ...own), ["a", "c"]);
      assert.deepEqual(await forget([], { resource: '/chats/c/messages?$search="down"' }), []);
    });

    it("with the entry of `listen:` by which they were learnt", async () => {
      const learn = createLearnConversations({ storage, rememberedMs: 72 * HOUR });
      await learn([hear("a", CHATS), hear("b", PERSON), hear("c", CHANNELS, "team")], NOW);
      assert.deepEqual(await forget([], CHATS, PERSON, CHANNELS), ["a", "b", "c"]);
      assert.deepEqual(await forget([], CHATS, CHANNELS), ["a", "c"]);
      assert.deepEqual(await forget([], { ...CHANNELS, wantedBy: "installed" }), []);
    });

    it("not in another tenant", async () => {
      await save("a", "Ops › a");
      await storage.learnConversations([
        { tenantId: "other", conversationId: "x", teamId: null, label: "x", heardUntil: 0, dueAt: 0 },
      ]);
      assert.deepEqual(await forget([]), ["x"]);
    });
  });
});
