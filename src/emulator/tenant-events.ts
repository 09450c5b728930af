/** What the window and the tests are told, as it happens. */
import type { Trace } from "../model/trace.ts";
import type { PostedMessage } from "./posted-message.ts";

export type TenantEvent =
  | { readonly kind: "message"; readonly message: PostedMessage }
  | { readonly kind: "trace"; readonly trace: Trace }
  /** Channels, chats or installations changed. */
  | { readonly kind: "state" };

export interface TenantEvents {
  readonly listen: (listener: (event: TenantEvent) => void) => () => void;
  emit(event: TenantEvent): void;
}

export function createTenantEvents(): TenantEvents {
  const listeners = new Set<(event: TenantEvent) => void>();
  return {
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    emit(event) {
      for (const listener of listeners) listener(event);
    },
  };
}
