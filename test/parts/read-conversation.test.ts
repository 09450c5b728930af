import assert from "node:assert/strict";
import { readConversation, type ConversationPage } from "../../src/graph/read-conversation.ts";
import { createScriptedGraph, graphError, type ScriptedGraph } from "./scripted-graph.ts";

const SINCE = Date.parse("2026-03-01T12:00:00Z");
const OLDER = "2026-03-01T11:59:59Z";
const YOUNGER = "2026-03-01T12:00:01Z";
const DELTA =
  "GET /teams/team/channels/19%3Ac/messages/delta?$top=50&$expand=replies&$filter=lastModifiedDateTime gt 2026-03-01T12:00:00.000Z";
const LIST = "GET /teams/team/channels/19%3Ac/messages?$top=50&$expand=replies";
const CHAT =
  "GET /chats/19%3Ac/messages?$top=50&$orderby=lastModifiedDateTime desc&$filter=lastModifiedDateTime gt 2026-03-01T12:00:00.000Z";

describe("reading a conversation", () => {
  let graph: ScriptedGraph;
  beforeEach(() => {
    graph = createScriptedGraph();
  });
  const root = (id: string, more: object = {}) => ({ id, lastModifiedDateTime: YOUNGER, ...more });
  const page = (value: unknown[], next: string | null = null, delta: string | null = null) => ({
    value,
    ...(next ? { "@odata.nextLink": next } : {}),
    ...(delta ? { "@odata.deltaLink": delta } : {}),
  });
  const read = async (teamId: string | null = "team", cursor: string | null = null) => {
    const pages: ConversationPage[] = [];
    const asked = { teamId, conversationId: "19:c", since: SINCE, cursor };
    for await (const each of readConversation(graph, asked)) pages.push(each);
    return pages.map(({ messages, ...rest }) => ({
      ids: (messages as ({ id?: string } | null)[]).map((each) => each?.id),
      ...rest,
    }));
  };
  const calls = () => graph.calls.map(({ path }) => path);

  describe("of a channel", () => {
    it("goes by delta, page by page, with the replies, and answers where another reading goes on", async () => {
      graph.answer(DELTA, page([root("1", { replies: [root("2"), root("3")] })], "/next/delta"));
      graph.answer("GET /next/delta", page([root("4")], null, "/later/delta"));
      assert.deepEqual(await read(), [
        { ids: ["1", "2", "3"], cursor: "/next/delta", isLast: false },
        { ids: ["4"], cursor: "/later/delta", isLast: true },
      ]);
    });

    it("goes on to the end of a delta, whatever its pages hold", async () => {
      graph.answer(DELTA, page([root("1", { lastModifiedDateTime: OLDER })], "/next/delta"));
      graph.answer("GET /next/delta", page([root("2")], null, "/later/delta"));
      assert.deepEqual(
        (await read()).map(({ ids }) => ids),
        [["1"], ["2"]],
      );
    });

    it("goes on from a cursor", async () => {
      graph.answer("GET /next/delta", page([root("4")], null, "/later/delta"));
      assert.deepEqual(await read("team", "/next/delta"), [
        { ids: ["4"], cursor: "/later/delta", isLast: true },
      ]);
    });

    it("fetches replies beyond those that came along", async () => {
      graph.answer(DELTA, page([root("1", { replies: [root("2")], "replies@odata.nextLink": "/more" })]));
      graph.answer("GET /more", page([root("3")], "/more/2"), page([root("4")]));
      assert.deepEqual((await read())[0]?.ids, ["1", "2", "3", "4"]);
    });

    for (const code of ["graph-refused", "graph-not-found"] as const) {
      it(`reads the list where there is no delta (${code}), until nothing of a page is young`, async () => {
        graph.answer(DELTA, graphError(code));
        graph.answer(LIST, page([root("1"), root("2", { lastModifiedDateTime: OLDER })], "/list/2"));
        graph.answer("GET /list/2", page([root("3", { lastModifiedDateTime: OLDER })], "/list/3"));
        assert.deepEqual(await read(), [
          { ids: ["1", "2"], cursor: "/list/2", isLast: false },
          { ids: ["3"], cursor: null, isLast: true },
        ]);
      });
    }

    it("takes a young reply to an old message for young", async () => {
      graph.answer(DELTA, graphError("graph-refused"));
      const old = root("1", { lastModifiedDateTime: OLDER, replies: [root("2")] });
      graph.answer(LIST, page([old], "/list/2"));
      graph.answer("GET /list/2", page([]));
      assert.equal((await read()).length, 2);
    });

    for (const [what, cursor] of [
      ["a delta", "/next/delta"],
      ["a list", "/list/2"],
    ] as const) {
      it(`begins anew, by the date, where Graph has forgotten where ${what} stopped`, async () => {
        graph.answer(`GET ${cursor}`, graphError("graph-not-found"));
        graph.answer(DELTA, page([root("1")], null, "/later/delta"));
        assert.deepEqual(await read("team", cursor), [{ ids: ["1"], cursor: "/later/delta", isLast: true }]);
      });
    }

    it("fails where it can be read in no way", async () => {
      graph.answer(DELTA, graphError("graph-not-found"));
      graph.answer(LIST, graphError("graph-not-found", "no such channel"));
      await assert.rejects(read(), { message: "no such channel" });
    });

    it("goes on in the list where it stopped in the list", async () => {
      graph.answer("GET /list/2", page([root("3")]));
      assert.deepEqual(await read("team", "/list/2"), [{ ids: ["3"], cursor: null, isLast: true }]);
      assert.deepEqual(calls(), ["/list/2"]);
    });

    for (const code of [
      "graph-throttled",
      "graph-unavailable",
      "graph-forbidden",
      "token-refused",
    ] as const) {
      it(`fails where Graph fails (${code}), and tries no other way`, async () => {
        graph.answer(DELTA, graphError(code));
        await assert.rejects(read(), { code });
        assert.equal(graph.calls.length, 1);
      });
    }

    it("takes what is no message as it comes: whoever reads it says so", async () => {
      graph.answer(DELTA, { value: [null, 7, "text", { replies: "none" }, root("1")] });
      assert.equal((await read())[0]?.ids.length, 5);
    });
  });

  describe("of a chat", () => {
    it("goes by a list that is ordered and filtered by the same property, to its end", async () => {
      graph.answer(CHAT, page([root("2"), root("1")], "/chat/2"));
      graph.answer("GET /chat/2", page([], "/chat/3"));
      graph.answer("GET /chat/3", page([root("0")]));
      assert.deepEqual(await read(null), [
        { ids: ["2", "1"], cursor: "/chat/2", isLast: false },
        { ids: [], cursor: "/chat/3", isLast: false },
        { ids: ["0"], cursor: null, isLast: true },
      ]);
    });

    it("goes by the plain list where Graph takes no order, until nothing of a page is young", async () => {
      graph.answer(CHAT, graphError("graph-refused"));
      graph.answer("GET /chats/19%3Ac/messages?$top=50", page([root("2"), root("1")], "/chat/2"));
      graph.answer("GET /chat/2", page([root("0", { lastModifiedDateTime: OLDER })], "/chat/3"));
      assert.deepEqual(await read(null), [
        { ids: ["2", "1"], cursor: "/chat/2", isLast: false },
        { ids: ["0"], cursor: null, isLast: true },
      ]);
      assert.ok(!calls()[1]?.includes("orderby"));
    });
  });
});
