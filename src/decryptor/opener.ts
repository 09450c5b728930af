import { Worker } from "node:worker_threads";
import { EarshotError } from "../errors.ts";
import type { EncryptedContent } from "../wire/change-notification.ts";
import type { KeyRing } from "./key-ring.ts";
import type { ForgetCall, OpeningAnswer, OpeningCall } from "./opening-worker.ts";

export interface Opener {
  /**
   * Opens in a thread. Throws `key-missing` where the ring has no key by the content's certificate id (it may come
   * back: a retry), `opening-interrupted` where the thread died, or `content-not-openable`.
   */
  open(content: EncryptedContent): Promise<string>;
  close(): Promise<void>;
}

interface Thread {
  readonly worker: Worker;
  readonly knownIds: Set<string>;
  readonly waiting: Map<number, { resolve(text: string): void; reject(error: EarshotError): void }>;
}

/**
 * A pool of `threads` workers; each takes what the least busy has room for, and is replaced if it dies. A thread keeps
 * the keys that it was given until the ring forgets them.
 */
export function createOpener({
  keyRing,
  threads,
}: {
  keyRing: Pick<KeyRing, "find" | "onForget">;
  threads: number;
}): Opener {
  let lastId = 0;
  let closed = false;

  const startThread = (): Thread => {
    const thread: Thread = {
      worker: new Worker(new URL("./opening-worker.ts", import.meta.url)),
      knownIds: new Set(),
      waiting: new Map(),
    };
    thread.worker.on("message", (answer: OpeningAnswer) => {
      const caller = thread.waiting.get(answer.id);
      thread.waiting.delete(answer.id);
      if ("text" in answer) caller?.resolve(answer.text);
      else caller?.reject(new EarshotError("content-not-openable", "the sealed content could not be opened"));
    });
    thread.worker.on("exit", () => {
      for (const { reject } of thread.waiting.values()) {
        reject(new EarshotError("opening-interrupted", "the opening thread stopped"));
      }
      thread.waiting.clear();
      pool.splice(pool.indexOf(thread), 1);
    });
    // Without a listener an error would end the process; `exit` follows and does what is needed.
    thread.worker.on("error", () => undefined);
    return thread;
  };
  const pool: Thread[] = Array.from({ length: threads }, startThread);

  const stopForgetting = keyRing.onForget((certificateId) => {
    const call: ForgetCall = { forget: certificateId };
    for (const { worker, knownIds } of pool) if (knownIds.delete(certificateId)) worker.postMessage(call);
  });

  /** The least busy; one that died is replaced when it is wanted, so that one that cannot live is no busy loop. */
  const chooseThread = (): Thread => {
    if (pool.length < threads) pool.push(startThread());
    return pool.reduce((best, other) => (other.waiting.size < best.waiting.size ? other : best));
  };

  return {
    open: async (content) => {
      const privateKey = await keyRing.find(content.encryptionCertificateId);
      if (!privateKey) {
        throw new EarshotError(
          "key-missing",
          `no private key for certificate ${content.encryptionCertificateId}`,
        );
      }
      // While the folder was looked into, the program may have come to its end.
      if (closed) throw new EarshotError("opening-interrupted", "the opener is closed");
      const thread = chooseThread();
      const id = ++lastId;
      const isKnown = thread.knownIds.has(content.encryptionCertificateId);
      thread.knownIds.add(content.encryptionCertificateId);
      return new Promise((resolve, reject) => {
        thread.waiting.set(id, { resolve, reject });
        const call: OpeningCall = isKnown ? { id, content } : { id, content, privateKey };
        thread.worker.postMessage(call);
      });
    },
    close: async () => {
      closed = true;
      stopForgetting();
      await Promise.all([...pool].map(({ worker }) => worker.terminate()));
    },
  };
}
