import assert from "node:assert/strict";
import { FORGERIES, type Forged, type Forgery } from "../../src/emulator/forger.ts";
import { createControlClient, type ControlClient } from "./emulator-control-client.ts";
import { setStage, type Stage } from "./stage.ts";

/** What Earshot says of each, in its traces; the sender is told nothing but the status. */
const REFUSED: Readonly<Partial<Record<Forgery, readonly [status: number, reason: string]>>> = {
  "wrong-client-state": [202, "client-state"],
  "no-client-state": [202, "client-state"],
  "foreign-tenant": [202, "foreign-tenant"],
  "unknown-subscription": [202, "unknown-subscription"],
  "no-validation-token": [202, "token-missing"],
  "expired-token": [202, "token-expired"],
  "token-of-another-app": [202, "token-audience"],
  "token-of-another-tenant": [202, "token-tenant"],
  "token-of-another-publisher": [202, "token-publisher"],
  "token-of-wrong-issuer": [202, "token-issuer"],
  "token-signed-by-a-stranger": [202, "token-key-unknown"],
  "token-with-a-borrowed-key-id": [202, "token-signature"],
  "unsigned-token": [202, "token-algorithm"],
  "unsigned-activity": [401, "token-missing"],
  "activity-with-an-unsigned-token": [401, "token-algorithm"],
  "activity-for-another-app": [401, "token-audience"],
  "activity-with-a-foreign-service-url": [401, "token-service-url"],
  "activity-from-a-foreign-host": [401, "token-service-url"],
  "activity-from-another-channel": [401, "token-endorsement"],
  "expired-activity": [401, "token-expired"],
  "activity-of-wrong-issuer": [401, "token-issuer"],
  "activity-signed-by-a-stranger": [401, "token-key-unknown"],
  "activity-with-a-borrowed-key-id": [401, "token-signature"],
};
/** What only the opener can find out: on disk before, and parked. */
const PARKED: readonly Forgery[] = [
  ...(["wrong-data-signature", "sealed-to-another-certificate", "tampered-ciphertext"] as const),
];
const TAKEN: readonly Forgery[] = ["genuine", "genuine-activity"];

describe("forgeries", () => {
  let stage: Stage;
  let control: ControlClient;

  before(async () => {
    stage = await setStage({ mayPark: true });
    await stage.waitForSubscriptions(5);
    control = createControlClient(stage.tenant.url);
  });
  after(() => stage.strike());

  const forge = async (kind: Forgery, text?: string): Promise<Forged> =>
    (await control.run("forge", { kind, conversation: "Lunch crew", ...(text ? { text } : {}) })) as Forged;
  const tracesOf = ({ messageId }: Forged) =>
    stage.traces.filter(({ message }) => message?.messageId === messageId);
  const readCounted = async (code: string): Promise<number> => {
    const metrics = await (await fetch(`${stage.adminUrl}/metrics`)).text();
    const found = new RegExp(`^earshot_reasons_total\\{step="admitted",code="${code}"\\} (\\d+)$`, "m").exec(
      metrics,
    );
    return Number(found?.[1] ?? 0);
  };

  it("are all judged here", () => {
    const judged = [...Object.keys(REFUSED), ...PARKED, ...TAKEN, "replayed-batch"];
    assert.deepEqual(judged.toSorted(), [...FORGERIES].toSorted());
  });

  for (const [kind, [status, reason]] of Object.entries(REFUSED)) {
    it(`${kind}: refused as ${reason}, counted, and nothing of it kept`, async () => {
      const counted = await readCounted(reason);
      const forged = await forge(kind as Forgery, "forged: the wifi is down");
      assert.deepEqual([forged.status, forged.answer], [status, ""]);
      assert.equal(await readCounted(reason), counted + 1);
      assert.deepEqual(tracesOf(forged), []);
    });
  }

  for (const kind of TAKEN) {
    it(`${kind}: the twin, taken and decided on`, async () => {
      const forged = await forge(kind, "nothing that a rule listens to");
      assert.ok(forged.status === 202 || forged.status === 200 || forged.status === 201);
      const decided = await stage.waitForTrace(
        "a decision",
        ({ step, message }) => step === "decided" && message?.messageId === forged.messageId,
      );
      assert.equal(decided.result, "silent");
    });
  }

  for (const kind of PARKED) {
    it(`${kind}: parked when it is opened, and nothing said`, async () => {
      const forged = await forge(kind, "forged: the wifi is down");
      assert.equal(forged.status, 202);
      const parked = await stage.waitForTrace(
        "it to be parked",
        ({ step, message }) => step === "parked" && message?.messageId === forged.messageId,
      );
      assert.equal(parked.code, "content-not-openable");
      assert.deepEqual(
        tracesOf(forged).filter(({ step }) => step === "decided" || step === "replied"),
        [],
      );
    });
  }

  it("replayed-batch: taken once, however often it comes", async () => {
    // To which the bot says nothing, so that it is the last of which Graph tells.
    const said = stage.tenant.say({
      ...{ person: "Mira Lindqvist", conversation: "Lunch crew", text: "said once" },
    });
    await stage.waitForOutcome(said);
    await stage.waitUntil("Graph's word of it", () =>
      stage.tenant.deliveries.some(
        ({ sender, body, state }) =>
          sender === "graph" && state === "delivered" && JSON.stringify(body).includes(said.id),
      ),
    );
    const before = stage.traces.length;
    const forged = await forge("replayed-batch");
    assert.equal(forged.status, 202);
    assert.ok(JSON.stringify(forged.sent).includes(said.id));
    assert.deepEqual(
      stage.traces.slice(before).map(({ step, result }) => `${step} ${result}`),
      ["received ok", "admitted ok", "stored duplicate"],
    );
  });
});
