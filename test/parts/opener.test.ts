import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import { openKeyRing, type KeyRing } from "../../src/decryptor/key-ring.ts";
import { createOpener, type Opener } from "../../src/decryptor/opener.ts";
import { sealContent } from "../../src/decryptor/seal-content.ts";
import { EarshotError } from "../../src/errors.ts";
import { failOnLeaks } from "./leak-watch.ts";
import { createQuietEdges } from "./quiet-edges.ts";
import { useTemporaryFolder } from "./temporary-folder.ts";

describe("the opener's threads", () => {
  failOnLeaks();
  const pathOf = useTemporaryFolder("block");
  const threads: Worker[] = [];
  const noteThread = (worker: Worker) => void threads.push(worker);
  let keyRing: KeyRing;
  let opener: Opener;
  beforeEach(async () => {
    threads.length = 0;
    process.on("worker", noteThread);
    keyRing = await openKeyRing({ dir: pathOf("keys"), edges: createQuietEdges() });
    opener = createOpener({ keyRing, threads: 2 });
  });
  afterEach(async () => {
    process.off("worker", noteThread);
    await opener.close();
  });
  const seal = (text: string) => sealContent(text, keyRing, randomBytes);
  const texts = Array.from({ length: 400 }, (_, index) => `text ${index}`);
  const openAll = () => Promise.allSettled(texts.map((text) => opener.open(seal(text))));

  it("answer each caller with its own text, many at once", async () => {
    const many = Array.from({ length: 200 }, (_, index) => `text ${index}`);
    assert.deepEqual(await Promise.all(many.map((text) => opener.open(seal(text)))), many);
    assert.equal(threads.length, 2);
  });

  it("refuse what cannot be opened, and no other beside it", async () => {
    const [before, bad, after] = await Promise.allSettled([
      opener.open(seal("before")),
      opener.open({ ...seal("bad"), dataKey: seal("other").dataKey }),
      opener.open(seal("after")),
    ]);
    assert.deepEqual(
      [before, after].map((result) => result.status === "fulfilled" && result.value),
      ["before", "after"],
    );
    assert.ok(bad.status === "rejected" && bad.reason instanceof EarshotError);
    assert.deepEqual([bad.reason.code, bad.reason.disposition], ["content-not-openable", "park"]);
  });

  it("are not asked where the key is missing: it may come back", async () => {
    const content = { ...seal("text"), encryptionCertificateId: "gone" };
    await assert.rejects(opener.open(content), { code: "key-missing", disposition: "retry" });
    assert.equal(await opener.open({ ...content, encryptionCertificateId: keyRing.current().id }), "text");
  });

  it("keep several keys apart", async () => {
    const other = await openKeyRing({ dir: pathOf("other"), edges: createQuietEdges() });
    const both = { ...keyRing, find: async (id: string) => (await keyRing.find(id)) ?? other.find(id) };
    const wide = createOpener({ keyRing: both, threads: 1 });
    try {
      const sealed = [seal("one"), sealContent("two", other, randomBytes), seal("three")];
      assert.deepEqual(await Promise.all(sealed.map((content) => wide.open(content))), [
        "one",
        "two",
        "three",
      ]);
      const crossed = { ...seal("one"), encryptionCertificateId: other.current().id };
      await assert.rejects(wide.open(crossed), { code: "content-not-openable" });
    } finally {
      await wide.close();
    }
  });

  it("take their calls along when they die, for another try, and no other's; then are replaced", async () => {
    await openAll();
    const opening = openAll();
    await threads[0]!.terminate();
    const results = await opening;
    const lost = results.filter(({ status }) => status === "rejected").length;
    assert.ok(lost > 0 && lost <= texts.length / 2, `${lost} calls were lost`);
    for (const result of results) {
      if (result.status === "fulfilled") continue;
      assert.ok(result.reason instanceof EarshotError);
      assert.equal(result.reason.disposition, "retry");
    }
    const again = await openAll();
    assert.equal(threads.length, 3);
    assert.deepEqual(
      again.map((result) => result.status === "fulfilled" && result.value),
      texts,
    );
  });

  it("end when the opener is closed, and let nobody wait", async () => {
    await openAll();
    const opening = openAll();
    const exits = Promise.all(threads.map((thread) => once(thread, "exit")));
    await opener.close();
    await exits;
    for (const result of await opening) {
      if (result.status === "fulfilled") continue;
      assert.ok(result.reason instanceof EarshotError);
      assert.equal(result.reason.disposition, "retry");
    }
    assert.equal(threads.length, 2, "none is started anew");
    await assert.rejects(opener.open(seal("too late")), { disposition: "retry" });
  });
});
