import assert from "node:assert/strict";
import { planSubscription, type SubscriptionPlan } from "../../src/emulator/subscription-rules.ts";

const NOW_MS = Date.UTC(2026, 10, 20, 12);

describe("emulated tenant: rules for a new subscription", () => {
  const plan = (change: Record<string, unknown>): SubscriptionPlan =>
    planSubscription(
      {
        changeType: "created,updated,deleted",
        resource: "/teams/team-id/channels/19:abc@thread.tacv2/messages",
        notificationUrl: "https://bot.example/api/notifications",
        expirationDateTime: new Date(NOW_MS + 50 * 60_000).toISOString(),
        ...change,
      },
      NOW_MS,
    );

  const urls: [isTaken: boolean, ...urls: string[]][] = [
    [true, "https://bot.example/api/notifications", "https://bot.example:8443/?route=7"],
    [true, "http://127.0.0.1:3978/", "http://localhost:3978/", "http://[::1]:3978/", "http://127.0.0.2/"],
    [false, "http://bot.example/", "http://127.0.0.1.bot.example/", "http://localhost.bot.example/"],
    [false, "ftp://127.0.0.1/", "//bot.example/", "/api/notifications", "bot.example", ""],
  ];
  for (const [isTaken, ...each] of urls) {
    for (const url of each) {
      it(`${isTaken ? "posts" : "does not post"} to "${url}"`, () => {
        for (const name of ["notificationUrl", "lifecycleNotificationUrl"]) {
          if (isTaken) assert.ok(plan({ [name]: url }));
          else assert.throws(() => plan({ [name]: url }), { status: 400, message: new RegExp(name) });
        }
      });
    }
  }

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

  const SOON = "2026-11-20T12:50:00";
  const expiries: [isTaken: boolean, ...texts: string[]][] = [
    [true, `${SOON}Z`, `${SOON}.1234567Z`, "2026-11-20T12:50Z", `${SOON}z`],
    [true, "2026-11-20T14:50:00+02:00", "2026-11-20T07:20:00-05:30"],
    [false, SOON, `${SOON}.000`, "2026-11-20T12:50 GMT garbage", `${SOON} Z`, `${SOON}+02`, `${SOON}+0200`],
    [false, "2026-11-20", "2026-11-20Z", "2026-13-20T12:50:00Z", "tomorrow", "", "1795179000000"],
  ];
  for (const [isTaken, ...texts] of expiries) {
    for (const expirationDateTime of texts) {
      it(`${isTaken ? "takes" : "does not take"} "${expirationDateTime}" as its end`, () => {
        const look = () => plan({ expirationDateTime }).expiresAtMs;
        if (isTaken) assert.equal(Math.floor(look() / 60_000), NOW_MS / 60_000 + 50);
        else assert.throws(look, { status: 400, message: /expirationDateTime is not a valid/ });
      });
    }
  }

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
