import type { BotIdentity, Person } from "./tenant-model.ts";
import { formatPersonAccountId } from "./thread-ids.ts";

/** By Bot Framework's `29:…`, or by the Entra object id, which Teams takes as well. */
export function findByAccount(
  people: readonly Person[],
  accountId: string,
  bot: BotIdentity,
): Person | undefined {
  return people.find(({ id }) => id === accountId || formatPersonAccountId(id, bot.id) === accountId);
}
