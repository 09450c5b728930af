/** The contract, operation by operation, in SQLite. */
import type { Storage } from "../storage.ts";
import type { Database } from "./database.ts";
import { addNotifications } from "./operations/add-notifications.ts";
import { claimNotifications } from "./operations/claim-notifications.ts";
import { eraseConversation, prune, readSentIds } from "./operations/forget.ts";
import { beginAction, settleAction, withdrawAction } from "./operations/keep-ledger.ts";
import {
  finishReading,
  learnConversations,
  listConversations,
  listDueConversations,
  openGaps,
  removeConversations,
  retryRefusedReadings,
  saveConversations,
  saveReading,
} from "./operations/keep-conversations.ts";
import { listDeafSpots, saveDeafSpots } from "./operations/keep-deaf-spots.ts";
import { askForLook, noteAlive, readAlive, takeLooks, tryLead } from "./operations/keep-looks.ts";
import { findNewestPlace, findPlace, listPlaces, removePlace, savePlace } from "./operations/keep-places.ts";
import {
  findSubscriptions,
  hastenSubscription,
  listSubscriptions,
  noteHeard,
  removeSubscription,
  saveSubscription,
} from "./operations/keep-subscriptions.ts";
import { listNeededCertificates } from "./operations/list-needed-certificates.ts";
import { readCounts, readNextDue } from "./operations/read-inbox.ts";
import { readLaterChanges } from "./operations/read-later-changes.ts";
import { listParked, replayParked } from "./operations/read-parked.ts";
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
  readLaterChanges,
  replayParked,
  listParked,
  readNextDue,
  readCounts,
  listNeededCertificates,
  beginAction,
  settleAction,
  withdrawAction,
  readSentIds,
  eraseConversation,
  prune,
  savePlace,
  removePlace,
  findPlace,
  findNewestPlace,
  listPlaces,
  saveSubscription,
  removeSubscription,
  listSubscriptions,
  findSubscriptions,
  hastenSubscription,
  noteHeard,
  tryLead,
  askForLook,
  takeLooks,
  saveDeafSpots,
  listDeafSpots,
  noteAlive,
  readAlive,
  saveConversations,
  learnConversations,
  openGaps,
  listConversations,
  listDueConversations,
  saveReading,
  finishReading,
  retryRefusedReadings,
  removeConversations,
};
