import assert from "node:assert/strict";
import { EarshotError } from "../../src/errors.ts";
import { digestClientState } from "../../src/subscriptions/client-state.ts";
import {
  item,
  lifecycle,
  OTHER_TENANT,
  readOutcomes,
  record,
  STRANGER,
  TENANT,
  useAdmission,
  v1Claims,
  v2Claims,
  type Draft,
} from "./admission-stage.ts";
import { failOnLeaks } from "./leak-watch.ts";

const abroad = (change = {}) =>
  item({ subscriptionId: "sub-abroad", clientState: "state-abroad", tenantId: OTHER_TENANT, ...change });

describe("admission of a batch", () => {
  failOnLeaks();
  const stage = useAdmission();
  const outcomes = async (change?: (draft: Draft) => void) => readOutcomes(await stage.judge(change));

  it("judges item by item: a bad one takes no good one along", async () => {
    const bad = [{ no: "shape" }, item({ clientState: "forged" }), item({ subscriptionId: "sub-unknown" })];
    assert.deepEqual(
      await outcomes((draft) => void (draft.items = [bad[0]!, item(), bad[1]!, item(), bad[2]!])),
      ["shape", "message", "client-state", "message", "unknown-subscription"],
    );
  });

  it("finds each tenant's token whatever its place and version", async () => {
    const found = await outcomes((draft) => {
      draft.items = [item(), abroad(), item()];
      draft.tokens = [v2Claims(OTHER_TENANT), v1Claims(TENANT)].map((claims) => ({
        claims,
        pen: stage.issuer.sign,
      }));
    });
    assert.deepEqual(found, ["message", "message", "message"]);
  });

  it("refuses the items of the tenant whose token is missing, and of no other", async () => {
    assert.deepEqual(await outcomes((draft) => void draft.items.push(abroad())), ["message", "token-tenant"]);
  });

  for (const [title, batch] of [
    ["null", null],
    ["a text", "batch"],
    ["a list", []],
    ["an object without value", { validationTokens: [] }],
    ["a value that is no list", { value: {} }],
    ["tokens that are no texts", { value: [], validationTokens: [7] }],
    ["more items than any batch has", { value: Array(10_001).fill(null) }],
  ] as const) {
    it(`throws wire-shape for ${title}, and judges an envelope that holds nothing`, async () => {
      await assert.rejects(stage.admit(batch), { name: "EarshotError", code: "wire-shape" });
      assert.deepEqual(await stage.admit({ value: [] }), []);
    });
  }

  describe("lifecycle items", () => {
    it("are admitted by clientState alone, and no key is asked for", async () => {
      assert.deepEqual(await stage.admit({ value: [lifecycle()] }), [
        {
          kind: "lifecycle",
          tenantId: TENANT,
          subscriptionId: "sub-channel",
          event: "reauthorizationRequired",
        },
      ]);
      assert.deepEqual(stage.issuer.requests, []);
    });
    for (const [title, change, reason] of [
      ["another clientState", { clientState: "guess" }, "client-state"],
      ["no clientState", { clientState: null }, "client-state"],
      ["an unknown subscription", { subscriptionId: "guess" }, "unknown-subscription"],
      ["a foreign tenant", { tenantId: STRANGER }, "foreign-tenant"],
      ["an event that is no text", { lifecycleEvent: 1 }, "shape"],
    ] as const) {
      it(`are refused with ${title}, and one beside them passes`, async () => {
        const verdicts = await stage.admit({ value: [lifecycle(change), lifecycle()] });
        assert.deepEqual(readOutcomes(verdicts), [reason, "lifecycle"]);
      });
    }
    it("pass beside a message whose token is bad", async () => {
      const found = await outcomes((draft) => {
        draft.items.push(lifecycle());
        draft.tokens[0]!.pen = stage.issuer.forge.otherKey;
      });
      assert.deepEqual(found, ["token-signature", "lifecycle"]);
    });
  });

  describe("of a subscription that is still being made", () => {
    const pending = () =>
      record("pending", { key: "key-pending" as never, subscriptionId: null, resource: "/x" });
    const early = (change = {}) =>
      item({ subscriptionId: "not-yet-known", clientState: "state-pending", ...change });
    beforeEach(async () => {
      const { resource } = record("channel");
      await stage.registry.remove(record("channel"));
      await stage.registry.save({ ...pending(), resource });
    });

    it("admits an item by its clientState", async () => {
      assert.deepEqual(await outcomes((draft) => void (draft.items = [early()])), ["message"]);
    });
    for (const [title, change, reason] of [
      ["another clientState", { clientState: "guess" }, "unknown-subscription"],
      ["no clientState", { clientState: undefined }, "unknown-subscription"],
      ["another tenant", { tenantId: OTHER_TENANT }, "unknown-subscription"],
      [
        "the digest for the clientState",
        { clientState: digestClientState("state-pending") },
        "unknown-subscription",
      ],
      [
        "another channel's message",
        { resource: "chats('19:c@thread.v2')/messages('1')" },
        "foreign-resource",
      ],
    ] as const) {
      it(`refuses one with ${title}, and admits the good one beside it`, async () => {
        assert.deepEqual(await outcomes((draft) => void (draft.items = [early(change), early()])), [
          reason,
          "message",
        ]);
      });
    }
    it("admits under the new id once it is known, and under no other then", async () => {
      const { resource } = record("channel");
      await stage.registry.save({ ...pending(), resource, subscriptionId: "known-now" });
      const items = [early({ subscriptionId: "known-now" }), early()];
      assert.deepEqual(await outcomes((draft) => void (draft.items = items)), [
        "message",
        "unknown-subscription",
      ]);
    });
  });

  describe("and the signing keys", () => {
    const count = (path: string) => stage.issuer.requests.filter((one) => one === path).length;

    it("are not asked for by a batch that fails the cheap checks throughout", async () => {
      const found = await outcomes((draft) => {
        draft.items = [
          item({ clientState: "forged" }),
          item({ subscriptionId: "x" }),
          item({ encryptedContent: null }),
        ];
        draft.tokens = Array.from({ length: 50 }, () => ({
          claims: v1Claims(),
          pen: stage.issuer.forge.unknownKey,
        }));
      });
      assert.deepEqual(found, ["client-state", "unknown-subscription", "no-content"]);
      assert.deepEqual(stage.issuer.requests, []);
    });

    it("are asked for once for many batches at once", async () => {
      const found = await Promise.all(Array.from({ length: 20 }, () => outcomes()));
      assert.deepEqual(found, Array(20).fill(["message"]));
      assert.deepEqual(stage.issuer.requests, ["/metadata", "/keys"]);
    });

    it("are not asked for again by a flood of unknown key ids", async () => {
      const flood = () =>
        outcomes((draft) => {
          draft.tokens = Array.from({ length: 40 }, () => ({
            claims: v1Claims(),
            pen: stage.issuer.forge.unknownKey,
          }));
        });
      for (let batches = 0; batches < 5; batches += 1) assert.deepEqual(await flood(), ["token-key-unknown"]);
      assert.ok(count("/metadata") === 1 && count("/keys") <= 2, stage.issuer.requests.join());
      assert.deepEqual(await outcomes(), ["message"]);
    });

    it("are asked for once more in half a minute, and once where that fails, whoever floods", async () => {
      const flood = async () => {
        const forged = { claims: v1Claims(), pen: stage.issuer.forge.unknownKey };
        for (let batches = 0; batches < 5; batches += 1) {
          await outcomes((draft) => void (draft.tokens = [forged])).catch(() => undefined);
        }
      };
      await flood();
      stage.clock.tick(31_000);
      await flood();
      assert.equal(count("/keys"), 2);
      stage.issuer.isDown = true;
      stage.clock.tick(31_000);
      await flood();
      assert.equal(count("/keys"), 3);
      assert.deepEqual(await outcomes(), ["message"]);
    });

    it("throw signing-keys-unavailable while they cannot be read, and are read when they can", async () => {
      stage.issuer.isDown = true;
      await assert.rejects(outcomes(), (error) => {
        assert.ok(error instanceof EarshotError);
        assert.deepEqual([error.code, error.disposition], ["signing-keys-unavailable", "retry"]);
        return true;
      });
      stage.issuer.isDown = false;
      assert.deepEqual(await outcomes(), ["message"]);
    });

    it("throw signing-keys-unavailable where nobody listens", async () => {
      await stage.issuer.close();
      await assert.rejects(outcomes(), { code: "signing-keys-unavailable" });
    });

    it("serve on from memory after their issuer is gone", async () => {
      assert.deepEqual(await outcomes(), ["message"]);
      stage.issuer.isDown = true;
      assert.deepEqual(await outcomes(), ["message"]);
    });
  });
});
