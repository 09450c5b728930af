/** What to do about a message: something, or nothing and why. */
export type Decision =
  | { readonly kind: "act"; readonly rule: string; readonly actions: readonly Action[] }
  | { readonly kind: "silent"; readonly reason: SilenceReason };

export type Action =
  | { readonly kind: "react"; readonly reaction: string }
  | { readonly kind: "reply"; readonly content: ReplyContent };

/** A card is complete Adaptive Card JSON, already filled. */
export type ReplyContent =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "card"; readonly card: object; readonly summary: string };

export type SilenceReason =
  | "no-rule" // nothing in the rule book matched
  | "own-message" // the bot said it itself
  | "from-a-bot" // another bot, connector or webhook said it
  | "no-sender" // deleted accounts and anonymous events
  | "system-event"
  | "deleted"
  | "too-old" // said so long before it was heard that an answer would only puzzle people
  | "not-new" // an edit or a reaction, not a new message
  | "personal-chat"; // Graph's copy of a talk with the bot, which Bot Framework brings
