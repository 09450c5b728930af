/** Whether a conversation is heard, read regularly, or neither. Pure. */
import type { Refusal } from "./explain-refusal.ts";

export type Listening =
  | { readonly kind: "hear"; readonly reason: "subscribed" }
  | { readonly kind: "poll"; readonly reason: "nothing-came-yet" | "not-subscribed" | "refused" }
  | { readonly kind: "none"; readonly reason: "not-subscribed" | "refused" };

/**
 * `isDoubtful`: a shared or private channel, of which Graph may report nothing even where it takes a subscription.
 * `alive`: the subscriptions that bring its messages, with when they last brought something (epoch ms; 0: never).
 */
export function planPolling(conversation: {
  isDoubtful: boolean;
  alive: readonly { readonly heardAt: number }[];
  refusal: Pick<Refusal, "state"> | undefined;
}): Listening {
  const { isDoubtful, alive, refusal } = conversation;
  if (alive.length > 0) {
    const isProven = alive.some(({ heardAt }) => heardAt > 0);
    // One that ever brought something is to be trusted.
    return isDoubtful && !isProven
      ? { kind: "poll", reason: "nothing-came-yet" }
      : { kind: "hear", reason: "subscribed" };
  }
  if (refusal?.state === "polled") return { kind: "poll", reason: "refused" };
  const reason = refusal ? "refused" : "not-subscribed";
  return { kind: isDoubtful ? "poll" : "none", reason };
}
