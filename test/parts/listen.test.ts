/** `listen:`: what may stand there, what is wrong with the rest, and which resources Graph is asked for. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { stringify } from "yaml";
import { EarshotError } from "../../src/errors.ts";
import type { ListenEntry } from "../../src/model/listen.ts";
import { LISTEN_FORMS } from "../../src/rules/listen-grammar.ts";
import { parseRuleBook } from "../../src/rules/rule-book.ts";
import { formatListenResources } from "../../src/subscriptions/format-listen-resource.ts";
import { readResourceScope } from "../../src/subscriptions/resource-scope.ts";

const ADA = "0a1b2c3d-0000-4000-8000-00000000000a";
const TEAM = "0a1b2c3d-0000-4000-8000-00000000000b";
const CHAT = "19:4a95f7d8db4c4e7fae857bcebe0623e6@thread.v2";
const MEETING = "19:meeting_MGExYjJjM2Q@thread.v2";
const BETWEEN_TWO = `19:${ADA}_${TEAM}@unq.gbl.spaces`;
const CHANNEL = "19:4a95f7d8db4c4e7fae857bcebe0623e6@thread.tacv2";
const GENERAL = "19:pm-Xy_7hQ1@thread.tacv2";
const OLD_CHANNEL = "19:fbc4cd1ea9ff4cd89cf1d734cf9e3c87@thread.skype";

const parse = (text: string) => parseRuleBook({ file: "listener.yaml", text, readCard: () => null });
const write = (...entries: readonly string[]) =>
  `listen:\n${entries.map((entry) => `  - ${entry}\n`).join("")}rules: []`;

/** The faults, a row each, without file and line. */
function readFaults(text: string): string[] {
  try {
    parse(text);
  } catch (error) {
    assert.ok(error instanceof EarshotError && error.code === "listener-file-invalid", String(error));
    const [, ...rows] = error.message.split("\n");
    return rows.map((row) => row.replace(/^ {2}listener\.yaml:/, ""));
  }
  return [];
}

const entryOf = (written: string) => {
  const [entry, ...others] = parse(write(written)).listen;
  assert.ok(entry && others.length === 0);
  return entry;
};

describe("an entry of `listen:`", () => {
  const encrypted = { content: "encrypted" } as const;
  const CASES: readonly [written: string, entry: ListenEntry, resources: readonly string[]][] = [
    ["installed", { kind: "installed", ...encrypted, wantedBy: "installed" }, []],
    ["{ installed: all }", { kind: "installed", ...encrypted, wantedBy: "installed" }, []],
    [
      "{ installed: all, content: fetch }",
      { kind: "installed", content: "fetch", wantedBy: "installed" },
      [],
    ],
    ["chats: all", { kind: "all-chats", ...encrypted, wantedBy: "chats: all" }, ["/chats/getAllMessages"]],
    [
      "{ channels: all, content: fetch }",
      { kind: "all-channels", content: "fetch", wantedBy: "channels: all" },
      ["/teams/getAllMessages"],
    ],
    [
      `user: { id: ${ADA.toUpperCase()} }`,
      { kind: "user", userId: ADA, ...encrypted, wantedBy: `user ${ADA}` },
      [`/users/${ADA}/chats/getAllMessages`],
    ],
    [
      `{ user: ${ADA}, content: encrypted }`,
      { kind: "user", userId: ADA, ...encrypted, wantedBy: `user ${ADA}` },
      [`/users/${ADA}/chats/getAllMessages`],
    ],
    [
      `chat: ${MEETING}`,
      { kind: "chat", chatId: MEETING, query: null, ...encrypted, wantedBy: `chat ${MEETING}` },
      [`/chats/${MEETING}/messages`],
    ],
    [
      `chat: { id: ${BETWEEN_TWO} }`,
      { kind: "chat", chatId: BETWEEN_TWO, query: null, ...encrypted, wantedBy: `chat ${BETWEEN_TWO}` },
      [`/chats/${BETWEEN_TWO}/messages`],
    ],
    [
      `{ chat: { id: ${CHAT}, search: " is down " }, content: fetch }`,
      {
        kind: "chat",
        chatId: CHAT,
        query: { kind: "search", text: "is down" },
        content: "fetch",
        wantedBy: `chat ${CHAT}, search "is down"`,
      },
      [`/chats/${CHAT}/messages?$search="is down"`],
    ],
    [
      `channel: { team: ${TEAM.toUpperCase()}, channel: ${GENERAL} }`,
      {
        kind: "channel",
        ...{ teamId: TEAM, channelId: GENERAL, query: null },
        ...encrypted,
        wantedBy: `channel ${GENERAL}`,
      },
      [`/teams/${TEAM}/channels/${GENERAL}/messages`],
    ],
    [
      `channel: { team: ${TEAM}, channel: ${OLD_CHANNEL}, mentioning: ${ADA.toUpperCase()} }`,
      {
        kind: "channel",
        ...{ teamId: TEAM, channelId: OLD_CHANNEL, query: { kind: "mentioning", personId: ADA } },
        ...encrypted,
        wantedBy: `channel ${OLD_CHANNEL}, mentioning ${ADA}`,
      },
      [
        `/teams/${TEAM}/channels/${OLD_CHANNEL}/messages?$filter=mentions/any(u: u/mentioned/user/id eq '${ADA}')`,
      ],
    ],
    [
      "teams: all",
      { kind: "all-teams", ...encrypted, wantedBy: "teams: all" },
      ["/teams", "/teams/getAllChannels"],
    ],
    [
      `team: ${TEAM}`,
      { kind: "team", teamId: TEAM, ...encrypted, wantedBy: `team ${TEAM}` },
      [`/teams/${TEAM}`, `/teams/${TEAM}/channels`],
    ],
  ];
  for (const [written, entry, resources] of CASES) {
    it(`is read, and becomes resources that we know again: ${written}`, () => {
      assert.deepEqual(entryOf(written), entry);
      assert.deepEqual(formatListenResources(entry), resources);
      for (const resource of resources) assert.ok(readResourceScope(resource), resource);
    });
  }

  it("has each of its kinds in the list of forms that a fault shows", () => {
    const kinds = new Set(CASES.map(([, { kind }]) => kind));
    assert.deepEqual(Object.keys(LISTEN_FORMS).toSorted(), [...kinds].toSorted());
  });

  it("is `installed` where nothing is said", () => {
    assert.deepEqual(parse("rules: []").listen, [
      { kind: "installed", content: "encrypted", wantedBy: "installed" },
    ]);
  });

  it("may stand beside others, in the order of the file", () => {
    const { listen } = parse(write("chats: all", "installed", "{ teams: all }"));
    assert.deepEqual(
      listen.map(({ kind }) => kind),
      ["all-chats", "installed", "all-teams"],
    );
  });
});

describe("an entry of `listen:` that is wrong says which, where, and what would be right", () => {
  const FORMS =
    "`installed`, `chats: all`, `channels: all`, `user: {id}`, `chat: {id, search?, mentioning?}`, " +
    "`channel: {team, channel, search?, mentioning?}`, `teams: all`, `team: {id}`";
  const PERSON = "must be the Entra object id of a person, a GUID, not a name";
  const TEAM_ID =
    "must be the Entra group id of a team, a GUID: `groupId` in the team's link (Get link to team)";
  const CHAT_ID =
    "must be the id of a chat as Graph gives it, such as 19:…@thread.v2, not encoded; a channel is written `channel: {team, channel}`";
  const CHANNEL_ID =
    "must be the id of a channel as Graph gives it, such as 19:…@thread.tacv2, not encoded and not its name";
  const CASES: readonly [title: string, bad: string, says: string, good: string][] = [
    ["a word that means nothing", "everything", ` must be one of ${FORMS}`, "installed"],
    ["a number", "404", ` must be one of ${FORMS}`, "installed"],
    ["a list", "[installed]", ` must be one of ${FORMS}`, "installed"],
    ["nothing", "", ` must be one of ${FORMS}`, "installed"],
    ["a form that is misspelt", "chatz: all", ` must be one of ${FORMS}`, "chats: all"],
    ["only how", "content: fetch", ` must be one of ${FORMS}`, "{ chats: all, content: fetch }"],
    ["what every object has", "constructor: all", ` must be one of ${FORMS}`, "channels: all"],
    [
      "two in one",
      "{ chats: all, channels: all }",
      " names `chats` and `channels`: give each an entry of its own",
      "{ chats: all }\n  - { channels: all }",
    ],
    ["some of all", "chats: some", ", chats must be `all`", "chats: all"],
    ["an unfinished line", "teams:", ", teams must be `all`", "teams: all"],
    ["installed somewhere", "installed: here", ", installed must be `all`", "installed: all"],
    [
      "a content that is none",
      "{ chats: all, content: sealed }",
      ", content must be `encrypted` or `fetch`",
      "{ chats: all, content: encrypted }",
    ],
    [
      "a key beside that means nothing",
      "{ chats: all, contents: fetch }",
      " has `contents`, which means nothing here; there may be `chats`, `content`",
      "{ chats: all, content: fetch }",
    ],
    ["a person by name", "user: Ada", `, user ${PERSON}`, `user: ${ADA}`],
    ["a person by name, in full", "user: { id: Ada }", `, user.id ${PERSON}`, `user: { id: ${ADA} }`],
    ["a person without id", "user: {}", ", user lacks `id`", `user: { id: ${ADA} }`],
    ["two persons", `user: [${ADA}]`, ", user must be an id, or {id: <id>}", `user: ${ADA}`],
    ["a chat that is a channel", `chat: ${CHANNEL}`, `, chat ${CHAT_ID}`, `chat: ${CHAT}`],
    [
      "a chat as it stands in a link",
      "chat: 19%3a4a95f7d8%40thread.v2",
      `, chat ${CHAT_ID}`,
      "chat: 19:4a95f7d8@thread.v2",
    ],
    [
      "a chat that leads elsewhere",
      `chat: { id: "19:x@thread.v2/members" }`,
      `, chat.id ${CHAT_ID}`,
      "chat: { id: 19:x@thread.v2 }",
    ],
    [
      "a chat with a question of its own",
      `chat: "19:x@thread.v2?$filter=a"`,
      `, chat ${CHAT_ID}`,
      "chat: 19:x@thread.v2",
    ],
    [
      "both a search and a mention",
      `chat: { id: ${CHAT}, search: down, mentioning: ${ADA} }`,
      ", chat takes `search` or `mentioning`, not both",
      `chat: { id: ${CHAT}, mentioning: ${ADA} }`,
    ],
    [
      "a search for nothing",
      `chat: { id: ${CHAT}, search: " " }`,
      ", chat.search must not be empty",
      `chat: { id: ${CHAT}, search: down }`,
    ],
    [
      "a search for a book",
      `chat: { id: ${CHAT}, search: ${"x".repeat(201)} }`,
      ", chat.search must have at most 200 characters",
      `chat: { id: ${CHAT}, search: ${"x".repeat(200)} }`,
    ],
    [
      "a search of two lines",
      `chat: { id: ${CHAT}, search: "is\\ndown" }`,
      ", chat.search must be one line of text",
      `chat: { id: ${CHAT}, search: "is down" }`,
    ],
    [
      "a mention by name",
      `channel: { team: ${TEAM}, channel: ${CHANNEL}, mentioning: Ada }`,
      `, channel.mentioning ${PERSON}`,
      `channel: { team: ${TEAM}, channel: ${CHANNEL}, mentioning: ${ADA} }`,
    ],
    [
      "a key of a chat that means nothing",
      `chat: { id: ${CHAT}, serch: down }`,
      ", chat has `serch`, which means nothing here; there may be `id`, `search`, `mentioning`",
      `chat: { id: ${CHAT}, search: down }`,
    ],
    [
      "a channel without its team",
      `channel: { channel: ${CHANNEL} }`,
      ", channel lacks `team`",
      `channel: { team: ${TEAM}, channel: ${CHANNEL} }`,
    ],
    [
      "a channel by its id alone",
      `channel: ${CHANNEL}`,
      ", channel must be {team: <id>, channel: <id>}",
      `channel: { team: ${TEAM}, channel: ${CHANNEL} }`,
    ],
    [
      "a channel that is a chat",
      `channel: { team: ${TEAM}, channel: ${CHAT} }`,
      `, channel.channel ${CHANNEL_ID}`,
      `channel: { team: ${TEAM}, channel: ${CHANNEL} }`,
    ],
    [
      "a team by Bot Framework's id",
      `channel: { team: ${GENERAL}, channel: ${CHANNEL} }`,
      `, channel.team ${TEAM_ID}`,
      `channel: { team: ${TEAM}, channel: ${CHANNEL} }`,
    ],
    ["a team by name", "team: { id: Operations }", `, team.id ${TEAM_ID}`, `team: { id: ${TEAM} }`],
  ];
  for (const [title, bad, says, good] of CASES) {
    it(title, () => {
      assert.deepEqual(readFaults(write(`{ user: ${TEAM} }`, bad)), [`3 \`listen\` entry 2${says}`]);
      assert.deepEqual(readFaults(write(`{ user: ${TEAM} }`, good)), []);
    });
  }

  it("is told with all others, those of the rules too", () => {
    const text = write("everything", "user: Ada").replace("rules: []", "rules: [{ name: one }]");
    assert.deepEqual(
      readFaults(text).map((row) => row.slice(0, "2 `listen` entry".length)),
      ["2 `listen` entry", "3 `listen` entry", '4 rule "one" lac', '4 rule "one" lac'],
    );
  });

  it("leaves nothing to listen to where the list is empty", () => {
    assert.deepEqual(readFaults("listen: []\nrules: []"), ["1 `listen` must not be empty"]);
  });

  const TWICE: readonly [one: string, same: string, other: string][] = [
    ["installed", "{ installed: all, content: fetch }", "chats: all"],
    ["chats: all", "{ chats: all, content: fetch }", "channels: all"],
    [`user: ${ADA}`, `user: { id: ${ADA.toUpperCase()} }`, `user: ${TEAM}`],
    [`chat: ${CHAT}`, `chat: { id: ${CHAT} }`, `chat: ${MEETING}`],
    [
      `chat: { id: ${CHAT}, search: Down }`,
      `chat: { id: ${CHAT}, search: down }`,
      `chat: { id: ${CHAT}, search: up }`,
    ],
    [
      `channel: { team: ${TEAM}, channel: ${CHANNEL} }`,
      `channel: { channel: ${CHANNEL}, team: ${TEAM} }`,
      `channel: { team: ${TEAM}, channel: ${CHANNEL}, mentioning: ${ADA} }`,
    ],
  ];
  for (const [one, same, other] of TWICE) {
    it(`is one that says the same as another: ${same}`, () => {
      assert.deepEqual(readFaults(write("teams: all", one, same)), [
        "4 `listen` entry 3 says what entry 2 says: leave one of the two out",
      ]);
      assert.deepEqual(readFaults(write("teams: all", one, other)), []);
    });
  }
});

describe("`listen:`", () => {
  it("says each fault of an entry once, however many it has", () => {
    const rows = readFaults(
      write(`channel: { team: Ops, channel: General, mentioning: ${ADA} }`, "installed"),
    );
    assert.equal(rows.length, 2);
    assert.match(rows[0] ?? "", /^2 `listen` entry 1, channel\.team must be/);
    assert.match(rows[1] ?? "", /^2 `listen` entry 1, channel\.channel must be/);
    const two = readFaults(write("channel: { team: Ops, channel: General }", "user: Ada"));
    assert.deepEqual(
      two.map((row) => row.split(" ").slice(0, 5).join(" ")),
      ["2 `listen` entry 1, channel.team", "2 `listen` entry 1, channel.channel", "3 `listen` entry 2, user"],
    );
    assert.deepEqual(readFaults(write(`channel: { team: ${TEAM}, channel: ${CHANNEL} }`)), []);
  });

  for (const word of ["installed", "{ chats: all }", "19"]) {
    it(`must be a list: ${word}`, () => {
      assert.deepEqual(readFaults(`listen: ${word}\nrules: []`), [
        "1 `listen` must be a list: below it a line for each item, which begins with `- `",
      ]);
    });
  }
  it("may be a list of one", () => assert.deepEqual(readFaults("listen:\n  - installed\nrules: []"), []));

  const UNKNOWN: readonly [written: string, keys: string][] = [
    ["{ content: fetch, chatz: all, channels: all }", "`channels`, `content`"],
    [
      `channel: { team: ${TEAM}, channel: ${CHANNEL}, serch: a }`,
      "`team`, `channel`, `search`, `mentioning`",
    ],
    [`user: { id: ${ADA}, name: Ada }`, "`id`"],
    [`{ team: ${TEAM}, constructor: a }`, "`team`, `content`"],
  ];
  for (const [written, keys] of UNKNOWN) {
    it(`names the keys that there may be: ${written}`, () => {
      const [row = "", ...others] = readFaults(write(written));
      assert.deepEqual(others, []);
      assert.ok(row.endsWith(`which means nothing here; there may be ${keys}`), row);
    });
  }
});

describe("`listen:`, whatever stands there", () => {
  const key = fc.constantFrom(
    ...["installed", "chats", "channels", "user", "chat", "channel", "teams", "team"],
    ...["id", "search", "mentioning", "content", "__proto__", "constructor", "toString"],
  );
  const word = fc.oneof(
    fc.constantFrom("all", "installed", "encrypted", "fetch", ADA, TEAM, CHAT, CHANNEL, null, 19, true),
    fc.string(),
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      word,
      fc.dictionary(fc.oneof(key, fc.string()), tie("value"), { maxKeys: 3 }),
      fc.array(tie("value"), { maxLength: 3 }),
    ),
  }));

  it("is a fault or a book", () => {
    fc.assert(
      fc.property(fc.oneof(fc.array(value, { maxLength: 4 }), value), (listen) => {
        const faults = readFaults(stringify({ listen, rules: [] }));
        assert.ok(faults.every((fault) => /^\d+ |^ {2}and \d+ more$/.test(fault)));
        assert.equal("polluted" in {}, false);
      }),
      { numRuns: 400 },
    );
  });

  const guid = fc.uuid();
  const query = fc.oneof(
    fc.constant(null),
    fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 60 })
      .map((text) => text.replace(/[\u0000-\u001f\u007f]/g, "").trim())
      .filter((text) => text !== "")
      .map((text) => ({ kind: "search" as const, text })),
    guid.map((personId) => ({ kind: "mentioning" as const, personId })),
  );
  const writeQuery = (
    asked: { kind: "search"; text: string } | { kind: "mentioning"; personId: string } | null,
  ) =>
    asked === null ? {} : asked.kind === "search" ? { search: asked.text } : { mentioning: asked.personId };
  const content = fc.constantFrom("encrypted" as const, "fetch" as const);

  it("is read as it was meant, and asks Graph for exactly what was written", () => {
    fc.assert(
      fc.property(guid, query, content, (teamId, asked, how) => {
        const text = stringify({
          listen: [{ channel: { team: teamId, channel: CHANNEL, ...writeQuery(asked) }, content: how }],
          rules: [],
        });
        const [entry] = parse(text).listen;
        assert.ok(entry?.kind === "channel");
        assert.deepEqual([entry.teamId, entry.query, entry.content], [teamId, asked, how]);
        const [resource = ""] = formatListenResources(entry);
        assert.deepEqual(readAsked(resource), {
          path: `/teams/${teamId}/channels/${CHANNEL}/messages`,
          query: asked,
        });
      }),
    );
  });

  /** As a server reads an OData URL: options apart at `&`, decoded, and then the quotes. */
  function readAsked(resource: string): { path: string; query: unknown } {
    const at = resource.indexOf("?");
    if (at < 0) return { path: resource, query: null };
    const options = resource
      .slice(at + 1)
      .split("#")[0]!
      .split("&")
      .map((option) => decodeURIComponent(option.replaceAll("+", " ")));
    assert.equal(options.length, 1, resource);
    const [, search] = /^\$search="((?:[^"\\]|\\.)*)"$/s.exec(options[0]!) ?? [];
    const [, personId] = /'((?:[^']|'')*)'\)$/.exec(options[0]!) ?? [];
    const query =
      search === undefined
        ? { kind: "mentioning", personId: personId?.replaceAll("''", "'") }
        : { kind: "search", text: search.replace(/\\(.)/gs, "$1") };
    return { path: resource.slice(0, at), query };
  }

  it("closes no quotation that it did not open", () => {
    const chat = { kind: "chat", chatId: CHAT, content: "encrypted", wantedBy: "chat" } as const;
    for (const [text, resource] of [
      [`say "down"`, `?$search="say \\"down\\""`],
      ["C:\\temp\\", `?$search="C:\\\\temp\\\\"`],
      ["a&$filter=b#c+d 100%", `?$search="a%26$filter=b%23c%2Bd 100%25"`],
    ] as const) {
      const entry: ListenEntry = { ...chat, query: { kind: "search", text } };
      assert.deepEqual(formatListenResources(entry), [`/chats/${CHAT}/messages${resource}`]);
    }
    const entry: ListenEntry = { ...chat, query: { kind: "mentioning", personId: "a' or '1" } };
    assert.deepEqual(formatListenResources(entry), [
      `/chats/${CHAT}/messages?$filter=mentions/any(u: u/mentioned/user/id eq 'a'' or ''1')`,
    ]);
  });
});
