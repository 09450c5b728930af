/** `earshot subscriptions` on a storage in memory: its words, its report, and how a person reads it. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { formatSubscriptionsReport } from "../../src/operator/subscriptions-format.ts";
import {
  parseSubscriptionsWords,
  type SubscriptionsRequest,
} from "../../src/operator/subscriptions-command.ts";
import { readSubscriptionsReport } from "../../src/operator/subscriptions-report.ts";
import type { HeardConversation } from "../../src/storage/heard-conversation.ts";
import type { DeafSpot, SubscriptionRecord } from "../../src/storage/subscription-record.ts";
import { createRecord } from "./subscription-record.ts";

const TENANT = "2432b57b-0abd-43db-aa7b-16eadd115d34";
const OTHER_TENANT = "0e0e0e0e-0000-4000-8000-00000000000e";
const CHANNEL = "19:4a95f7d8db4c4e7fae857bcebe0623e6@thread.tacv2";
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const NOW = Date.UTC(2026, 10, 21, 6, 0, 0);

/** Well and made an hour ago, but for what is given. */
const subscription = (name: string, change: Partial<SubscriptionRecord> = {}) =>
  createRecord(name, NOW - HOUR_MS, { tenantId: TENANT, heardAt: NOW - 3 * MINUTE_MS, ...change });
const spot = (change: Partial<DeafSpot> = {}): DeafSpot => ({
  ...{ tenantId: TENANT, label: "Ops › Secret", teamId: "team", conversationId: CHANNEL },
  ...{ state: "deaf", wantedBy: "installed", reason: "not heard: nobody has granted it" },
  refused: null,
  ...change,
});
const conversation = (change: Partial<HeardConversation> = {}): HeardConversation => ({
  ...{ tenantId: TENANT, conversationId: CHANNEL, teamId: "team", label: "Ops › General" },
  ...{ heardUntil: NOW - 2 * HOUR_MS, gap: "downtime", openedAt: NOW - HOUR_MS, dueAt: NOW },
  ...{ cursor: null, attempts: 0, fault: null, pollMs: null },
  ...change,
});

interface Kept {
  readonly subscriptions?: readonly SubscriptionRecord[];
  readonly spots?: readonly DeafSpot[];
  readonly conversations?: readonly HeardConversation[];
  readonly aliveAt?: number | null;
}

/** The operations that the command asks of a storage, as their contract says. */
function readReport(kept: Kept, tenantId?: string) {
  const choose =
    <Row extends { tenantId: string }>(rows: readonly Row[] = []) =>
    async (filter: { tenantId?: string }) =>
      rows.filter((row) => filter.tenantId === undefined || row.tenantId === filter.tenantId);
  const { aliveAt = NOW - 12_000 } = kept;
  return readSubscriptionsReport(
    {
      listSubscriptions: choose(kept.subscriptions),
      listDeafSpots: choose(kept.spots),
      listConversations: choose(kept.conversations),
      readAlive: async () => aliveAt,
    },
    { now: NOW, ...(tenantId === undefined ? {} : { tenantId }) },
  );
}
const readText = async (kept: Kept) => formatSubscriptionsReport(await readReport(kept));

describe("earshot subscriptions' words", () => {
  for (const [words, request] of [
    [[], { isJson: false }],
    [["--json"], { isJson: true }],
    [["--tenant", ` ${TENANT.toUpperCase()} `, "--json"], { tenantId: TENANT, isJson: true }],
  ] as const satisfies readonly (readonly [readonly string[], SubscriptionsRequest])[]) {
    it(`are understood: ${words.join(" ") || "none"}`, () => {
      assert.deepEqual(parseSubscriptionsWords(words), request);
    });
  }
  for (const [words, misuse] of [
    [["all"], /Unexpected argument 'all'\.$/],
    [["--jsn"], /Unknown option '--jsn'\.$/],
    [["--tenant"], /'--tenant <value>' argument missing\.$/],
    [["--tenant", " "], /--tenant is the id of a tenant/],
  ] as const) {
    it(`are misuse: ${words.join(" ")}`, () => {
      const parsed = parseSubscriptionsWords(words);
      assert.ok("misuse" in parsed, JSON.stringify(parsed));
      assert.match(parsed.misuse, misuse);
    });
  }
});

describe("the state of a subscription", () => {
  const CASES: readonly [
    title: string,
    change: Partial<SubscriptionRecord>,
    state: string,
    isWell: boolean,
  ][] = [
    ["as it should be", {}, "listening", true],
    ["that Graph has not answered", { subscriptionId: null, expiresAt: 0, renewAt: 0 }, "being-made", true],
    ["that expires this moment", { expiresAt: NOW }, "expired", false],
    ["that expires in a moment", { expiresAt: NOW + 1, renewAt: NOW }, "listening", true],
    ["that Graph has removed", { expiresAt: 0 }, "expired", false],
    ["whose renewal waits its turn", { renewAt: NOW - 20 * MINUTE_MS }, "listening", true],
    ["whose renewal does not come", { renewAt: NOW - 20 * MINUTE_MS - 1 }, "renewal-overdue", false],
  ];
  for (const [title, change, state, isWell] of CASES) {
    it(`is ${state}: one ${title}`, async () => {
      const report = await readReport({ subscriptions: [subscription("a", change), subscription("b")] });
      const row = report.subscriptions.find(({ subscriptionId }) => subscriptionId !== "sub-b");
      assert.equal(row?.state, state);
      assert.equal(report.isWell, isWell);
    });
  }
});

describe("a report on subscriptions", () => {
  it("has a shape that a machine can rely on", async () => {
    const made = await readReport({
      subscriptions: [
        subscription("alerts", { heardAt: 0, content: "fetch", api: "beta" }),
        subscription("new", { subscriptionId: null, expiresAt: 0, renewAt: 0, heardAt: 0 }),
      ],
      spots: [spot({ state: "polled", reason: "read every minute" })],
      conversations: [
        conversation({ attempts: 2, fault: "graph-throttled" }),
        conversation({ gap: null, openedAt: 0 }),
      ],
    });
    assert.deepEqual(JSON.parse(JSON.stringify(made)), {
      readAt: "2026-11-21T06:00:00Z",
      aliveAt: "2026-11-21T05:59:48Z",
      isWell: true,
      counts: {
        ...{ listening: 1, "being-made": 1, "renewal-overdue": 0, expired: 0 },
        ...{ polled: 1, "bot-framework": 0, deaf: 0, gaps: 1 },
      },
      subscriptions: [
        {
          ...{ tenantId: TENANT, place: "Ops › new", wantedBy: "installed", state: "being-made" },
          ...{ subscriptionId: null, resource: "/teams/team/channels/new/messages" },
          ...{ content: "encrypted", api: "v1.0" },
          ...{ expiresAt: null, renewAt: null, lastNotificationAt: null },
        },
        {
          ...{ tenantId: TENANT, place: "Ops › alerts", wantedBy: "installed", state: "listening" },
          ...{ subscriptionId: "sub-alerts", resource: "/teams/team/channels/alerts/messages" },
          ...{ content: "fetch", api: "beta" },
          ...{ expiresAt: "2026-11-24T04:00:00Z", renewAt: "2026-11-22T16:30:00Z", lastNotificationAt: null },
        },
      ],
      deafSpots: [
        {
          ...{ tenantId: TENANT, place: "Ops › Secret", teamId: "team", conversationId: CHANNEL },
          ...{ wantedBy: "installed", state: "polled", reason: "read every minute" },
        },
      ],
      gaps: [
        {
          ...{ tenantId: TENANT, place: "Ops › General", teamId: "team", conversationId: CHANNEL },
          ...{ since: "2026-11-21T04:00:00Z", openedAt: "2026-11-21T05:00:00Z" },
          ...{ reason: "downtime", failedTries: 2, fault: "graph-throttled" },
        },
      ],
    });
  });

  for (const [state, isWell] of [
    ["polled", true],
    ["bot-framework", true],
    ["deaf", false],
  ] as const) {
    it(`is ${isWell ? "well" : "not well"} with a place that is ${state}`, async () => {
      const report = await readReport({ subscriptions: [subscription("a")], spots: [spot({ state })] });
      assert.equal(report.isWell, isWell);
    });
  }

  it("is of one tenant, where one is asked for", async () => {
    const kept: Kept = {
      subscriptions: [subscription("a"), subscription("b", { tenantId: OTHER_TENANT, expiresAt: NOW })],
      spots: [spot(), spot({ tenantId: OTHER_TENANT, state: "polled" })],
      conversations: [conversation(), conversation({ tenantId: OTHER_TENANT })],
    };
    const { counts } = await readReport(kept, TENANT);
    assert.deepEqual(counts, {
      ...{ listening: 1, "being-made": 0, "renewal-overdue": 0, expired: 0 },
      ...{ polled: 0, "bot-framework": 0, deaf: 1, gaps: 1 },
    });
    assert.equal((await readReport(kept)).subscriptions.length, 2);
  });

  it("tells nothing that would help a forger, nor where notifications go", async () => {
    const record = subscription("a");
    const kept = { subscriptions: [record], spots: [spot()], conversations: [conversation()] };
    const told = JSON.stringify(await readReport(kept)) + (await readText(kept)).join("\n");
    for (const secret of [record.clientStateDigest, record.certificateId, "https://"]) {
      assert.ok(!told.includes(secret), secret);
    }
    assert.ok(told.includes("sub-a"));
  });
});

describe("what a person reads of subscriptions", () => {
  it("is the worst first, by tenant and by what wants it", async () => {
    const lines = await readText({
      subscriptions: [
        subscription("alerts"),
        subscription("lost", { expiresAt: NOW - 2 * HOUR_MS }),
        subscription("dropped", { expiresAt: 0, heardAt: NOW - 50 * HOUR_MS }),
        subscription("late", { renewAt: NOW - HOUR_MS, heardAt: NOW + 5 }),
        subscription("new", { subscriptionId: null, expiresAt: 0, heardAt: 0 }),
        subscription("chats", { label: "chats: all", wantedBy: "chats: all", content: "fetch" }),
        subscription("far", {
          tenantId: OTHER_TENANT,
          label: "Sales › General",
          heardAt: NOW - 30 * HOUR_MS,
        }),
      ],
      spots: [
        spot(),
        spot({
          label: "Chats with Earshot",
          state: "bot-framework",
          reason:
            "heard through Bot Framework alone: Chat.Read.WhereInstalled is not consented to; an administrator does so in Entra (Enterprise applications › Permissions)",
        }),
        spot({ label: "Ops › Shared", state: "polled", reason: "read every minute" }),
      ],
      conversations: [
        conversation(),
        conversation({ label: "Ops › alerts", gap: "new", heardUntil: NOW - 90_000, attempts: 1 }),
        conversation({ label: "Ops › quiet", gap: null }),
      ],
    });
    assert.deepEqual(lines, [
      "2 expired, 1 renewal overdue, 1 being made, 3 listening, 1 deaf, 1 Bot Framework",
      "alone, 1 polled; 2 open gaps.",
      "The bot was last at work 12 seconds ago (2026-11-21T05:59:48Z).",
      "",
      `Tenant ${OTHER_TENANT}`,
      "",
      "Wanted by installed (encrypted, v1.0)",
      "  listening            Sales › General",
      "    expires in 70 hours (2026-11-24T04:00:00Z), last notification 30 hours ago",
      "",
      `Tenant ${TENANT}`,
      "",
      "Wanted by installed (encrypted, v1.0)",
      "  expired              Ops › dropped",
      "    removed by Graph, last notification 50 hours ago",
      "  expired              Ops › lost",
      "    expired 2 hours ago (2026-11-21T04:00:00Z), last notification 3 minutes ago",
      "  renewal overdue      Ops › late",
      "    expires in 70 hours (2026-11-24T04:00:00Z), last notification 0 seconds ago",
      "  being made           Ops › new",
      "    Graph has not answered yet, last notification: none yet",
      "  listening            Ops › alerts",
      "    expires in 70 hours (2026-11-24T04:00:00Z), last notification 3 minutes ago",
      "",
      "Wanted by chats: all (fetch, v1.0)",
      "  listening            chats: all",
      "    expires in 70 hours (2026-11-24T04:00:00Z), last notification 3 minutes ago",
      "",
      "What Graph does not report",
      "  deaf                 Ops › Secret",
      "    not heard: nobody has granted it",
      "  Bot Framework alone  Chats with Earshot",
      "    heard through Bot Framework alone: Chat.Read.WhereInstalled is not consented",
      "    to; an administrator does so in Entra (Enterprise applications ›",
      "    Permissions)",
      "  polled               Ops › Shared",
      "    read every minute",
      "",
      "Gaps, to be read back",
      "  Ops › alerts",
      "    since 2026-11-21T05:58:30Z (90 seconds ago): what was said before Graph",
      "    listened there; 1 try failed",
      "  Ops › General",
      "    since 2026-11-21T04:00:00Z (2 hours ago): the bot was not running",
    ]);
  });

  it("says that there is nothing yet, and whether a bot has been there", async () => {
    assert.deepEqual(await readText({ aliveAt: null }), [
      "Nothing is listened to: the app is installed nowhere, or nobody looked yet.",
      "No bot has been at work on this database yet.",
    ]);
    const [, alive] = await readText({ aliveAt: NOW - 3 * 24 * HOUR_MS });
    assert.equal(alive, "The bot was last at work 72 hours ago (2026-11-18T06:00:00Z).");
  });

  it("stays within 80 columns but for names, and lets none of these steer the terminal", async () => {
    const name = fc.oneof(fc.string({ unit: "binary", maxLength: 30 }), fc.constant("\u001b[2J\nOps"));
    const at = fc.integer({ min: 0, max: NOW + 72 * HOUR_MS });
    await fc.assert(
      fc.asyncProperty(
        name,
        at,
        at,
        fc.lorem({ maxCount: 40 }),
        async (label, expiresAt, heardAt, reason) => {
          const lines = await readText({
            subscriptions: [subscription("a", { label, expiresAt, heardAt })],
            spots: [spot({ label, reason: `${reason} ${label}` })],
            conversations: [conversation({ label, heardUntil: heardAt })],
          });
          assert.ok(lines.every((line) => !/\p{C}/u.test(line)));
          const own = lines.filter((line) => !line.includes(label.replace(/\p{C}/gu, "?")) || label === "");
          for (const line of own) assert.ok(line.length <= 80, line);
        },
      ),
      { numRuns: 200 },
    );
  });
});
