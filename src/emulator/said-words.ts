/** What is said, and who may be named in it. */
import type { Directory } from "./directory.ts";
import { readConversationKind } from "./identity-resource.ts";
import type { BotIdentity, Part, Place } from "./tenant-model.ts";

/** Text as it stands, or parts with mentions. */
export type Words = { readonly text: string } | { readonly parts: readonly Part[] };

/** Throws 404 for a mention of nobody: not a person, not the bot, not the place where it stands. */
export function readParts(
  words: Words,
  place: Place | undefined,
  { directory, bot }: { readonly directory: Pick<Directory, "resolvePerson">; readonly bot: BotIdentity },
): readonly Part[] {
  const given = "parts" in words ? words.parts : [{ text: words.text }];
  for (const part of given) {
    if (!("mention" in part) || part.mention.id === bot.id) continue;
    if (place && readConversationKind(part.mention.id, place)) continue;
    directory.resolvePerson(part.mention.id);
  }
  return given;
}
