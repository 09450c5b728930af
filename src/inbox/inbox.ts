import type { Storage, NewNotification } from "../storage/storage.ts";

export interface Inbox {
  /**
   * Makes notifications durable; when this resolves they are on disk and may be acknowledged. Answers which were
   * new. Throws `storage-unavailable`: nothing of the call was stored.
   */
  store(notifications: readonly NewNotification[]): Promise<readonly ("stored" | "duplicate")[]>;
  /** Calls `listener` after something new was stored. */
  onStored(listener: () => void): void;
}

export function createInbox(storage: Pick<Storage, "addNotifications">): Inbox {
  const listeners: (() => void)[] = [];
  return {
    store: async (notifications) => {
      if (notifications.length === 0) return [];
      const results = await storage.addNotifications(notifications);
      if (results.includes("stored")) listeners.forEach((listener) => listener());
      return results;
    },
    onStored: (listener) => {
      listeners.push(listener);
    },
  };
}
