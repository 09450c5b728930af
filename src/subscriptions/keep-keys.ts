/** Certificates that are made, changed and put away in time, by the one keeper. */
import type { KeyRing } from "../decryptor/key-ring.ts";
import type { Edges } from "../edges.ts";
import { toEarshotError } from "../errors.ts";
import type { Storage } from "../storage/storage.ts";
import type { SubscriptionRecord } from "../storage/subscription-record.ts";
import { planKeys, type KeyState } from "./plan-keys.ts";

export interface KeyKeeper {
  /** For the keeper, at each of its turns: looks into the folder each minute, and plans each hour. Never throws. */
  turn(): Promise<void>;
}

const REFRESH_EVERY_MS = 60_000;
const PLAN_EVERY_MS = 60 * 60_000;

export function createKeyKeeper(needs: {
  keyRing: Pick<KeyRing, "current" | "list" | "refresh" | "add" | "retire">;
  storage: Pick<Storage, "listSubscriptions" | "listNeededCertificates">;
  edges: Pick<Edges, "now" | "log">;
  /** How long a certificate is the current one; 0: until it is about to end. */
  rotationMs: number;
}): KeyKeeper {
  const { keyRing, edges, rotationMs } = needs;
  let refreshedAt = -Infinity;
  let plannedAt = -Infinity;

  const plan = (live: Pick<KeyState, "liveIds" | "neededIds">) =>
    planKeys({ certificates: keyRing.list(), now: edges.now(), rotationMs, ...live });

  const makeIfDue = async (): Promise<void> => {
    const { make } = plan(NOTHING_LIVE);
    if (make === null) return;
    const { id, notAfter } = await keyRing.add();
    edges.log.info(
      { certificateId: id, reason: make, until: formatInstant(notAfter) },
      "a new certificate is made",
    );
  };

  const retireUnneeded = async (): Promise<void> => {
    // To see what is needed all that waits is read: only where there is something to retire at all.
    if (plan(NOTHING_LIVE).retire.length === 0) return;
    for (const id of plan(await readLive(needs.storage, edges.now())).retire) {
      await keyRing.retire(id);
      edges.log.info({ certificateId: id }, "an old certificate is retired");
    }
  };

  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (thrown) {
      const { code, message } = toEarshotError(thrown);
      const until = formatInstant(keyRing.current().notAfter);
      edges.log.warn(
        { code, reason: message, until },
        "the certificates could not be kept as they should be",
      );
    }
  };

  return {
    turn: async () => {
      if (edges.now() - refreshedAt < REFRESH_EVERY_MS) return;
      refreshedAt = edges.now();
      await keyRing.refresh();
      if (edges.now() - plannedAt < PLAN_EVERY_MS) return;
      plannedAt = edges.now();
      await attempt(makeIfDue);
      await attempt(retireUnneeded);
    },
  };
}

const NOTHING_LIVE = { liveIds: new Set<string>(), neededIds: new Set<string>() };

async function readLive(
  storage: Pick<Storage, "listSubscriptions" | "listNeededCertificates">,
  now: number,
): Promise<Pick<KeyState, "liveIds" | "neededIds">> {
  const subscriptions = await storage.listSubscriptions({});
  const needed = await storage.listNeededCertificates();
  return {
    liveIds: new Set(
      subscriptions.filter((each) => needsKey(each, now)).map(({ certificateId }) => certificateId),
    ),
    neededIds: new Set(needed.map(({ certificateId }) => certificateId)),
  };
}

/** It may bring something that is sealed; one that is being made is about to. */
export function needsKey(record: SubscriptionRecord, now: number): boolean {
  return record.certificateId !== "" && (record.subscriptionId === null || record.expiresAt > now);
}

function formatInstant(at: number): string {
  return new Date(at).toISOString();
}
