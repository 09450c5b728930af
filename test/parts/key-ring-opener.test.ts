/** The opener's threads and the ring: keys that come and go while threads hold others. Sealed as Graph seals. */
import assert from "node:assert/strict";
import { randomBytes, type KeyObject } from "node:crypto";
import { once } from "node:events";
import { cp } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import type { Certificate } from "../../src/decryptor/certificate.ts";
import { openKeyRing, type KeyRing } from "../../src/decryptor/key-ring.ts";
import { createOpener, type Opener } from "../../src/decryptor/opener.ts";
import type { ForgetCall, OpeningAnswer, OpeningCall } from "../../src/decryptor/opening-worker.ts";
import { readSealingCertificate, sealContent } from "../../src/emulator/seal-content.ts";
import { failOnLeaks } from "./leak-watch.ts";
import { createQuietEdges } from "./quiet-edges.ts";
import { useTemporaryFolder } from "./temporary-folder.ts";

const THREADS = 2;

/** What Graph makes of a text for the certificate that it was given. */
function seal(text: string, { id, derBase64 }: Pick<Certificate, "id" | "derBase64">) {
  const read = readSealingCertificate(id, derBase64);
  assert.ok("certificate" in read, JSON.stringify(read));
  return sealContent(text, read.certificate, randomBytes(32));
}

describe("keys in the opener's threads", () => {
  failOnLeaks();
  const pathOf = useTemporaryFolder();
  const openers: Opener[] = [];
  const create = (keyRing: Pick<KeyRing, "find" | "onForget">) => {
    const opener = createOpener({ keyRing, threads: THREADS });
    openers.push(opener);
    return opener;
  };
  let now = Date.now();
  const openRing = () =>
    openKeyRing({ dir: pathOf("keys"), edges: createQuietEdges({ now: () => (now += 1_000) }) });
  afterEach(() => Promise.all(openers.splice(0).map((opener) => opener.close())));

  /** By each of the threads. */
  const openAll = (opener: Opener, text: string, certificate: Pick<Certificate, "id" | "derBase64">) =>
    Promise.all(Array.from({ length: 4 * THREADS }, () => opener.open(seal(text, certificate))));

  it("are found where they were made later: by this ring, and by another one in the folder", async () => {
    const ring = await openRing();
    const opener = create(ring);
    const first = ring.current();
    assert.deepEqual(new Set(await openAll(opener, "before", first)), new Set(["before"]));
    const made = await ring.add();
    assert.deepEqual(new Set(await openAll(opener, "after", made)), new Set(["after"]));
    const foreign = await (await openRing()).add();
    assert.deepEqual(new Set(await openAll(opener, "elsewhere", foreign)), new Set(["elsewhere"]));
    for (const certificate of [first, made, foreign])
      assert.equal(await opener.open(seal("any", certificate)), "any");
  });

  it("open nothing any more once they are retired, here or by another one, and the others do", async () => {
    const [ring, other] = [await openRing(), await openRing()];
    const [here, there] = [create(ring), create(other)];
    const old = ring.current();
    for (const opener of [here, there]) await openAll(opener, "before", old);
    const made = await ring.add();
    await ring.retire(old.id);
    await other.refresh();
    for (const opener of [here, there]) {
      await assert.rejects(opener.open(seal("late", old)), { code: "key-missing", disposition: "retry" });
      assert.equal(await opener.open(seal("new", made)), "new");
    }
  });

  it("open again once they were put back into the folder", async () => {
    const ring = await openRing();
    const opener = create(ring);
    const old = ring.current();
    await openAll(opener, "before", old);
    await cp(pathOf("keys"), pathOf("backup"), { recursive: true });
    await ring.add();
    await ring.retire(old.id);
    await assert.rejects(opener.open(seal("late", old)), { code: "key-missing" });
    await cp(pathOf("backup"), pathOf("keys"), { recursive: true });
    assert.deepEqual(new Set(await openAll(opener, "again", old)), new Set(["again"]));
  });

  it("are not in a thread any more that was told to forget them, and are until then", async () => {
    const ring = await openRing();
    const { id } = ring.current();
    const content = seal("text", ring.current());
    const worker = new Worker(new URL("../../src/decryptor/opening-worker.ts", import.meta.url));
    const ask = async (call: OpeningCall): Promise<OpeningAnswer> => {
      const answered = once(worker, "message");
      worker.postMessage(call);
      const [answer] = (await answered) as [OpeningAnswer];
      return answer;
    };
    try {
      const privateKey = (await ring.find(id))!;
      assert.deepEqual(await ask({ id: 1, content, privateKey }), { id: 1, text: "text" });
      assert.deepEqual(await ask({ id: 2, content }), { id: 2, text: "text" });
      worker.postMessage({ forget: id } satisfies ForgetCall);
      assert.deepEqual(await ask({ id: 3, content }), { id: 3, failed: true });
    } finally {
      await worker.terminate();
    }
  });

  it("are let go by each thread, which takes another by the same name then and not before", async () => {
    const ring = await openRing();
    const [old, made] = [ring.current(), await ring.add()];
    const keys: (KeyObject | undefined)[] = [await ring.find(old.id), await ring.find(made.id)];
    const listeners = new Set<(id: string) => void>();
    let given = keys[0];
    const opener = create({
      find: async () => given,
      onForget: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    });
    const named = ({ derBase64 }: Certificate) => ({ id: "same", derBase64 });
    await openAll(opener, "text", named(old));
    given = keys[1];
    await assert.rejects(openAll(opener, "text", named(made)), { code: "content-not-openable" });
    for (const listener of listeners) listener("same");
    assert.deepEqual(new Set(await openAll(opener, "text", named(made))), new Set(["text"]));
    await assert.rejects(opener.open(seal("text", named(old))), { code: "content-not-openable" });
    await opener.close();
    assert.equal(listeners.size, 0);
  });
});
