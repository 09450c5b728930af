/**
 * Every failure that Earshot knows by name. Code decides by `code` and `disposition`; nobody reads messages.
 *
 * Disposition says what becomes of the work at hand:
 * `retry` – the same may succeed later; `park` – keep it, a person must look; `stop` – the program cannot go on.
 */
export const ERROR_DISPOSITIONS = {
  // start
  "config-invalid": "stop",
  "listener-file-invalid": "stop",
  "address-unavailable": "stop",
  "storage-schema-newer": "stop",
  "storage-in-use": "stop",
  "key-ring-invalid": "stop",
  // storage
  "storage-unavailable": "retry",
  // wire
  "wire-shape": "park",
  // opening
  "key-missing": "retry",
  "content-not-openable": "park",
  "opening-interrupted": "retry",
  // rules
  "template-failed": "park",
  // identity
  "token-refused": "retry",
  "token-unavailable": "retry",
  "signing-keys-unavailable": "retry",
  // Graph
  "graph-forbidden": "park",
  "graph-not-found": "park",
  "graph-conflict": "park",
  "graph-refused": "park",
  "graph-throttled": "retry",
  "graph-unavailable": "retry",
  "endpoint-unreachable": "retry",
  // replies
  "send-throttled": "retry",
  "send-deferred": "retry",
  "send-not-sent": "retry",
  "send-refused": "park",
  "send-outcome-unknown": "retry",
  "send-outcome-unknowable": "park",
  // a fault of ours
  unexpected: "park",
} as const satisfies Record<string, Disposition>;

export type Disposition = "retry" | "park" | "stop";
export type ErrorCode = keyof typeof ERROR_DISPOSITIONS;

export interface ErrorDetails {
  readonly cause?: unknown;
  /** How long to wait at least before another try, in milliseconds. */
  readonly retryAfterMs?: number;
}

export class EarshotError extends Error {
  override readonly name = "EarshotError";
  readonly code: ErrorCode;
  readonly disposition: Disposition;
  readonly retryAfterMs: number | undefined;

  /** `message` says what was tried, what was found and what to do; it never holds a secret or message text. */
  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.disposition = ERROR_DISPOSITIONS[code];
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** Any thrown thing as an EarshotError; what we did not foresee becomes `unexpected`. */
export function toEarshotError(thrown: unknown): EarshotError {
  if (thrown instanceof EarshotError) return thrown;
  const what = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new EarshotError("unexpected", what, { cause: thrown });
}
