/** What happens in the tenant, told to every part that lives on it. */
import type { ChangeListener } from "./tenant-model.ts";

export interface Changes {
  /** To all, in the order in which they came to listen. */
  readonly emit: ChangeListener;
  listen(listener: ChangeListener): void;
}

export function createChanges(): Changes {
  const listeners: ChangeListener[] = [];
  return {
    emit: (change) => {
      for (const listener of listeners) listener(change);
    },
    listen: (listener) => void listeners.push(listener),
  };
}
