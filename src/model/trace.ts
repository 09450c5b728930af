/**
 * What the bot says of a message as it passes: one trace a step. Traces carry ids and codes alone, never text,
 * so they may be logged, counted and shown.
 */

/** The steps of one message, in their order; `parked` is where a message waits that cannot go on. */
export const STEPS = [
  "received",
  "admitted",
  "stored",
  "claimed",
  "opened",
  "decided",
  "replied",
  "parked",
] as const;
export type Step = (typeof STEPS)[number];

/** Which of the two paths brought the message. */
export const EARS = ["graph", "bot-framework"] as const;
export type Ear = (typeof EARS)[number];

/** What happened to a message: reactions are `updated` as well as edits. */
export type ChangeType = "created" | "updated" | "deleted";

/** Where a message stands, in the words both ears share. */
export interface MessageAddress {
  readonly tenantId: string;
  /** Channel id or chat id (`19:…`), without `;messageid=`. */
  readonly conversationId: string;
  /** Id of the thread's root where this is a reply in a channel, else null. */
  readonly replyToId: string | null;
  readonly messageId: string;
}

export type ConversationAddress = Pick<MessageAddress, "tenantId" | "conversationId">;

export interface Trace {
  readonly step: Step;
  /** ISO 8601 with milliseconds. */
  readonly at: string;
  readonly ear: Ear;
  /** Absent while it is not known yet which message this is (a refused item). */
  readonly message?: MessageAddress;
  /** Absent: a new message. */
  readonly change?: Exclude<ChangeType, "created">;
  /** `ok`, or what else became of the step: `duplicate`, `refused`, `silent`, `retry`, `failed`. */
  readonly result: TraceResult;
  /** How many items this speaks of; absent: one. Refused items of a batch are told together, reason by reason. */
  readonly count?: number;
  /** The reason behind the result, from a closed list. */
  readonly code?: string;
  /** Name of the rule, on `decided` and `replied`. */
  readonly rule?: string;
  /** `reply` or the reaction's name, on `replied`. */
  readonly action?: string;
}

/** How a trace names the message that a notification is of. */
export function formatTraceItem(notification: {
  message: MessageAddress;
  changeType: ChangeType;
}): Pick<Trace, "message" | "change"> {
  const { message, changeType } = notification;
  return { message, ...(changeType === "created" ? {} : { change: changeType }) };
}

export type TraceResult = "ok" | "duplicate" | "refused" | "silent" | "retry" | "failed";

/** Takes a trace; never throws and never waits. */
export type TraceSink = (trace: Trace) => void;
