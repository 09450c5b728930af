/** Graph's rules for a new subscription, each with what breaks it and with what just keeps it, over real HTTP. */
import assert from "node:assert/strict";
import { createCertificate } from "./emulator-certificate.ts";
import {
  holdTo,
  inMilliseconds,
  inMinutes,
  openRulesDesk,
  RULES_NOW_MS,
  type Change,
  type RuleRow,
  type RulesDesk,
} from "./emulator-rule-rows.ts";

const DAYS_MS = 4_320 * 60_000;
const HOUR_MS = 3_600_000;

const SHAPE: readonly RuleRow[] = [
  {
    rule: "changeType is given",
    refused: { changeType: undefined },
    says: /changeType is missing/,
    accepted: {},
  },
  {
    rule: "notificationUrl is given",
    refused: { notificationUrl: undefined },
    says: /notificationUrl is missing/,
    accepted: {},
  },
  {
    rule: "expirationDateTime is given",
    refused: { expirationDateTime: undefined },
    says: /expirationDateTime is missing/,
    accepted: {},
  },
  {
    rule: "a property is one that subscriptions have",
    refused: { notificationURL: "https://bot.example/" },
    says: /property names spelled and camelCased properly\? \(notificationURL\)/,
    accepted: { "@odata.type": "#microsoft.graph.subscription" },
  },
  {
    rule: "web push is not asked of a webhook",
    refused: { vapidPublicKey: "BPk" },
    says: /vapidPublicKey/,
    accepted: { id: "of no meaning", creatorId: "of no meaning" },
  },
  {
    rule: "a property has its type",
    refused: { includeResourceData: "yes" },
    says: /includeResourceData/,
    accepted: { includeResourceData: true },
  },
  {
    rule: "options of printers are for printers",
    refused: { notificationQueryOptions: "$filter=isFetchable eq true" },
    says: /notificationQueryOptions/,
    accepted: { notificationQueryOptions: null },
  },
  {
    rule: "the version of TLS is one",
    refused: { latestSupportedTlsVersion: "1.2" },
    says: /latestSupportedTlsVersion/,
    accepted: { latestSupportedTlsVersion: "v1_3" },
  },
  {
    rule: "tokens are for the app that asks",
    refused: { notificationUrlAppId: "5a1b3c3d-0000-4000-8000-000000000000" },
    status: 501,
    code: "NotEmulated",
    says: /notificationUrlAppId/,
    accepted: { notificationUrlAppId: null },
  },
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
    rule: "128 characters of client state",
    refused: { clientState: "x".repeat(129) },
    says: /clientState/,
    accepted: { clientState: "x".repeat(128) },
  },
];

const EXPIRY: readonly RuleRow[] = [
  {
    rule: "more than an hour needs a lifecycle URL",
    refused: { expirationDateTime: inMilliseconds(HOUR_MS + 1), lifecycleNotificationUrl: null },
    says: /lifecycleNotificationUrl is a required property .* greater than 1 hour/,
    accepted: { expirationDateTime: inMilliseconds(HOUR_MS), lifecycleNotificationUrl: null },
  },
  {
    rule: "and is fine with one",
    refused: { expirationDateTime: inMinutes(61), lifecycleNotificationUrl: undefined },
    says: /lifecycleNotificationUrl is a required property/,
    accepted: { expirationDateTime: inMinutes(61) },
  },
  {
    rule: "4,320 minutes at most",
    refused: { expirationDateTime: inMilliseconds(DAYS_MS + 1) },
    says: /4320 minutes/,
    accepted: { expirationDateTime: inMilliseconds(DAYS_MS) },
  },
  {
    rule: "not in the past",
    refused: { expirationDateTime: inMilliseconds(0) },
    says: /future/,
    accepted: { expirationDateTime: inMilliseconds(1) },
  },
  {
    rule: "the expiry is an instant",
    refused: { expirationDateTime: "in three days" },
    says: /expirationDateTime/,
    accepted: { expirationDateTime: "2026-11-21T11:00:00.0000000Z" },
  },
];

const URLS: readonly RuleRow[] = [
  {
    rule: "the notification URL is https, or of this machine",
    refused: { notificationUrl: "http://bot.example/api/notifications" },
    says: /notificationUrl must be an absolute https URL/,
    accepted: {},
  },
  {
    rule: "the lifecycle URL is https, or of this machine",
    refused: { lifecycleNotificationUrl: "http://bot.example/api/lifecycle" },
    says: /lifecycleNotificationUrl must be an absolute https URL/,
    accepted: {},
  },
];

describe("emulated tenant: Graph's rules for a new subscription", () => {
  let desk: RulesDesk;
  let certificates: Record<"own" | "small" | "most" | "large" | "curve", string>;
  before(async () => {
    const create = async (kind: Parameters<typeof createCertificate>[0]) =>
      (await createCertificate(kind)).base64;
    certificates = {
      ...{ own: await create(2048), small: await create(2040), most: await create(4096) },
      large: await create(4104),
      curve: await create("P-256"),
    };
    desk = await openRulesDesk();
  });
  after(() => desk.subscriber.close());

  describe("its properties", () => holdTo(() => desk, SHAPE));
  describe("its URLs", () => holdTo(() => desk, URLS));
  describe("its expiry", () => holdTo(() => desk, EXPIRY));

  it("raises less than 45 minutes to 45, and leaves more as it is", async () => {
    const read = async (wanted: string) =>
      Date.parse(String((await desk.takes({ expirationDateTime: wanted })).expirationDateTime)) -
      RULES_NOW_MS;
    assert.equal(await read(inMilliseconds(45 * 60_000 - 1)), 45 * 60_000);
    assert.equal(await read(inMilliseconds(45 * 60_000 + 1)), 45 * 60_000 + 1);
  });

  it("says back which version of TLS was named, and 1.2 where none was", async () => {
    assert.equal((await desk.takes({ latestSupportedTlsVersion: "v1_3" })).latestSupportedTlsVersion, "v1_3");
    assert.equal((await desk.takes({})).latestSupportedTlsVersion, "v1_2");
  });

  it("wants JSON, and an object of it", async () => {
    await desk.refuses({ refused: { changeType: ["created"] }, says: /changeType/ });
    const listed = await desk.subscriber.graph("POST", "v1.0/subscriptions", []);
    assert.equal(listed.status, 400);
    assert.match(JSON.stringify(listed.json), /subscription creation payload/);
  });

  describe("its certificate", () => {
    const rows: [rule: string, refused: () => Change, says: RegExp, accepted: () => Change][] = [
      [
        "is there where content is wanted",
        () => ({ encryptionCertificate: undefined }),
        /encryptionCertificate and encryptionCertificateId are required/,
        () => ({ encryptionCertificate: undefined, includeResourceData: false }),
      ],
      [
        "has a name",
        () => ({ encryptionCertificateId: undefined }),
        /encryptionCertificateId/,
        () => ({ encryptionCertificateId: "x" }),
      ],
      [
        "has a name of 128 characters at most",
        () => ({ encryptionCertificateId: "x".repeat(129) }),
        /128 characters/,
        () => ({ encryptionCertificateId: "x".repeat(128) }),
      ],
      [
        "is one",
        () => ({ encryptionCertificate: "aGVsbG8=" }),
        /not an X.509 certificate/,
        () => ({ encryptionCertificate: certificates.own }),
      ],
      [
        "is base64 without lines",
        () => ({ encryptionCertificate: `-----BEGIN CERTIFICATE-----\n${certificates.own}` }),
        /not base64/,
        () => ({ encryptionCertificate: certificates.own }),
      ],
      [
        "has a key of 2048 bits at least",
        () => ({ encryptionCertificate: certificates.small }),
        /2048 to 4096/,
        () => ({ encryptionCertificate: certificates.own }),
      ],
      [
        "has a key of 4096 bits at most",
        () => ({ encryptionCertificate: certificates.large }),
        /2048 to 4096/,
        () => ({ encryptionCertificate: certificates.most }),
      ],
      [
        "has an RSA key",
        () => ({ encryptionCertificate: certificates.curve }),
        /must be RSA/,
        () => ({ encryptionCertificate: certificates.own }),
      ],
    ];
    for (const [rule, refused, says, accepted] of rows) {
      it(rule, async () => {
        await desk.refuses({ refused: refused(), says });
        await desk.takes(accepted());
      });
    }
  });
});
