import assert from "node:assert/strict";
import { planSubscription, type SubscriptionPlan } from "../../src/emulator/subscription-rules.ts";
import { createCertificate } from "../journeys/emulator-certificate.ts";

const NOW_MS = Date.UTC(2026, 10, 20, 12);
const inMinutes = (minutes: number) => new Date(NOW_MS + minutes * 60_000).toISOString();

interface Case {
  readonly rule: string;
  readonly refused: Record<string, unknown>;
  readonly status?: number;
  readonly says: RegExp;
  /** The same but for the fault. */
  readonly accepted: Record<string, unknown>;
}

describe("emulated tenant: rules for a new subscription", () => {
  let good: Record<string, unknown>;
  let tooSmall: string;
  before(async () => {
    tooSmall = (await createCertificate(1024)).base64;
    good = {
      changeType: "created,updated,deleted",
      resource: "/teams/team-id/channels/19:abc@thread.tacv2/messages",
      notificationUrl: "https://bot.example/api/notifications",
      lifecycleNotificationUrl: "https://bot.example/api/lifecycle",
      expirationDateTime: inMinutes(4000),
      clientState: "state",
      includeResourceData: true,
      encryptionCertificate: (await createCertificate()).base64,
      encryptionCertificateId: "own",
    };
  });

  const plan = (change: Record<string, unknown>): SubscriptionPlan =>
    planSubscription({ ...good, ...change }, NOW_MS);

  const cases: Case[] = [
    {
      rule: "change types are known",
      refused: { changeType: "created,renamed" },
      says: /changeType/,
      accepted: { changeType: "created, updated" },
    },
    {
      rule: "a change type comes once",
      refused: { changeType: "created,created" },
      says: /changeType/,
      accepted: { changeType: "created" },
    },
    {
      rule: "a resource is given",
      refused: { resource: undefined },
      says: /resource/,
      accepted: { resource: "chats/19:a@thread.v2/messages" },
    },
    {
      rule: "the resource is one that is emulated",
      refused: { resource: "/teams/team-id/members" },
      status: 501,
      says: /teams\/team-id\/members/,
      accepted: { resource: "/teams/team-id/channels" },
    },
    {
      rule: "no function of Graph's is a team",
      refused: { resource: "/teams/getAllMembers" },
      status: 501,
      says: /getAllMembers/,
      accepted: { resource: "/teams/getAllChannels" },
    },
    {
      rule: "a query is for the messages of one chat or channel",
      refused: { resource: "/chats/getAllMessages?$search=Hello" },
      says: /one channel or one chat/,
      accepted: { resource: "/chats/19:a@thread.v2/messages?$search=Hello" },
    },
    {
      rule: "a mention is filtered by in the same places",
      refused: { resource: "/teams/t/channels?$filter=mentions/any(u: u/mentioned/user/id eq 'p')" },
      says: /one channel or one chat/,
      accepted: {
        resource: "/teams/t/channels/c/messages?$filter=mentions/any(u: u/mentioned/user/id eq 'p')",
      },
    },
    {
      rule: "one query",
      refused: {
        resource: "/chats/c/messages?$search=a&$filter=mentions/any(u: u/mentioned/user/id eq 'p')",
      },
      says: /one \$search or one \$filter/,
      accepted: { resource: "/chats/c/messages?$search=a%26b" },
    },
    {
      rule: "of query options, two",
      refused: { resource: "/chats/c/messages?$select=id" },
      says: /one \$search or one \$filter/,
      accepted: { resource: "/chats/c/messages?model=B" },
    },
    {
      rule: "several words in quotes",
      refused: { resource: "/chats/c/messages?$search=one two" },
      says: /double quotes/,
      accepted: { resource: '/chats/c/messages?$search="one two"' },
    },
    {
      rule: "quotes that end",
      refused: { resource: '/chats/c/messages?$search="one \\"two' },
      says: /double quotes/,
      accepted: { resource: '/chats/c/messages?$search="one \\"two\\""' },
    },
    {
      rule: "a word to search for",
      refused: { resource: '/chats/c/messages?$search="..."' },
      says: /needs a word/,
      accepted: { resource: '/chats/c/messages?$search="...a"' },
    },
    {
      rule: "of filters, the mention of a person",
      refused: { resource: "/chats/c/messages?$filter=from/user/id eq 'p'" },
      says: /one form/,
      accepted: { resource: "/chats/c/messages?$filter=mentions/any(m:m/mentioned/user/id eq 'p')" },
    },
    {
      rule: "a filter that uses what it declares",
      refused: { resource: "/chats/c/messages?$filter=mentions/any(u: v/mentioned/user/id eq 'p')" },
      says: /one form/,
      accepted: { resource: "/chats/c/messages?%24filter=mentions/any(u: u/mentioned/user/id eq 'p')" },
    },
    {
      rule: "a query is well encoded",
      refused: { resource: "/chats/c/messages?$search=100%" },
      says: /encoded/,
      accepted: { resource: "/chats/c/messages?$search=100%25" },
    },
    {
      rule: "the notification URL is https, or http on loopback",
      refused: { notificationUrl: "http://bot.example/api/notifications" },
      says: /notificationUrl/,
      accepted: { notificationUrl: "http://127.0.0.1:3978/api/notifications" },
    },
    {
      rule: "the lifecycle URL is https, or http on loopback",
      refused: { lifecycleNotificationUrl: "ftp://127.0.0.1/" },
      says: /lifecycleNotificationUrl/,
      accepted: { lifecycleNotificationUrl: "http://localhost:3978/api/lifecycle" },
    },
    {
      rule: "more than an hour needs a lifecycle URL",
      refused: { lifecycleNotificationUrl: undefined, expirationDateTime: inMinutes(61) },
      says: /lifecycleNotificationUrl is a required property/,
      accepted: { lifecycleNotificationUrl: undefined, expirationDateTime: inMinutes(60) },
    },
    {
      rule: "4,320 minutes at most",
      refused: { expirationDateTime: inMinutes(4321) },
      says: /4320 minutes/,
      accepted: { expirationDateTime: inMinutes(4320) },
    },
    {
      rule: "not in the past",
      refused: { expirationDateTime: inMinutes(-1) },
      says: /future/,
      accepted: { expirationDateTime: inMinutes(1) },
    },
    {
      rule: "the expiry is an instant",
      refused: { expirationDateTime: "in three days" },
      says: /expirationDateTime/,
      accepted: { expirationDateTime: "2026-11-21T11:00:00.0000000Z" },
    },
    {
      rule: "128 characters of client state",
      refused: { clientState: "x".repeat(129) },
      says: /clientState/,
      accepted: { clientState: "x".repeat(128) },
    },
    {
      rule: "content needs a certificate",
      refused: { encryptionCertificate: undefined },
      says: /encryptionCertificate/,
      accepted: { encryptionCertificate: undefined, includeResourceData: false },
    },
    {
      rule: "content needs a name for the certificate",
      refused: { encryptionCertificateId: undefined },
      says: /encryptionCertificateId/,
      accepted: { encryptionCertificateId: "x".repeat(128) },
    },
    {
      rule: "the certificate is one",
      refused: { encryptionCertificate: "aGVsbG8=" },
      says: /encryptionCertificate is invalid/,
      accepted: {},
    },
  ];
  for (const { rule, refused, status = 400, says, accepted } of cases) {
    it(rule, () => {
      assert.throws(() => plan(refused), { status, message: says });
      assert.ok(plan(accepted));
    });
  }

  it("refuses a small key", () => {
    assert.throws(() => plan({ encryptionCertificate: tooSmall }), { status: 400, message: /2048/ });
  });

  it("raises less than 45 minutes to 45", () => {
    assert.equal(plan({ expirationDateTime: inMinutes(1) }).expiresAtMs, NOW_MS + 45 * 60_000);
    assert.equal(plan({ expirationDateTime: inMinutes(50) }).expiresAtMs, NOW_MS + 50 * 60_000);
  });

  it("reads a resource with or without slash, as segments or with keys in parentheses", () => {
    const spellings: [scope: object, ...resources: string[]][] = [
      [
        { kind: "channel", teamId: "t", channelId: "19:c@thread.tacv2" },
        "/teams/t/channels/19:c@thread.tacv2/messages",
        "teams/t/channels/19%3Ac%40thread.tacv2/messages",
        "teams('t')/channels('19:c@thread.tacv2')/messages",
      ],
      [
        { kind: "chat", chatId: "19:a@thread.v2" },
        "chats('19:a@thread.v2')/messages",
        "/chats/19:a@thread.v2/messages",
      ],
      [
        { kind: "installed-chats", catalogAppId: "a" },
        "appCatalogs/teamsApps/a/installedToChats/getAllMessages",
        "/appCatalogs/teamsApps('a')/installedToChats/getAllMessages",
      ],
      [
        { kind: "user-chats", userId: "p" },
        "/users/p/chats/getAllMessages",
        "users('p')/chats/getAllMessages",
      ],
      [{ kind: "all-chats" }, "/chats/getAllMessages", "chats/getallmessages"],
      [{ kind: "all-channels" }, "/teams/getAllMessages", "teams/getAllMessages?model=A"],
      [{ kind: "teams" }, "/teams", "teams"],
      [{ kind: "team", teamId: "t" }, "/teams/t", "teams('t')"],
      [{ kind: "channel-list" }, "/teams/getAllChannels", "teams/getAllChannels"],
      [{ kind: "team-channel-list", teamId: "t" }, "/teams/t/channels", "teams('t')/channels"],
    ];
    for (const [scope, ...resources] of spellings) {
      for (const resource of resources) assert.deepEqual(plan({ resource }).scope, scope, resource);
    }
  });

  it("reads which messages are asked for", () => {
    const id = "9A6EB4D1-826b-48b1-9627-b50836c8fee9";
    const queries: [options: string, query: object | null][] = [
      ["", null],
      ["?model=B", null],
      ["?$search=Hello", { kind: "words", words: ["hello"] }],
      ['?$search="Hello, WORLD"', { kind: "words", words: ["hello", "world"] }],
      ["?$search=%22a%26b%22", { kind: "words", words: ["a", "b"] }],
      [
        `?$filter=mentions/any(u: u/mentioned/user/id eq '${id}')`,
        { kind: "mention", personId: id.toLowerCase() },
      ],
    ];
    for (const [options, query] of queries) {
      assert.deepEqual(plan({ resource: `/chats/c/messages${options}` }).query, query, options);
    }
  });
});
