import type { Edges } from "../edges.ts";
import { formatTraceItem, type Trace, type TraceSink } from "../model/trace.ts";
import type { NewNotification, Storage, StoreResult } from "../storage/storage.ts";

export interface Inbox {
  /**
   * Makes notifications durable; when this resolves they are on disk and may be acknowledged. Answers, item by item,
   * whether it was new. Throws `storage-unavailable`: nothing of the call was stored. `origin`: what its traces say of
   * where they come from, if not from a notification.
   */
  store(notifications: readonly NewNotification[], origin?: "read-back"): Promise<readonly StoreResult[]>;
  /** Calls `listener` after something new was stored. */
  onStored(listener: () => void): void;
}

export function createInbox(needs: {
  storage: Pick<Storage, "addNotifications">;
  trace: TraceSink;
  edges: Pick<Edges, "now">;
}): Inbox {
  const listeners: (() => void)[] = [];
  return {
    store: async (notifications, origin) => {
      if (notifications.length === 0) return [];
      const results = await needs.storage.addNotifications(notifications);
      const at = new Date(needs.edges.now()).toISOString();
      for (const [index, notification] of notifications.entries()) {
        const { ear } = notification;
        const result = { ...describe(results[index]), ...(origin ? { code: origin } : {}) };
        needs.trace({ step: "stored", at, ear, ...formatTraceItem(notification), ...result });
      }
      if (results.some((result) => result !== "duplicate")) listeners.forEach((listener) => listener());
      return results;
    },
    onStored: (listener) => {
      listeners.push(listener);
    },
  };
}

function describe(result: StoreResult | undefined): Pick<Trace, "result" | "code"> {
  if (result === "stored") return { result: "ok" };
  return result === "second-ear" ? { result: "duplicate", code: "second-ear" } : { result: "duplicate" };
}
