/**
 * The certificates that notifications are sealed to, and their private keys, by id. The newest is for new
 * subscriptions, the others still open what was sealed to them. The folder may be shared, and is looked into again.
 */
import type { KeyObject } from "node:crypto";
import { mkdir } from "node:fs/promises";
import type { Edges } from "../edges.ts";
import { EarshotError } from "../errors.ts";
import { compareAge, type Certificate } from "./certificate.ts";
import { listKeyIds, readKeyPair, removeKeyPair, writeKeyPair, type KeyPair } from "./key-folder.ts";
import { makeKeyPair } from "./make-key-pair.ts";

const DEFAULT_BITS = 2048;
const LOOK_AGAIN_MS = 500;
const LIFE_MS = 2 * 365 * 24 * 60 * 60_000;
/** For a reader whose clock is behind ours. */
const BACKDATED_MS = 60_000;

export interface KeyRing {
  /** What new subscriptions are given: the newest made. */
  current(): Certificate;
  /**
   * The private key of a certificate, or undefined where there is none by that id, not in the folder either: another
   * instance with the same folder may have made it since.
   */
  find(id: string): Promise<KeyObject | undefined>;
  /** The newest first. */
  list(): readonly Certificate[];
  /**
   * Takes over what others made or removed in the folder; does not throw. What cannot be read is left out, and told.
   * What is gone was retired where a newer one is there; else it was lost, and still serves while we live.
   */
  refresh(): Promise<void>;
  /** Makes another pair, which is the current one from then on. Throws `key-ring-invalid`. */
  add(): Promise<Certificate>;
  /**
   * Removes key and certificate from the folder and forgets them. Throws `key-ring-invalid`, or `unexpected` where it is
   * the current one.
   */
  retire(id: string): Promise<void>;
  /** Tells of keys that are no longer here; answers how to stop. */
  onForget(listener: (id: string) => void): () => void;
}

/**
 * Reads the folder, making it and a first certificate where there is none. Two that start at once may make one each.
 * Throws `key-ring-invalid`.
 */
export async function openKeyRing({
  dir,
  bits = DEFAULT_BITS,
  edges,
}: {
  dir: string;
  /** RSA, of keys that are made from now on. */
  bits?: number;
  edges: Pick<Edges, "now" | "randomUuid" | "log">;
}): Promise<KeyRing> {
  const known = new Map<string, KeyPair>();
  /** By id, so that each is told once. */
  const told = new Set<string>();
  const listeners = new Set<(id: string) => void>();
  const inTurn = createTurns();
  let lookedAt = -Infinity;

  const list = () => [...known.values()].map(({ certificate }) => certificate).toSorted(compareAge);
  const current = (): Certificate => {
    const [newest] = list();
    if (!newest) throw new EarshotError("key-ring-invalid", `there is no certificate in ${dir} (KEYS_DIR)`);
    return newest;
  };
  const warnOnce = (id: string, fields: object, event: string) => {
    if (told.has(id)) return;
    told.add(id);
    edges.log.warn({ certificateId: id, dir, ...fields }, event);
  };
  const forget = (id: string) => {
    known.delete(id);
    for (const listener of listeners) listener(id);
  };

  const takeUp = async (id: string): Promise<void> => {
    try {
      const pair = await readKeyPair(dir, id);
      if (!pair) return;
      known.set(id, pair);
      told.delete(id);
      edges.log.info({ certificateId: id }, "a certificate that another one made is taken up");
    } catch (error) {
      warnOnce(id, { reason: describe(error) }, "a certificate cannot be read and is left out");
    }
  };
  const dropGone = (ids: ReadonlySet<string>): void => {
    const [newest] = list().filter(({ id }) => ids.has(id));
    for (const certificate of list().filter(({ id }) => !ids.has(id))) {
      if (newest && compareAge(newest, certificate) < 0) forget(certificate.id);
      else
        warnOnce(
          certificate.id,
          { remedy: "put it back from a backup" },
          "a certificate is gone from its folder",
        );
    }
  };
  const refresh = () =>
    inTurn(async () => {
      lookedAt = edges.now();
      try {
        const ids = await listKeyIds(dir);
        for (const id of ids) if (!known.has(id)) await takeUp(id);
        dropGone(new Set(ids));
      } catch (error) {
        edges.log.warn({ dir, reason: describe(error) }, "the folder of keys cannot be read");
      }
    });

  const add = () =>
    explainFault(dir, async () => {
      const id = `earshot-${edges.randomUuid()}`;
      const now = edges.now();
      // Whatever the clock did since the last one was made, this one is newer.
      const [last] = list();
      const notBefore = Math.max(now - BACKDATED_MS, last ? last.notBefore + 1_000 : -Infinity);
      const serialNumber = edges.randomUuid().replaceAll("-", "");
      const files = await makeKeyPair({ bits, serialNumber, notBefore, notAfter: now + LIFE_MS });
      return inTurn(async () => {
        await writeKeyPair(dir, id, files);
        const pair = await readKeyPair(dir, id);
        if (!pair) throw new EarshotError("key-ring-invalid", `${id} was removed from ${dir} at once`);
        known.set(id, pair);
        return pair.certificate;
      });
    });

  await explainFault(dir, async () => {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    for (const id of await listKeyIds(dir)) {
      const pair = await readKeyPair(dir, id);
      if (pair) known.set(id, pair);
    }
  });
  if (known.size === 0) await add();

  return {
    current,
    list,
    refresh,
    add,
    find: async (id) => {
      if (!known.has(id)) {
        // The folder is not read for every one of a flood; each waits for a look that is under way.
        if (edges.now() - lookedAt >= LOOK_AGAIN_MS) void refresh();
        await inTurn(async () => undefined);
      }
      return known.get(id)?.privateKey;
    },
    retire: (id) =>
      explainFault(dir, () =>
        inTurn(async () => {
          if (id === current().id) {
            throw new EarshotError("unexpected", `${id} is the current certificate, which is not retired`);
          }
          await removeKeyPair(dir, id);
          forget(id);
        }),
      ),
    onForget: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** One after the other: who reads the folder sees nothing half done by ourselves. */
function createTurns(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work, work);
    last = done.catch(() => undefined);
    return done;
  };
}

async function explainFault<Result>(dir: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof EarshotError) throw error;
    throw new EarshotError(
      "key-ring-invalid",
      `the keys in ${dir} (KEYS_DIR) cannot be read or made: ${describe(error)}. Give the program a folder it may write, or restore the files.`,
      { cause: error },
    );
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
