/**
 * Reads what may not have been heard: gaps that the keeper opened, conversations that Graph does not report, and now and
 * then every one, in case something was lost without a word. What is found enters the inbox under the keys of its
 * notifications, so that nothing is handled twice.
 */
import { toEarshotError } from "../errors.ts";
import { createReadGap, type ReadGapNeeds } from "./read-gap.ts";

export interface CatchUp {
  start(): void;
  /** Looks for work now. */
  poke(): void;
  /** What is being read goes on at the next start where it stopped. */
  stop(): Promise<void>;
}

export type CatchUpNeeds = ReadGapNeeds;

const LOOK_EVERY_MS = 1_000;
/** What failed with the database is still due: it would be tried again and again without a pause. */
const REST_MS = 5_000;
/** Graph's limits make those of one tenant wait for one another; more at once would but hold more in memory. */
const AT_ONCE_IN_TENANT = 4;
const AT_ONCE = 32;
/** For what was read to be stored; what is being read is not waited for. */
const STOP_PATIENCE_MS = 4_000;

export function createCatchUp(needs: CatchUpNeeds): CatchUp {
  const { storage, edges } = needs;
  const readGap = createReadGap(needs);
  const stopping = new AbortController();
  /** By tenant, the ids of the conversations that are being read. */
  const busy = new Map<string, Set<string>>();
  const inHand = new Set<Promise<void>>();
  let nap = new AbortController();
  let isStorageDown = false;
  let loop: Promise<void> | null = null;

  const poke = () => {
    nap.abort();
  };

  const noteStorageDown = (event: string, error?: unknown): void => {
    const code = error === undefined ? "storage-unavailable" : toEarshotError(error).code;
    if (!isStorageDown) edges.log.warn({ code }, event);
    isStorageDown = true;
  };

  const listFull = () =>
    [...busy].flatMap(([tenantId, { size }]) => (size >= AT_ONCE_IN_TENANT ? [tenantId] : []));

  /** Answers whether it took any: one tenant's thousands hide another's few until that tenant has its hands full. */
  const takeSome = async (): Promise<boolean> => {
    // Those in hand are due as well.
    const asked = { now: edges.now(), limit: 2 * AT_ONCE, exceptTenants: listFull() };
    const before = inHand.size;
    for (const conversation of await storage.listDueConversations(asked)) {
      const { tenantId, conversationId } = conversation;
      const own = busy.get(tenantId) ?? new Set();
      if (inHand.size >= AT_ONCE || own.size >= AT_ONCE_IN_TENANT || own.has(conversationId)) continue;
      busy.set(tenantId, own.add(conversationId));
      const reading = readGap(conversation, stopping.signal).then((isWritten) => {
        inHand.delete(reading);
        own.delete(conversationId);
        if (own.size === 0) busy.delete(tenantId);
        if (isWritten) poke();
        else noteStorageDown("what is read back cannot be written");
      });
      inHand.add(reading);
    }
    return inHand.size > before;
  };

  const take = async (): Promise<void> => {
    if (!(await storage.tryLead())) return;
    while (!isStorageDown && inHand.size < AT_ONCE && (await takeSome())) continue;
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      nap = new AbortController();
      try {
        await take();
      } catch (error) {
        noteStorageDown("what is to be read back cannot be looked up", error);
      }
      if (isStorageDown) {
        // Whoever pokes meanwhile.
        await edges.sleep(REST_MS, stopping.signal);
        isStorageDown = false;
      } else {
        await edges.sleep(LOOK_EVERY_MS, AbortSignal.any([nap.signal, stopping.signal]));
      }
    }
  };

  return {
    start: () => {
      loop = run();
    },
    poke,
    stop: async () => {
      stopping.abort();
      await loop;
      await Promise.race([Promise.all(inHand), edges.sleep(STOP_PATIENCE_MS)]);
    },
  };
}
