/** What to listen to: one entry of `listen:`, read. */

/**
 * `wantedBy` is the entry as a person knows it again. `content`: whether notifications bring what was said, sealed, or
 * it is read from Graph when its turn comes. Ids of people and teams are Entra's, in lower case.
 */
export type ListenEntry = {
  readonly content: "encrypted" | "fetch";
  readonly wantedBy: string;
} & (
  | { readonly kind: "installed" | "all-chats" | "all-channels" | "all-teams" }
  | { readonly kind: "user"; readonly userId: string }
  | { readonly kind: "chat"; readonly chatId: string; readonly query: ListenQuery | null }
  | {
      readonly kind: "channel";
      readonly teamId: string;
      readonly channelId: string;
      readonly query: ListenQuery | null;
    }
  | { readonly kind: "team"; readonly teamId: string }
);

export type ListenKind = ListenEntry["kind"];

/** Not every message: those with these words, or those that mention this person. */
export type ListenQuery =
  | { readonly kind: "search"; readonly text: string }
  | { readonly kind: "mentioning"; readonly personId: string };
