import { randomInt } from "node:crypto";
import type { NewNotification, Storage, StoreResult } from "../storage.ts";
import { createPool, createRunner, transact, type Database } from "./database.ts";
import { createGathered } from "./gather.ts";
import { migrate } from "./migrate.ts";
import { addNotifications } from "./operations/add-notifications.ts";
import { claimNotifications } from "./operations/claim-notifications.ts";
import { eraseConversation, prune, readSentIds } from "./operations/forget.ts";
import { beginAction, settleAction, withdrawAction } from "./operations/keep-ledger.ts";
import { askForLook, takeLooks } from "./operations/keep-looks.ts";
import { findNewestPlace, findPlace, listPlaces, removePlace, savePlace } from "./operations/keep-places.ts";
import {
  findSubscriptions,
  listSubscriptions,
  removeSubscription,
  saveSubscription,
} from "./operations/keep-subscriptions.ts";
import { readCounts, readLaterChanges, readNextDue } from "./operations/read-inbox.ts";
import { listParked, replayParked } from "./operations/read-parked.ts";
import {
  completeNotification,
  parkNotification,
  releaseClaims,
  retryNotification,
} from "./operations/settle-notification.ts";
import { createPresence } from "./presence.ts";

/**
 * Opens a PostgreSQL database, which several instances may share. A bot is seen by the others for as long as it lives;
 * a tool claims nothing. Throws `storage-unavailable` or `storage-schema-newer`.
 */
export async function openPostgres(url: string, as: "bot" | "tool"): Promise<Storage> {
  const pool = createPool(url);
  const presence = createPresence(url, () => randomInt(2 ** 32) / 2 ** 32);
  let closing: Promise<void> | null = null;
  const close = () => (closing ??= Promise.all([presence.close(), pool.end()]).then(() => undefined));
  try {
    await migrate(pool);
    if (as === "bot") await presence.readHolder();
  } catch (error) {
    await close();
    throw error;
  }

  const database: Database = {
    query: createRunner(pool).query,
    transact: (work) => transact(pool, work),
    readHolder: presence.readHolder,
  };
  const operation =
    <Input, Output>(operate: (database: Database, input: Input) => Promise<Output>) =>
    (input: Input) =>
      operate(database, input);
  const add = createGathered<readonly NewNotification[], readonly StoreResult[]>(async (calls) => {
    const results = await addNotifications(database, calls.flat());
    let from = 0;
    return calls.map(({ length }) => results.slice(from, (from += length)));
  });

  return {
    addNotifications: add,
    claimNotifications: operation(claimNotifications),
    completeNotification: operation(completeNotification),
    retryNotification: operation(retryNotification),
    parkNotification: operation(parkNotification),
    releaseClaims: () => releaseClaims(database),
    readLaterChanges: operation(readLaterChanges),
    replayParked: operation(replayParked),
    listParked: operation(listParked),
    readNextDue: operation(readNextDue),
    readCounts: operation(readCounts),
    beginAction: operation(beginAction),
    settleAction: operation(settleAction),
    withdrawAction: operation(withdrawAction),
    readSentIds: operation(readSentIds),
    eraseConversation: operation(eraseConversation),
    prune: operation(prune),
    savePlace: operation(savePlace),
    removePlace: operation(removePlace),
    findPlace: operation(findPlace),
    findNewestPlace: operation(findNewestPlace),
    listPlaces: operation(listPlaces),
    saveSubscription: operation(saveSubscription),
    removeSubscription: operation(removeSubscription),
    listSubscriptions: operation(listSubscriptions),
    findSubscriptions: operation(findSubscriptions),
    tryLead: presence.tryLead,
    askForLook: operation(askForLook),
    takeLooks: () => takeLooks(database),
    close,
  };
}
