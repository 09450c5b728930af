/** The people of the thirty days: where they talk, what they say by seeded chance, and what was said. */
import type { EmulatedTenant } from "../../src/emulator/emulated-tenant.ts";
import type { PostedMessage } from "../../src/emulator/posted-message.ts";
import { pick, pickNumber, type Random } from "../soak/random.ts";

export interface Town {
  /**
   * Who is to speak where, in rounds: in a round many places at one instant, but none twice. What is said in one place
   * at one instant is on its way at once, and nobody promises which comes first.
   */
  gather(): readonly (readonly string[])[];
  /** One message; a thread is chosen by chance, or begun. */
  speak(conversationId: string): void;
  /** Talk begins there, and ends. */
  open(conversationId: string): void;
  close(conversationId: string): void;
  /** How many places there are, of one kind or both. */
  count(kind?: "channel" | "chat"): number;
  /** What people said, in the order of saying. */
  readonly said: readonly PostedMessage[];
}

const MOST_TALKING = 4;
const MOST_MESSAGES = 3;
const THREAD_SHARE = 0.4;
const EDIT_SHARE = 0.1;
/** A thread is talked in while it is new, and a message is edited while it is. */
const RECENT = 4;
const LINES = [
  "The lift is back in service.",
  "Who has the keys to the archive?",
  "Lunch at half past twelve?",
  "I have put the notes where they belong.",
  "See you on Thursday.",
  "The printer is down again.",
  "Thanks for the quick help!",
];

export function createTown(tenant: EmulatedTenant, random: Random): Town {
  const places = new Map<string, { readonly isChannel: boolean; readonly recent: PostedMessage[] }>();
  const said: PostedMessage[] = [];
  const [organisation] = tenant.organisations;

  const listMembers = (id: string): readonly string[] => {
    for (const { channels, memberIds } of organisation?.teams ?? []) {
      const channel = channels.find((each) => each.id === id);
      if (channel) return channel.memberIds ?? memberIds;
    }
    return organisation?.chats.find((chat) => chat.id === id)?.memberIds ?? [];
  };

  const speak = (id: string): void => {
    const place = places.get(id);
    if (!place) return;
    const { isChannel, recent } = place;
    const thread = isChannel && recent.length > 0 && random() < THREAD_SHARE ? pick(random, recent) : null;
    const message = tenant.say({
      person: pick(random, listMembers(id)),
      conversation: id,
      text: `${pick(random, LINES)} (${said.length})`,
      ...(thread ? { inThreadOf: thread } : {}),
    });
    said.push(message);
    recent.push(message);
    if (recent.length > RECENT) recent.shift();
    if (random() < EDIT_SHARE) tenant.edit(pick(random, recent), { text: `${pick(random, LINES)} (edited)` });
  };

  return {
    said,
    speak,
    gather: () => {
      const ids = [...places.keys()];
      const amounts = new Map<string, number>();
      for (let left = pickNumber(random, 1, MOST_TALKING); left > 0; left -= 1) {
        const id = pick(random, ids);
        amounts.set(id, (amounts.get(id) ?? 0) + pickNumber(random, 1, MOST_MESSAGES));
      }
      const rounds = Math.max(...amounts.values());
      return Array.from({ length: rounds }, (_, round) =>
        [...amounts].filter(([, amount]) => amount > round).map(([id]) => id),
      );
    },
    open: (id) => {
      const isChannel = organisation?.chats.every((chat) => chat.id !== id) ?? false;
      places.set(id, { isChannel, recent: [] });
    },
    close: (id) => {
      places.delete(id);
    },
    count: (kind) =>
      [...places.values()].filter(({ isChannel }) => kind === undefined || isChannel === (kind === "channel"))
        .length,
  };
}
