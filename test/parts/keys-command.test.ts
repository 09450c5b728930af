/** `earshot keys`: its words, its report, and how a person reads it. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { parseKeysWords, type KeysRequest } from "../../src/operator/keys-command.ts";
import { formatKeysReport } from "../../src/operator/keys-format.ts";
import { describeKeys, type KeysFound } from "../../src/operator/keys-report.ts";
import { ENDS_SOON_MS } from "../../src/subscriptions/plan-keys.ts";
import { createRecord } from "./subscription-record.ts";

const DAY_MS = 24 * 60 * 60_000;
const NOW = Date.UTC(2026, 10, 21, 6, 0, 0);
const CURRENT = "earshot-11111111-1111-4111-8111-111111111111";
const OLD = "earshot-00000000-0000-4000-8000-000000000000";

type Found = KeysFound["certificates"][number];
const certificate = (id: string, ageMs: number, change: Partial<Found> = {}): Found => ({
  ...{ id, bits: 2048, notBefore: NOW - ageMs, notAfter: NOW - ageMs + 730 * DAY_MS },
  ...change,
});
const sealedTo = (name: string, certificateId: string, change: Parameters<typeof createRecord>[2] = {}) =>
  createRecord(name, NOW, { certificateId, ...change });
/** A current one alone, but for what is given. */
const report = (found: Partial<KeysFound> = {}) =>
  describeKeys({
    ...{
      certificates: [certificate(CURRENT, DAY_MS)],
      unreadable: [],
      subscriptions: [],
      needed: [],
      now: NOW,
    },
    ...found,
  });
const statesOf = (found: Partial<KeysFound>) => {
  const { isWell, keys } = report(found);
  return [isWell, keys.map(({ id, state }) => [id, state])];
};

describe("earshot keys' words", () => {
  for (const [words, request] of [
    [[], { isRotation: false, isJson: false }],
    [["--json"], { isRotation: false, isJson: true }],
    [["rotate"], { isRotation: true, isJson: false }],
    [["rotate", "--json"], { isRotation: true, isJson: true }],
  ] as const satisfies readonly (readonly [readonly string[], KeysRequest])[]) {
    it(`are understood: ${words.join(" ") || "none"}`, () => {
      assert.deepEqual(parseKeysWords(words), request);
    });
  }
  for (const [words, misuse] of [
    [["list"], /Unexpected argument 'list'\.$/],
    [["rotate", "all"], /Unexpected argument 'all'\.$/],
    [["--json", "rotate"], /Unexpected argument 'rotate'\.$/],
    [["--jsn"], /Unknown option '--jsn'\.$/],
  ] as const) {
    it(`are misuse: ${words.join(" ")}`, () => {
      const parsed = parseKeysWords(words);
      assert.ok("misuse" in parsed, JSON.stringify(parsed));
      assert.match(parsed.misuse, misuse);
    });
  }
});

describe("a report on keys", () => {
  it("has a shape that a machine can rely on", () => {
    const made = report({
      certificates: [certificate(OLD, 100 * DAY_MS, { bits: 4096 }), certificate(CURRENT, DAY_MS)],
      subscriptions: [sealedTo("a", OLD), sealedTo("b", CURRENT), sealedTo("c", CURRENT)],
      needed: [{ certificateId: OLD, notifications: 7 }],
    });
    assert.deepEqual(JSON.parse(JSON.stringify(made)), {
      readAt: "2026-11-21T06:00:00Z",
      isWell: true,
      keys: [
        {
          ...{ id: CURRENT, state: "current", bits: 2048 },
          ...{ madeAt: "2026-11-20T06:00:00Z", endsAt: "2028-11-19T06:00:00Z" },
          ...{ subscriptions: 2, messages: 0, fault: null },
        },
        {
          ...{ id: OLD, state: "kept", bits: 4096 },
          ...{ madeAt: "2026-08-13T06:00:00Z", endsAt: "2028-08-12T06:00:00Z" },
          ...{ subscriptions: 1, messages: 7, fault: null },
        },
      ],
    });
  });

  it("is well until the current one is about to end, and when an old one has ended", () => {
    const ending = (leftMs: number) => [certificate(CURRENT, DAY_MS, { notAfter: NOW + leftMs })];
    assert.deepEqual(statesOf({ certificates: ending(ENDS_SOON_MS + 1) }), [true, [[CURRENT, "current"]]]);
    assert.deepEqual(statesOf({ certificates: ending(ENDS_SOON_MS) }), [false, [[CURRENT, "ends-soon"]]]);
    assert.deepEqual(statesOf({ certificates: ending(-1) }), [false, [[CURRENT, "ends-soon"]]]);
    const old = certificate(OLD, 800 * DAY_MS);
    const needed = [{ certificateId: OLD, notifications: 1 }];
    assert.deepEqual(statesOf({ certificates: [old, certificate(CURRENT, 0)], needed }), [
      true,
      [
        [CURRENT, "current"],
        [OLD, "kept"],
      ],
    ]);
  });

  it("tells of keys that are missing where something needs them, and of nothing else", () => {
    const needed = [{ certificateId: OLD, notifications: 1 }];
    const missing = [
      [OLD, "missing"],
      [CURRENT, "current"],
    ];
    assert.deepEqual(statesOf({ needed }), [false, missing]);
    assert.deepEqual(statesOf({ subscriptions: [sealedTo("a", OLD)] }), [false, missing]);
    for (const subscription of [
      sealedTo("a", OLD, { expiresAt: NOW }),
      sealedTo("a", "", { content: "fetch" }),
    ])
      assert.deepEqual(statesOf({ subscriptions: [subscription] }), [true, [[CURRENT, "current"]]]);
    const making = sealedTo("a", OLD, { subscriptionId: null, expiresAt: 0 });
    assert.deepEqual(statesOf({ subscriptions: [making] }), [false, missing]);
  });

  it("tells of files that cannot be read, needed or not, and does not call them missing too", () => {
    const unreadable = [{ id: OLD, reason: "ENOENT" }];
    const states = [
      false,
      [
        [OLD, "unreadable"],
        [CURRENT, "current"],
      ],
    ];
    assert.deepEqual(statesOf({ unreadable }), states);
    assert.deepEqual(statesOf({ unreadable, needed: [{ certificateId: OLD, notifications: 1 }] }), states);
    assert.deepEqual(statesOf({ certificates: [], unreadable }), [false, [[OLD, "unreadable"]]]);
  });
});

describe("a report on keys, read by a person", () => {
  const read = (found: Partial<KeysFound>) => formatKeysReport(report(found));

  it("says of each what it is and what needs it", () => {
    const lines = read({
      certificates: [
        certificate(OLD, 800 * DAY_MS, { bits: 4096 }),
        certificate(CURRENT, 0),
        certificate("earshot-unused", 10 * DAY_MS),
      ],
      subscriptions: [sealedTo("a", CURRENT), sealedTo("b", CURRENT), sealedTo("c", OLD)],
      needed: [
        { certificateId: OLD, notifications: 1 },
        { certificateId: CURRENT, notifications: 3 },
      ],
    });
    assert.deepEqual(lines, [
      CURRENT,
      "  RSA-2048, made 2026-11-21T06:00Z, ends 2028-11-20T06:00Z (in 730 days)",
      "  new subscriptions, 2 subscriptions, 3 messages",
      "",
      "earshot-unused",
      "  RSA-2048, made 2026-11-11T06:00Z, ends 2028-11-10T06:00Z (in 720 days)",
      "  not needed",
      "",
      OLD,
      "  RSA-4096, made 2024-09-12T06:00Z, ended 2026-09-12T06:00Z (70 days ago)",
      "  1 subscription, 1 message",
    ]);
  });

  it("says what to do where something is wrong", () => {
    assert.deepEqual(
      read({
        certificates: [certificate(CURRENT, 0, { notAfter: NOW + DAY_MS })],
        unreadable: [{ id: "earshot-broken", reason: "ENOENT: no such file\n\u001b[2J" }],
        needed: [{ certificateId: OLD, notifications: 2 }],
      }),
      [
        OLD,
        "  missing, but needed: 2 messages",
        "  put its .key.pem and .cert.pem back into KEYS_DIR from a backup",
        "",
        "earshot-broken",
        "  unreadable: ENOENT: no such file??[2J",
        "  not needed",
        "  mend its files in KEYS_DIR, or remove both; the bot does not start with them",
        "",
        CURRENT,
        "  RSA-2048, made 2026-11-21T06:00Z, ends 2026-11-22T06:00Z (in 1 day)",
        "  new subscriptions",
        "  run earshot keys rotate: by now the bot should have made another by itself",
      ],
    );
  });

  it("lets nothing from outside steer a terminal, and keeps to its width", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 36, unit: "binary" }),
        fc.integer({ min: 0, max: 9_999 }),
        (id, age) => {
          const lines = read({
            certificates: [certificate(`c${id}`, age * DAY_MS)],
            needed: [{ certificateId: `n${id}`, notifications: age + 1 }],
          });
          for (const line of lines) assert.ok(!/\p{C}/u.test(line) && line.length <= 80, line);
        },
      ),
    );
  });
});
