/** Which certificates are needed to open what is stored. */
import assert from "node:assert/strict";
import { createNotification } from "../parts/waiting-notification.ts";
import { useStage, type Engine } from "./storage-conformance-stage.ts";

/** As it lies in the inbox: the id comes last, after what is long. */
const sealTo = (certificateId: string) =>
  JSON.stringify({
    data: "QUJD",
    dataSignature: "c2ln",
    dataKey: "a2V5",
    encryptionCertificateId: certificateId,
  });

export function describeKeys(engine: Engine): void {
  const stage = useStage(engine);
  const add = (
    name: string,
    sealed: string,
    change: Partial<Parameters<typeof createNotification>[1]> = {},
  ) =>
    stage.storage.addNotifications([
      createNotification({ conversationId: `19:${name}` }, { sealed, ...change }),
    ]);
  const readNeeded = async (storage = stage.storage) => {
    const needed = await storage.listNeededCertificates();
    return Object.fromEntries(needed.map((each) => [each.certificateId, each.notifications]));
  };
  const claimOf = async (name: string) => {
    const claims = await stage.claim();
    const found = claims.find(({ message }) => message.conversationId === `19:${name}`);
    assert.ok(found);
    return found;
  };

  it("are none where nothing is stored", async () => {
    assert.deepEqual(await readNeeded(), {});
  });

  it("are those of what waits, is in hand or is parked, each counted; to a tool too", async () => {
    for (const name of ["a", "b"]) await add(name, sealTo("waits"));
    await add("c", sealTo("in hand"));
    await add("d", sealTo("parked"));
    await add("e", sealTo("done"));
    const claims = new Map((await stage.claim()).map((claim) => [claim.message.conversationId, claim]));
    for (const name of ["a", "b"]) {
      const { id } = claims.get(`19:${name}`)!;
      await stage.storage.retryNotification({ id, dueAt: 1e12, code: "key-missing", isCounted: true });
    }
    await stage.park(claims.get("19:d")!, "content-not-openable");
    assert.deepEqual(await readNeeded(), { waits: 2, "in hand": 1, parked: 1, done: 1 });
    await stage.complete(claims.get("19:e")!);
    const expected = { waits: 2, "in hand": 1, parked: 1 };
    assert.deepEqual(await readNeeded(), expected);
    assert.deepEqual(await readNeeded(await stage.open("tool")), expected);
    assert.deepEqual(await readNeeded(await stage.reopen()), expected);
  });

  it("are those of the other ear's copy, while it is kept", async () => {
    await add("a", sealTo("graph's"));
    await add("a", sealTo("ours"), { ear: "bot-framework" });
    await add("b", sealTo("both"));
    await add("b", sealTo("both"), { ear: "bot-framework" });
    assert.deepEqual(await readNeeded(), { "graph's": 1, ours: 1, both: 1 });
    // The copy takes the place of what cannot be read.
    assert.equal(await stage.park(await claimOf("a"), "key-missing"), "spare");
    assert.deepEqual(await readNeeded(), { ours: 1, both: 1 });
  });

  it("are not asked of what is fetched, of a deletion without content, or of what is no content of ours", async () => {
    await add("a", sealTo("cert"));
    await add("b", '{"fetch":"/teams/t/channels/c/messages/1"}');
    await add("c", "", { changeType: "deleted", version: "1000" });
    await add("d", "no JSON");
    await add("e", '{"sealed":true}');
    await add("f", JSON.stringify({ data: '","encryptionCertificateId":"within a text' }));
    assert.deepEqual(await readNeeded(), { cert: 1 });
  });

  it("go with the content when a message is deleted, or its conversation", async () => {
    await add("a", sealTo("deleted"));
    await add("b", sealTo("erased"));
    await add("c", sealTo("kept"));
    assert.deepEqual(await readNeeded(), { deleted: 1, erased: 1, kept: 1 });
    await add("a", "", { changeType: "deleted", version: "1000" });
    await stage.storage.eraseConversation({ tenantId: "tenant", conversationId: "19:b" });
    assert.deepEqual(await readNeeded(), { kept: 1 });
  });
}
