/** The contract, operation by operation, in SQLite. */
import type { Storage } from "../storage.ts";
import type { Database } from "./database.ts";
import { addNotifications } from "./operations/add-notifications.ts";
import { claimNotifications } from "./operations/claim-notifications.ts";
import { beginAction, settleAction, withdrawAction } from "./operations/keep-ledger.ts";
import { findNewestPlace, findPlace, listPlaces, removePlace, savePlace } from "./operations/keep-places.ts";
import { listSubscriptions, removeSubscription, saveSubscription } from "./operations/keep-subscriptions.ts";
import { readCounts, readNextDue } from "./operations/read-inbox.ts";
import {
  completeNotification,
  parkNotification,
  releaseClaims,
  retryNotification,
} from "./operations/settle-notification.ts";

export type OperationName = Exclude<keyof Storage, "close">;

type Operations = {
  [Name in OperationName]: (
    database: Database,
    ...input: Parameters<Storage[Name]>
  ) => Awaited<ReturnType<Storage[Name]>>;
};

export const OPERATIONS: Operations = {
  addNotifications,
  claimNotifications,
  completeNotification,
  retryNotification,
  parkNotification,
  releaseClaims,
  readNextDue,
  readCounts,
  beginAction,
  settleAction,
  withdrawAction,
  savePlace,
  removePlace,
  findPlace,
  findNewestPlace,
  listPlaces,
  saveSubscription,
  removeSubscription,
  listSubscriptions,
};
