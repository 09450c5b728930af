import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { EarshotError, type ErrorCode } from "../../errors.ts";
import type { Storage } from "../storage.ts";
import type { OperationName } from "./operations.ts";
import type { Answer, Opening, OpeningCall } from "./sqlite-worker.ts";

/** Opens the file in a thread of its own. Throws `storage-unavailable`, `storage-schema-newer` or `storage-in-use`. */
export async function openSqlite(file: string, as: "bot" | "tool" = "bot"): Promise<Storage> {
  const worker = new Worker(new URL("./sqlite-worker.ts", import.meta.url), {
    workerData: { file, isBot: as === "bot" } satisfies OpeningCall,
  });
  const [opening] = (await once(worker, "message").catch((error: unknown) => {
    throw new EarshotError("storage-unavailable", `SQLite: its thread did not start: ${String(error)}`, {
      cause: error,
    });
  })) as [Opening];
  if (!opening.open) {
    await worker.terminate();
    throw new EarshotError(opening.code as ErrorCode, opening.fault);
  }

  interface Waiting {
    resolve(value: unknown): void;
    reject(error: EarshotError): void;
  }
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let gone: EarshotError | null = null;

  const fail = (reason: string) => {
    gone ??= new EarshotError("storage-unavailable", `SQLite: ${reason}`);
    for (const { reject } of waiting.values()) reject(gone);
    waiting.clear();
  };
  worker.on("message", (answer: Answer) => {
    const caller = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ("fault" in answer) caller?.reject(new EarshotError("storage-unavailable", `SQLite: ${answer.fault}`));
    else caller?.resolve(answer.value);
  });
  worker.on("error", (error: Error) => {
    fail(error.message);
  });
  worker.on("exit", () => {
    fail("closed");
  });

  const call = async (name: OperationName | "close", input?: unknown) => {
    if (gone) throw gone;
    return new Promise((resolve, reject) => {
      waiting.set(++lastId, { resolve, reject });
      worker.postMessage({ id: lastId, name, input });
    });
  };
  let closing: Promise<void> | null = null;
  const close = async () => {
    if (gone) return;
    const exited = once(worker, "exit");
    await call("close");
    await exited;
  };
  const operation =
    <Name extends OperationName>(name: Name) =>
    (...[input]: Parameters<Storage[Name]>) =>
      call(name, input) as ReturnType<Storage[Name]>;

  return {
    addNotifications: operation("addNotifications"),
    claimNotifications: operation("claimNotifications"),
    completeNotification: operation("completeNotification"),
    retryNotification: operation("retryNotification"),
    parkNotification: operation("parkNotification"),
    releaseClaims: operation("releaseClaims"),
    readLaterChanges: operation("readLaterChanges"),
    replayParked: operation("replayParked"),
    listParked: operation("listParked"),
    readNextDue: operation("readNextDue"),
    readCounts: operation("readCounts"),
    listNeededCertificates: operation("listNeededCertificates"),
    beginAction: operation("beginAction"),
    settleAction: operation("settleAction"),
    withdrawAction: operation("withdrawAction"),
    readSentIds: operation("readSentIds"),
    eraseConversation: operation("eraseConversation"),
    prune: operation("prune"),
    savePlace: operation("savePlace"),
    removePlace: operation("removePlace"),
    findPlace: operation("findPlace"),
    findNewestPlace: operation("findNewestPlace"),
    listPlaces: operation("listPlaces"),
    saveSubscription: operation("saveSubscription"),
    removeSubscription: operation("removeSubscription"),
    listSubscriptions: operation("listSubscriptions"),
    findSubscriptions: operation("findSubscriptions"),
    hastenSubscription: operation("hastenSubscription"),
    noteHeard: operation("noteHeard"),
    tryLead: operation("tryLead"),
    askForLook: operation("askForLook"),
    takeLooks: operation("takeLooks"),
    saveDeafSpots: operation("saveDeafSpots"),
    listDeafSpots: operation("listDeafSpots"),
    noteAlive: operation("noteAlive"),
    readAlive: operation("readAlive"),
    saveConversations: operation("saveConversations"),
    learnConversations: operation("learnConversations"),
    openGaps: operation("openGaps"),
    listConversations: operation("listConversations"),
    listDueConversations: operation("listDueConversations"),
    saveReading: operation("saveReading"),
    finishReading: operation("finishReading"),
    retryRefusedReadings: operation("retryRefusedReadings"),
    removeConversations: operation("removeConversations"),
    close: () => (closing ??= close()),
  };
}
