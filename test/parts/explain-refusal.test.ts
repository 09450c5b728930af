/** What Graph refuses, told apart by its own words, and told on with the remedy. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { ApiFault } from "../../src/emulator/api-fault.ts";
import { demandPermission, type Permission } from "../../src/emulator/graph-access.ts";
import type { Organisation } from "../../src/emulator/tenant-model.ts";
import { EarshotError, type ErrorCode } from "../../src/errors.ts";
import { SUBSCRIPTION_PERMISSIONS } from "../../src/graph/listen-permissions.ts";
import { explainRefusal, type Refusal } from "../../src/subscriptions/explain-refusal.ts";

const TEAM = "0a1b2c3d-0000-4000-8000-00000000000b";
const RESOURCES = {
  "installed-chats": `/appCatalogs/teamsApps/${TEAM}/installedToChats/getAllMessages`,
  "all-chats": "/chats/getAllMessages",
  "user-chats": `/users/${TEAM}/chats/getAllMessages`,
  chat: "/chats/19:4a95f7d8@thread.v2/messages",
  "all-channels": "/teams/getAllMessages",
  channel: `/teams/${TEAM}/channels/19:4a95f7d8@thread.tacv2/messages`,
  teams: "/teams",
  team: `/teams/${TEAM}`,
  "all-team-channels": "/teams/getAllChannels",
  "team-channels": `/teams/${TEAM}/channels`,
} as const satisfies Record<keyof typeof SUBSCRIPTION_PERMISSIONS, string>;
type Kind = keyof typeof RESOURCES;

/** As `graph-client.ts` tells it. */
function answer(status: number, words: string): EarshotError {
  const codes: Record<number, ErrorCode> = {
    401: "graph-forbidden",
    403: "graph-forbidden",
    404: "graph-not-found",
    410: "graph-not-found",
  };
  return new EarshotError(
    codes[status] ?? "graph-refused",
    `POST /subscriptions: Graph answered ${status} ${words}`,
  );
}

/** The emulated Graph's words for a permission that is missing, which are the real one's. */
function missing(
  permission: Omit<Permission, "oneOfRoles"> & { oneOfRoles?: readonly string[] },
): EarshotError {
  const caller = { organisation: {} as Organisation, roles: ["Group.Selected"] };
  try {
    demandPermission(caller, { oneOfRoles: ["Chat.Read.All"], ...permission });
  } catch (fault) {
    assert.ok(fault instanceof ApiFault);
    return answer(fault.status, `${fault.code} ${fault.message}`);
  }
  throw new assert.AssertionError({ message: "it was not missing" });
}

const explain = (error: EarshotError, kind: Kind, api: "v1.0" | "beta" = "v1.0") =>
  explainRefusal(error, { resource: RESOURCES[kind], api });

const SHARED =
  "Forbidden Subscriptions with resource-specific consent are not supported for messages of shared channels.";
const PRIVATE = "Forbidden RSC subscriptions to messages in shared/private channels are blocked";
const FULL =
  "Forbidden The maximum number of subscriptions for the organization has been reached: 10000 per organization.";

describe("a refusal", () => {
  const CASES: readonly [
    title: string,
    error: EarshotError,
    asked: Kind | "chat on beta",
    kind: Refusal["kind"],
    state: Refusal["state"],
    says: RegExp,
  ][] = [
    [
      "a team that did not grant",
      missing({ grants: [], oneOfGrants: ["ChannelMessage.Read.Group"] }),
      "channel",
      "no-grant",
      "deaf",
      /^not heard: ChannelMessage\.Read\.Group is not granted in this team; one of its owners installs .* ChannelMessage\.Read\.All$/,
    ],
    [
      "a chat that did not grant, on beta",
      missing({ grants: ["ChatSettings.Read.Chat"], oneOfGrants: ["ChatMessage.Read.Chat"] }),
      "chat on beta",
      "no-grant",
      "deaf",
      /^not heard: ChatMessage\.Read\.Chat is not granted in this chat; one of its members installs/,
    ],
    [
      "a chat that granted, on v1.0, where that does not count",
      missing({ grants: ["ChatMessage.Read.Chat", "ChatSettings.Read.Chat"] }),
      "chat",
      "not-consented",
      "bot-framework",
      /^heard through Bot Framework alone: Chat\.Read\.All is not consented to; it is added to the app/,
    ],
    [
      "a chat without the app",
      missing({ grants: [] }),
      "chat",
      "not-consented",
      "deaf",
      /^not heard: Chat\.Read\.All is not consented to/,
    ],
    [
      "an administrator who did not consent to what the package asks for",
      missing({ oneOfRoles: ["Chat.Read.WhereInstalled"] }),
      "installed-chats",
      "not-consented",
      "bot-framework",
      /^heard .*: Chat\.Read\.WhereInstalled is not consented to; an administrator does so in Entra \(Enterprise/,
    ],
    [
      "a team whose list of channels is not ours to see",
      missing({ oneOfGrants: ["ChannelSettings.Read.Group"] }),
      "team-channels",
      "no-grant",
      "bot-framework",
      /ChannelSettings\.Read\.Group is not granted in this team/,
    ],
    [
      "another wording of a missing permission",
      answer(403, "Authorization_RequestDenied Insufficient privileges to complete the operation."),
      "all-channels",
      "not-consented",
      "deaf",
      /ChannelMessage\.Read\.All/,
    ],
    [
      "an organisation that knows nothing of the app",
      new EarshotError(
        "token-refused",
        `Entra refused a token in tenant ${TEAM}: AADSTS700016: Application was not found in the directory`,
      ),
      "channel",
      "not-consented",
      "deaf",
      /^not heard: the organisation has not consented to the app; an administrator does so/,
    ],
    [
      "a secret that lapsed is no refusal of consent",
      new EarshotError("token-refused", "Entra refused a token: AADSTS7000222: The secret is expired."),
      "channel",
      "unknown",
      "bot-framework",
      /“Entra refused a token: AADSTS7000222: The secret is expired\.”$/,
    ],
    [
      "a shared channel",
      answer(403, SHARED),
      "channel",
      "channel-kind",
      "polled",
      /^read regularly instead: Graph tells nothing of shared and private channels under ChannelMessage\.Read\.Group$/,
    ],
    [
      "a private channel",
      answer(403, PRIVATE),
      "channel",
      "channel-kind",
      "polled",
      /^read regularly instead: /,
    ],
    [
      "a private channel, as a 400",
      answer(400, "BadRequest Private channels are not supported for this resource."),
      "channel",
      "channel-kind",
      "polled",
      /^read regularly instead: /,
    ],
    ["a full organisation: a channel", answer(403, FULL), "channel", "quota", "bot-framework", /10,000/],
    [
      "a full organisation: a chat with the app",
      answer(403, FULL),
      "chat on beta",
      "quota",
      "bot-framework",
      /10,000/,
    ],
    ["a full organisation: a chat by id", answer(403, FULL), "chat", "quota", "deaf", /10,000/],
    [
      "a person who is heard ten times",
      answer(403, "Forbidden The app has exceeded the limit of 10 subscriptions per user."),
      "user-chats",
      "quota",
      "deaf",
      /^not heard: Graph allows no more subscriptions \(.*10 a user.*; name fewer places in `listen:`/,
    ],
    [
      "an app that is not in the catalog",
      answer(404, `NotFound The app '${TEAM}' is not in the catalog.`),
      "installed-chats",
      "not-in-catalog",
      "bot-framework",
      /^heard .*: the app is not in this organisation's app catalog; an administrator publishes it/,
    ],
    [
      "the same, as a 403",
      answer(403, "Forbidden The teams app is not found in the app catalog."),
      "installed-chats",
      "not-in-catalog",
      "bot-framework",
      /app catalog/,
    ],
    [
      "a channel that is gone",
      answer(404, "NotFound The resource of the subscription does not exist."),
      "channel",
      "gone",
      "deaf",
      /^not heard: Graph knows no such place; it was deleted, or its id in `listen:` is another$/,
    ],
    ["a chat that is gone for good", answer(410, "Gone"), "chat on beta", "gone", "deaf", /deleted/],
    [
      "payment required",
      answer(402, "PaymentRequired Evaluation capacity has been exceeded."),
      "all-chats",
      "licence",
      "deaf",
      /^not heard: Graph asks for a licence; .* It said: “PaymentRequired Evaluation capacity has been exceeded\.”$/,
    ],
    [
      "a licence, as a 403",
      answer(403, "Forbidden The tenant does not have the required license."),
      "channel",
      "licence",
      "bot-framework",
      /license\.”$/,
    ],
    [
      "words that are new",
      answer(403, "Forbidden\n Acl check failed."),
      "channel",
      "unknown",
      "bot-framework",
      /^heard .*: Graph refuses, for a reason that is new to me; it said: “Forbidden Acl check failed\.”$/,
    ],
    [
      "a token that does not count",
      answer(401, "InvalidAuthenticationToken"),
      "all-chats",
      "unknown",
      "deaf",
      /Invalid/,
    ],
    [
      "a search that Graph does not take",
      answer(400, "BadRequest $search is not supported: maximum length is 64."),
      "chat",
      "unknown",
      "deaf",
      /\$search is not supported/,
    ],
  ];
  for (const [title, error, asked, expected, state, says] of CASES) {
    it(`is ${expected}, ${state}: ${title}`, () => {
      const refusal = asked === "chat on beta" ? explain(error, "chat", "beta") : explain(error, asked);
      assert.deepEqual([refusal.kind, refusal.state], [expected, state], refusal.reason);
      assert.match(refusal.reason, says);
    });
  }

  for (const [kind, role] of [
    ["all-chats", "Chat.Read.All"],
    ["user-chats", "Chat.Read.All"],
    ["all-channels", "ChannelMessage.Read.All"],
    ["teams", "Team.ReadBasic.All"],
    ["team", "Team.ReadBasic.All"],
    ["all-team-channels", "Channel.ReadBasic.All"],
  ] as const) {
    it(`is not-consented, deaf: a role that our package does not ask for, ${role} for ${kind}`, () => {
      const refusal = explain(missing({ oneOfRoles: [role] }), kind);
      assert.deepEqual(refusal, {
        kind: "not-consented",
        state: "deaf",
        reason: `not heard: ${role} is not consented to; it is added to the app in Entra (App registrations › API permissions), and an administrator consents`,
      });
    });
  }

  it("of a permission names one that would do, for whatever is subscribed to", () => {
    for (const kind of Object.keys(RESOURCES) as Kind[]) {
      const { role, rsc } = SUBSCRIPTION_PERMISSIONS[kind];
      const { reason } = explain(missing({ oneOfRoles: [role] }), kind, "beta");
      assert.ok(reason.includes(role), reason);
      assert.ok(rsc === null || reason.includes(rsc.name), reason);
    }
  });

  it("of a resource with a question is one of the resource", () => {
    const resource = `${RESOURCES.channel}?$search="are private channels heard?"`;
    const refusal = explainRefusal(answer(403, SHARED), { resource, api: "v1.0" });
    assert.equal(refusal.kind, "channel-kind");
  });

  it("is one line for a person, whatever Graph says", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(400, 401, 402, 403, 404, 410, 418),
        fc.string({ unit: "binary", maxLength: 500 }),
        fc.constantFrom(...(Object.keys(RESOURCES) as Kind[])),
        fc.constantFrom("v1.0" as const, "beta" as const),
        (status, words, kind, api) => {
          const { reason } = explain(answer(status, words), kind, api);
          assert.doesNotMatch(reason, /\p{C}/u);
          assert.ok(reason.length < 500, reason);
        },
      ),
    );
  });
});
