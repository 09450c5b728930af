import type { NotificationId } from "../../model/ids.ts";
import type { Query } from "./database.ts";
import type { Presence } from "./presence.ts";

/** What the operations work with. */
export interface Opening {
  /** On whatever connection is free. */
  readonly query: Query;
  /** Null for a tool, which claims and leads nothing. */
  readonly presence: Presence | null;
  /**
   * What this opening has claimed and not settled, and the number it claimed it under: after the loss of our
   * connection another one, which frees nothing that nobody else has taken.
   */
  readonly inHand: Map<NotificationId, number>;
}
