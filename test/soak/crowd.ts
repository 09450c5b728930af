/** What people say in a trial, and what must be answered to each line: known from the line alone. */
import type { EmulatedTenant } from "../../src/emulator/emulated-tenant.ts";
import type { PostedMessage } from "../../src/emulator/posted-message.ts";
import { pick, type Random } from "./random.ts";

export interface Line {
  readonly text: string;
  /** A question is answered in its thread, a cheer gets a heart, chatter gets nothing: see `listener.yaml`. */
  readonly kind: "question" | "cheer" | "chatter";
  readonly conversation: string;
  readonly message: PostedMessage;
}

/** Channels often, chats seldom: of a chat, which is one thread, Teams takes sixty replies in half a minute. */
const CHANNELS = [
  "Outages",
  "Help Desk/General",
  "Facilities/General",
  "Building A",
  "Printers",
  "Networks",
  "Parking",
  "Canteen",
];
const CHATS = ["Lunch crew", "Weekly stand-up"];
const PERSON = "Mira Lindqvist";
const CHATS_SHARE = 0.1;
/** Teams takes two reactions a second. */
const CHEERS_SHARE = 0.05;
const CHATTER_SHARE = 0.2;
const REPLIES_SHARE = 0.3;
/** A thread is talked in while it is new. */
const LIVE_THREADS = 5;

export interface Crowd {
  /** Says one more line; a question in a channel of one's own choice, where one is named. */
  speak(channel?: string): Line;
  readonly lines: readonly Line[];
}

export function createCrowd(tenant: EmulatedTenant, random: Random): Crowd {
  const lines: Line[] = [];
  const threads = new Map<string, PostedMessage[]>();
  const chooseKind = (): Line["kind"] => {
    const chance = random();
    if (chance < CHEERS_SHARE) return "cheer";
    return chance < CHEERS_SHARE + CHATTER_SHARE ? "chatter" : "question";
  };
  return {
    lines,
    speak: (channel) => {
      const kind = channel === undefined ? chooseKind() : "question";
      const conversation = channel ?? pick(random, random() < CHATS_SHARE ? CHATS : CHANNELS);
      const text = formatLine(kind, lines.length);
      const roots = threads.get(conversation) ?? [];
      const isReply = roots.length > 0 && random() < REPLIES_SHARE;
      const thread = isReply ? { inThreadOf: pick(random, roots) } : {};
      const message = tenant.say({ person: PERSON, conversation, text, ...thread });
      if (!isReply && !CHATS.includes(conversation)) {
        threads.set(conversation, [...roots, message].slice(-LIVE_THREADS));
      }
      const line: Line = { text, kind, conversation, message };
      lines.push(line);
      return line;
    },
  };
}

export function formatLine(kind: Line["kind"], index: number): string {
  return `${kind} ${String(index).padStart(6, "0")}`;
}

/** What the bot says to a question. */
export function formatAnswer({ text }: Pick<Line, "text">): string {
  return `heard ${text}`;
}
