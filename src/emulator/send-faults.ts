/** What is to happen to one reply or reaction. */
import type { ApiAnswer } from "./api-route.ts";
import type { FaultDice, FaultName } from "./faults.ts";

export interface SendTrouble {
  readonly waitMs: number;
  /** It is not done, and answered so. */
  readonly refusal: Fault | null;
  /** It is done, and answered as if it had not been. */
  readonly lie: Fault | null;
}

/** At most one of a send's faults is made, besides that it is slow. */
export interface Fault {
  readonly name: FaultName;
  readonly answer: ApiAnswer;
}

const NO_SEND_TROUBLE: SendTrouble = { waitMs: 0, refusal: null, lie: null };

const FAILURE: ApiAnswer = {
  status: 500,
  json: { error: { code: "ServiceError", message: "Unknown error." } },
};
const CONFLICT: ApiAnswer = {
  status: 412,
  json: { error: { code: "PreconditionFailed", message: "Precondition failed, please try again." } },
};
const HANG_UP: ApiAnswer = { hangsUp: true };

export function throwForSend(dice: FaultDice): SendTrouble {
  const faults = dice.current()?.sends;
  if (!faults) return NO_SEND_TROUBLE;
  const thrown = dice.next("send");
  const choose = (...among: readonly (readonly [FaultName, number | undefined, ApiAnswer])[]) => {
    const [found] = among.filter(([name, chance]) => thrown.falls(name, chance));
    return found ? { name: found[0], answer: found[2] } : null;
  };
  return {
    waitMs: thrown.falls("slow", faults.slow?.chance) ? (faults.slow?.ms ?? 0) : 0,
    refusal: choose(
      ["throttle", faults.throttle, createThrottled(1)],
      ["refuse412", faults.refuse412, CONFLICT],
      ["refuse500", faults.refuse500, FAILURE],
      ["hangUp", faults.hangUp, HANG_UP],
    ),
    lie: choose(
      ["takenBut500", faults.takenBut500, FAILURE],
      ["takenButHangUp", faults.takenButHangUp, HANG_UP],
    ),
  };
}

/**
 * 429 in the connector's shape.
 * Source: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/conversation-messages#status-code-responses
 */
export function createThrottled(retryAfterS: number): ApiAnswer {
  return {
    status: 429,
    headers: { "retry-after": String(retryAfterS) },
    json: { error: { code: "Throttled", message: "Too many requests." } },
  };
}
