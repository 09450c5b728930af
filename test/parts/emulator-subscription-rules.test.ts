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
      refused: { resource: "/teams/getAllMessages" },
      status: 501,
      says: /teams\/getAllMessages/,
      accepted: { resource: "/appCatalogs/teamsApps/app-id/installedToChats/getAllMessages" },
    },
    {
      rule: "a search is not emulated",
      refused: { resource: "/chats/19:a@thread.v2/messages?$search=Hello" },
      status: 501,
      says: /\$search/,
      accepted: { resource: "/chats/19:a@thread.v2/messages?model=B" },
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
    const channel = { kind: "channel", teamId: "t", channelId: "19:c@thread.tacv2" };
    for (const resource of [
      "/teams/t/channels/19:c@thread.tacv2/messages",
      "teams/t/channels/19%3Ac%40thread.tacv2/messages",
      "teams('t')/channels('19:c@thread.tacv2')/messages",
    ]) {
      assert.deepEqual(plan({ resource }).scope, channel);
    }
    assert.deepEqual(plan({ resource: "chats('19:a@thread.v2')/messages" }).scope, {
      kind: "chat",
      chatId: "19:a@thread.v2",
    });
    assert.deepEqual(plan({ resource: "appCatalogs/teamsApps/a/installedToChats/getAllMessages" }).scope, {
      kind: "installed-chats",
      catalogAppId: "a",
    });
  });
});
