/** The contract, operation by operation, in PostgreSQL. */
import type { NewNotification, Storage, StoreResult } from "../storage.ts";
import { isFaultOfInput } from "./database.ts";
import type { Opening } from "./opening.ts";
import { createGather } from "./gather.ts";
import { addNotifications } from "./operations/add-notifications.ts";
import { claimNotifications, releaseClaims } from "./operations/claim-notifications.ts";
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
import { readCounts, readLaterChanges, readNextDue } from "./operations/read-inbox.ts";
import { listParked, replayParked } from "./operations/read-parked.ts";
import {
  completeNotifications,
  parkNotification,
  retryNotification,
} from "./operations/settle-notification.ts";

type Operations = Omit<Storage, "close">;

/** Characters in one insert: enough that its round trip and commit weigh little. */
const MOST_CHARACTERS = 1_000_000;
/** Of a notification, beside its content. */
const KEY_CHARACTERS = 500;
const MOST_COMPLETIONS = 200;

export function createOperations(opening: Opening): Operations {
  const bind =
    <Input extends unknown[], Output>(operate: (opening: Opening, ...input: Input) => Promise<Output>) =>
    (...input: Input) =>
      operate(opening, ...input);

  const add = createGather<readonly NewNotification[], readonly StoreResult[]>({
    run: async (batches) => {
      const results = await addNotifications(opening, batches.flat());
      let taken = 0;
      return batches.map(({ length }) => results.slice(taken, (taken += length)));
    },
    weigh: (batch) => batch.reduce((sum, { sealed }) => sum + sealed.length + KEY_CHARACTERS, 0),
    mostWeight: MOST_CHARACTERS,
    isFaultOfInput,
  });
  const complete = createGather({
    run: bind(completeNotifications),
    weigh: () => 1,
    mostWeight: MOST_COMPLETIONS,
    isFaultOfInput,
  });

  return {
    addNotifications: add,
    claimNotifications: bind(claimNotifications),
    completeNotification: complete,
    retryNotification: bind(retryNotification),
    parkNotification: bind(parkNotification),
    releaseClaims: bind(releaseClaims),
    readLaterChanges: bind(readLaterChanges),
    replayParked: bind(replayParked),
    listParked: bind(listParked),
    readNextDue: bind(readNextDue),
    readCounts: bind(readCounts),
    listNeededCertificates: bind(listNeededCertificates),
    beginAction: bind(beginAction),
    settleAction: bind(settleAction),
    withdrawAction: bind(withdrawAction),
    readSentIds: bind(readSentIds),
    eraseConversation: bind(eraseConversation),
    prune: bind(prune),
    savePlace: bind(savePlace),
    removePlace: bind(removePlace),
    findPlace: bind(findPlace),
    findNewestPlace: bind(findNewestPlace),
    listPlaces: bind(listPlaces),
    saveSubscription: bind(saveSubscription),
    removeSubscription: bind(removeSubscription),
    listSubscriptions: bind(listSubscriptions),
    findSubscriptions: bind(findSubscriptions),
    hastenSubscription: bind(hastenSubscription),
    noteHeard: bind(noteHeard),
    tryLead: bind(tryLead),
    askForLook: bind(askForLook),
    takeLooks: bind(takeLooks),
    saveDeafSpots: bind(saveDeafSpots),
    listDeafSpots: bind(listDeafSpots),
    noteAlive: bind(noteAlive),
    readAlive: bind(readAlive),
    saveConversations: bind(saveConversations),
    learnConversations: bind(learnConversations),
    openGaps: bind(openGaps),
    listConversations: bind(listConversations),
    listDueConversations: bind(listDueConversations),
    saveReading: bind(saveReading),
    finishReading: bind(finishReading),
    retryRefusedReadings: bind(retryRefusedReadings),
    removeConversations: bind(removeConversations),
  };
}
