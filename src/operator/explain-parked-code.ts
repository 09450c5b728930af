import type { ERROR_DISPOSITIONS } from "../errors.ts";
import { type ErrorCode } from "../errors.ts";

/** Why a message was set aside, and what a person does before it is brought back. */
export interface ParkedReason {
  readonly cause: string;
  readonly remedy: string;
}

/** What stops the program parks nothing. */
export type ParkableCode = {
  [Code in ErrorCode]: (typeof ERROR_DISPOSITIONS)[Code] extends "stop" ? never : Code;
}[ErrorCode];

const GRAPH_DOES_NOT_LET_US: ParkedReason = {
  cause: "Graph does not let the bot do what the message needs.",
  remedy: "Give the app its permissions in that tenant (decisions/app-package.md), then bring it back.",
};
const GRAPH_WAS_AWAY: ParkedReason = {
  cause: "Graph could not be asked, after many tries.",
  remedy: "Bring it back when Graph answers again.",
};
const TEAMS_WAS_AWAY: ParkedReason = {
  cause: "Teams did not take the answer, after many tries; nothing was sent.",
  remedy: "Bring it back when Teams answers again.",
};
const OURS: ParkedReason = {
  cause: "A fault of Earshot's own.",
  remedy: "Find its reason in the log under the message's id; bring it back with a version that mends it.",
};

/** In words for who runs the bot. A code that is new in `errors.ts` needs its words here. */
const REASONS: Readonly<Record<ParkableCode, ParkedReason>> = {
  "storage-unavailable": {
    cause: "The database failed while the message was in hand, after many tries.",
    remedy: "Mend the database, then bring it back.",
  },
  "wire-shape": {
    cause: "What came is not of the shape that Microsoft documents.",
    remedy: "Find in the log what was out of shape; bring it back with a version that reads it.",
  },
  "key-missing": {
    cause: "The private key it was sealed to is not in KEYS_DIR.",
    remedy: "Put <id>.key.pem and <id>.cert.pem back from a backup; a restart then brings it back by itself.",
  },
  "content-not-openable": {
    cause:
      "It does not open with its key, or what was in it is of another message: it was altered on its way.",
    remedy:
      "None is known: it is deleted after PARKED_RETENTION_HOURS. Many of them are worth a look at who sends.",
  },
  "opening-interrupted": {
    cause: "The thread that opens messages stopped, again and again.",
    remedy: "Find the reason in the log (memory, most likely), then bring it back.",
  },
  "template-failed": {
    cause: "A text or card of the rule cannot be filled in for this message.",
    remedy: "Mend the rule's text or card (`${…}` in listener.yaml or cards/), restart, then bring it back.",
  },
  "token-refused": {
    cause: "Entra refuses the bot's credentials or its consent in that tenant.",
    remedy: "Renew BOT_PASSWORD or the consent, restart, then bring it back.",
  },
  "token-unavailable": {
    cause: "Entra could not be asked for a token, after many tries.",
    remedy: "Bring it back when Entra answers again.",
  },
  "signing-keys-unavailable": {
    cause: "Microsoft's signing keys could not be read, after many tries.",
    remedy: "Bring it back when they can be.",
  },
  "graph-forbidden": GRAPH_DOES_NOT_LET_US,
  "graph-not-found": {
    cause: "What the message belongs to is gone from Graph.",
    remedy: "Bring it back if it is there again; else it is deleted after PARKED_RETENTION_HOURS.",
  },
  "graph-conflict": GRAPH_WAS_AWAY,
  "graph-refused": {
    cause: "Graph refused the call that the message needs.",
    remedy: "Find Graph's reason in the log, then bring it back.",
  },
  "graph-throttled": GRAPH_WAS_AWAY,
  // Of subscriptions, never of a message.
  "endpoint-unreachable": {
    cause: "Graph did not reach the bot at BOT_ENDPOINT.",
    remedy: "See that the tunnel or gateway leads to the bot, then bring it back.",
  },
  "graph-unavailable": GRAPH_WAS_AWAY,
  "send-throttled": TEAMS_WAS_AWAY,
  "send-deferred": TEAMS_WAS_AWAY,
  "send-not-sent": TEAMS_WAS_AWAY,
  "send-refused": {
    cause: "There is no way to answer: Teams has not told the bot where that tenant is reached.",
    remedy: "Write to the bot there, or install it again, so that Teams tells; then bring it back.",
  },
  "send-outcome-unknown": {
    cause: "A reply was sent and no answer came, again and again; the thread showed no reply.",
    remedy: "Bring it back when Teams answers again; the thread is read before anything is sent.",
  },
  "send-outcome-unknowable": {
    cause:
      "A reply may have been sent, and the thread cannot be read to see it (a personal chat, or no consent).",
    remedy: "Look there yourself. Bring it back once the thread can be read; until then it parks again.",
  },
  unexpected: OURS,
};

const UNKNOWN: ParkedReason = {
  cause: "This version does not know the code; another version of Earshot parked it.",
  remedy: "Read what that version says of it.",
};

/** The codes under which a message can be parked. */
export const PARKABLE_CODES: readonly string[] = Object.keys(REASONS);

export function explainParkedCode(code: string): ParkedReason {
  return Object.hasOwn(REASONS, code) ? REASONS[code as ParkableCode] : UNKNOWN;
}
