/** `earshot replay` on a storage in memory: its words, its list, and what it brings back. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { ERROR_DISPOSITIONS } from "../../src/errors.ts";
import type { NotificationId } from "../../src/model/ids.ts";
import { explainParkedCode, PARKABLE_CODES } from "../../src/operator/explain-parked-code.ts";
import { parseReplayWords, replay, type ReplayRequest } from "../../src/operator/replay.ts";
import type { ParkedFilter, ParkedNotification, Storage } from "../../src/storage/storage.ts";

const TENANT = "2432b57b-0abd-43db-aa7b-16eadd115d34";
const OTHER_TENANT = "0e0e0e0e-0000-4000-8000-00000000000e";
const CHANNEL = "19:4a95f7d8db4c4e7fae857bcebe0623e6@thread.tacv2";

const createParked = (
  id: number,
  change: Partial<Omit<ParkedNotification, "id" | "message">> = {},
  message: Partial<ParkedNotification["message"]> = {},
): ParkedNotification => ({
  id: id as NotificationId,
  ear: "graph",
  message: {
    tenantId: TENANT,
    conversationId: CHANNEL,
    replyToId: null,
    messageId: String(1000 + id),
    ...message,
  },
  changeType: "created",
  code: "key-missing",
  receivedAt: Date.UTC(2026, 10, 20, 3, 0, id),
  parkedAt: Date.UTC(2026, 10, 20, 4, 0, id),
  ...change,
});

const THREE: readonly ParkedNotification[] = [
  createParked(1),
  createParked(
    2,
    { code: "token-refused", ear: "bot-framework" },
    { tenantId: OTHER_TENANT, replyToId: "900" },
  ),
  createParked(3, { changeType: "updated" }, { tenantId: OTHER_TENANT, conversationId: "19:b@thread.v2" }),
];

/** The three operations that the command asks of a storage, as their contract says. */
function createParkedStorage(parked: readonly ParkedNotification[]) {
  let kept = [...parked];
  const fits =
    ({ tenantId, code, id }: ParkedFilter) =>
    (one: ParkedNotification) =>
      (tenantId === undefined || one.message.tenantId === tenantId) &&
      (code === undefined || one.code === code) &&
      (id === undefined || one.id === id);
  const storage: Pick<Storage, "listParked" | "replayParked" | "readCounts"> = {
    listParked: async ({ limit, ...filter }) => kept.filter(fits(filter)).slice(0, limit),
    replayParked: async (filter) => {
      const before = kept.length;
      kept = kept.filter((one) => !fits(filter)(one));
      return before - kept.length;
    },
    readCounts: async () => ({ waiting: 4, claimed: 1, done: 9, parked: kept.length }),
  };
  return { storage, readIds: () => kept.map(({ id }) => Number(id)) };
}

async function run(words: readonly string[], parked: readonly ParkedNotification[] = THREE) {
  const request = parseReplayWords(words);
  assert.ok(!("misuse" in request), JSON.stringify(request));
  const { storage, readIds } = createParkedStorage(parked);
  const lines: string[] = [];
  const code = await replay(request, storage, (line) => lines.push(line));
  return { code, lines, text: lines.join("\n"), left: readIds() };
}

describe("earshot replay's words", () => {
  const LIST: ReplayRequest = { chosen: null, limit: 50, isJson: false };
  for (const [words, request] of [
    [[], LIST],
    [["--json"], { ...LIST, isJson: true }],
    [["--limit", "7"], { ...LIST, limit: 7 }],
    [["--all"], { ...LIST, chosen: {} }],
    [["--code", "wire-shape"], { ...LIST, chosen: { code: "wire-shape" } }],
    [["--id=12", "--json"], { ...LIST, chosen: { id: 12 }, isJson: true }],
    [["--tenant", TENANT.toUpperCase()], { ...LIST, chosen: { tenantId: TENANT } }],
    [
      ["--tenant", TENANT, "--code", "unexpected"],
      { ...LIST, chosen: { code: "unexpected", tenantId: TENANT } },
    ],
  ] as const) {
    it(`are understood: ${words.join(" ") || "none"}`, () => {
      assert.deepEqual(parseReplayWords(words), request);
    });
  }

  for (const [words, misuse] of [
    [["--al"], /Unknown option '--al'\.$/],
    [["all"], /Unexpected argument 'all'\.$/],
    [["--all", "12"], /Unexpected argument '12'\.$/],
    [["--all", "--id", "12"], /--all brings back everything/],
    [["--all=yes"], /'--all' does not take an argument\.$/],
    [["--all", "--limit", "3"], /--limit is for the list/],
    [["--code", "wire-shape", "--limit", "3"], /--limit is for the list/],
    [["--code"], /'--code <value>' argument missing\.$/],
    [["--code", "--json"], /'--code' argument is ambiguous\.$/],
    [["--code", "wire-shap"], /--code is one of .*wire-shape.* Found: "wire-shap"\.$/],
    [["--code", "config-invalid"], /--code is one of/],
    [["--code", "toString"], /--code is one of/],
    [["--tenant", " "], /--tenant is the id of a tenant/],
    [["--id", "0"], /--id is a whole number from 1\. Found: "0"\.$/],
    [["--id", "1.5"], /--id is a whole number/],
    [["--id", "12a"], /--id is a whole number/],
    [["--id", "9007199254740993"], /--id is a whole number/],
    [["--id="], /--id is a whole number/],
    [["--limit", "-1"], /'--limit' argument is ambiguous/],
    [["--limit", "0"], /--limit is a whole number/],
  ] as const) {
    it(`are misuse: ${words.join(" ")}`, () => {
      const parsed = parseReplayWords(words);
      assert.ok("misuse" in parsed, JSON.stringify(parsed));
      assert.match(parsed.misuse, misuse);
    });
  }

  it("bring nothing back that was not asked for, in whatever mixture they come", () => {
    const word = fc.oneof(
      fc.constantFrom(
        "--all",
        "--code",
        "--tenant",
        "--id",
        "--limit",
        "--json",
        "key-missing",
        TENANT,
        "12",
        "--",
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (words) => {
        const parsed = parseReplayWords(words);
        if ("misuse" in parsed || parsed.chosen === null) return;
        const isAll = Object.keys(parsed.chosen).length === 0;
        assert.equal(isAll, words.includes("--all"));
        for (const [key, option] of [
          ["code", "--code"],
          ["tenantId", "--tenant"],
          ["id", "--id"],
        ] as const) {
          assert.equal(
            key in parsed.chosen,
            words.some((one) => one === option || one.startsWith(`${option}=`)),
          );
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("earshot replay", () => {
  it("finds all well where nothing is parked", async () => {
    assert.deepEqual(await run([], []), {
      code: 0,
      lines: ["Nothing is parked."],
      text: "Nothing is parked.",
      left: [],
    });
  });

  it("lists what is parked, with cause and remedy of each code, and changes nothing", async () => {
    const { code, lines, left } = await run([]);
    assert.equal(code, 1);
    assert.deepEqual(left, [1, 2, 3]);
    const pad = (tenant: string, conversation: string) => `${tenant}  ${conversation.padEnd(CHANNEL.length)}`;
    assert.deepEqual(lines, [
      "Parked: 3.",
      "",
      `id  parked (UTC)         code           ear            ${pad("tenant".padEnd(36), "conversation")}  message`,
      `1   2026-11-20 04:00:01  key-missing    graph          ${pad(TENANT, CHANNEL)}  1001`,
      `2   2026-11-20 04:00:02  token-refused  bot-framework  ${pad(OTHER_TENANT, CHANNEL)}  900/1002`,
      `3   2026-11-20 04:00:03  key-missing    graph          ${pad(OTHER_TENANT, "19:b@thread.v2")}  1003 (updated)`,
      "",
      `key-missing: ${explainParkedCode("key-missing").cause}`,
      `  ${explainParkedCode("key-missing").remedy}`,
      `token-refused: ${explainParkedCode("token-refused").cause}`,
      `  ${explainParkedCode("token-refused").remedy}`,
      "",
      "Once the cause is mended, bring them back: earshot replay --all, or by --code, --tenant or --id.",
    ]);
  });

  it("lists no more than it was told to, and says how many there are", async () => {
    const some = await run(["--limit", "2"]);
    assert.match(some.text, /^Parked: 3\. These are the first 2, the longest parked; --limit lists more\./);
    assert.match(some.text, /1002$/m);
    assert.doesNotMatch(some.text, /1003/);
    assert.match((await run(["--limit", "3"])).text, /^Parked: 3\.\n/);
  });

  it("lists for a machine", async () => {
    const { code, lines } = await run(["--json", "--limit", "2"]);
    assert.equal(code, 1);
    assert.equal(lines.length, 1);
    assert.deepEqual(JSON.parse(lines[0]!), {
      parked: 3,
      listed: [
        {
          id: 1,
          code: "key-missing",
          ...explainParkedCode("key-missing"),
          parkedAt: "2026-11-20T04:00:01.000Z",
          receivedAt: "2026-11-20T03:00:01.000Z",
          ear: "graph",
          changeType: "created",
          tenantId: TENANT,
          conversationId: CHANNEL,
          replyToId: null,
          messageId: "1001",
        },
        {
          id: 2,
          code: "token-refused",
          ...explainParkedCode("token-refused"),
          parkedAt: "2026-11-20T04:00:02.000Z",
          receivedAt: "2026-11-20T03:00:02.000Z",
          ear: "bot-framework",
          changeType: "created",
          tenantId: OTHER_TENANT,
          conversationId: CHANNEL,
          replyToId: "900",
          messageId: "1002",
        },
      ],
    });
    assert.deepEqual(await run(["--json"], []), {
      code: 0,
      lines: ['{"parked":0,"listed":[]}'],
      text: '{"parked":0,"listed":[]}',
      left: [],
    });
  });

  for (const [words, left] of [
    [["--all"], []],
    [["--code", "key-missing"], [2]],
    [["--tenant", OTHER_TENANT], [1]],
    [
      ["--tenant", OTHER_TENANT, "--code", "key-missing"],
      [1, 2],
    ],
    [
      ["--id", "2"],
      [1, 3],
    ],
  ] as const) {
    it(`brings back what fits: ${words.join(" ")}`, async () => {
      const result = await run(words);
      assert.equal(result.code, 0);
      assert.deepEqual(result.left, left);
      const [first, second] = result.lines;
      assert.match(first!, new RegExp(`^Brought back: ${3 - left.length}\\. .*within a second`));
      assert.equal(second, left.length === 0 ? undefined : `Still parked: ${left.length}.`);
      const forMachine = await run([...words, "--json"]);
      assert.deepEqual(JSON.parse(forMachine.text), { replayed: 3 - left.length, parked: left.length });
    });
  }

  it("finds nothing wrong where nothing fits, but for an id that is not there", async () => {
    const byCode = await run(["--code", "wire-shape"]);
    assert.deepEqual([byCode.code, byCode.left], [0, [1, 2, 3]]);
    assert.equal(byCode.text, "Nothing that is parked fits. Parked is: 3; see earshot replay.");
    assert.deepEqual(await run(["--all"], []), {
      code: 0,
      lines: ["Nothing that is parked fits."],
      text: "Nothing that is parked fits.",
      left: [],
    });
    assert.deepEqual([(await run(["--id", "3"])).code, (await run(["--id", "4"])).code], [0, 1]);
  });

  it("has words for each code under which something can be parked, and for one it does not know", async () => {
    const parkable = Object.entries(ERROR_DISPOSITIONS).flatMap(([code, disposition]) =>
      disposition === "stop" ? [] : [code],
    );
    assert.deepEqual(PARKABLE_CODES.toSorted(), parkable.toSorted());
    for (const code of [...parkable, "of-tomorrow", "constructor"]) {
      const { cause, remedy } = explainParkedCode(code);
      assert.match(cause, /^[A-Z].*\.$/);
      assert.match(remedy, /^[A-Z].*\.$/);
      assert.ok((await run([], [createParked(1, { code })])).text.includes(`${code}: ${cause}\n  ${remedy}`));
    }
    assert.match(explainParkedCode("constructor").cause, /does not know the code/);
  });

  it("lets no id steer the terminal, whatever came from outside", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "binary" }),
        fc.string({ unit: "binary" }),
        async (conversationId, messageId) => {
          const parked = [createParked(1, {}, { conversationId, messageId }), createParked(2)];
          const { lines } = await run([], parked);
          assert.ok(lines.every((line) => !/[\p{Cc}\p{Cf}\p{Cs}]/u.test(line)));
          // One row each, whatever line breaks they hold.
          assert.deepEqual(
            lines.slice(3, 5).map((line) => line[0]),
            ["1", "2"],
          );
        },
      ),
    );
    assert.match((await run([], [createParked(1, {}, { messageId: "\u001b[2J1" })])).text, /  \?\[2J1$/m);
  });
});
