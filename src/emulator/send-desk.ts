/** Where replies and reactions are taken: keeps Teams' limits, makes trouble where asked to, and writes down every one. */
import type { Edges } from "../edges.ts";
import { readParameter, type ApiAnswer, type ApiRequest } from "./api-route.ts";
import type { FaultDice } from "./faults.ts";
import type { SendLimits } from "./send-limits.ts";

export interface Send {
  readonly atMs: number;
  readonly kind: "reply" | "react";
  readonly conversationId: string;
  /** Null: the connection was cut. */
  readonly status: number | null;
  /** Whether it stands in the conversation now. */
  readonly isTaken: boolean;
}

export interface SendDesk {
  take(kind: Send["kind"], request: ApiRequest, act: () => Promise<ApiAnswer>): Promise<ApiAnswer>;
  /** Newest last. */
  readonly sends: readonly Send[];
}

export function createSendDesk(needs: {
  readonly edges: Pick<Edges, "now" | "sleep">;
  readonly dice: FaultDice;
  /** Null: none are kept. */
  readonly limits: SendLimits | null;
}): SendDesk {
  const { edges, dice, limits } = needs;
  const sends: Send[] = [];

  async function answer(
    kind: Send["kind"],
    request: ApiRequest,
    act: () => Promise<ApiAnswer>,
  ): Promise<ApiAnswer> {
    const faults = dice.current()?.sends ?? {};
    if (dice.roll("slow", faults.slow?.chance)) await edges.sleep(faults.slow?.ms ?? 0);
    if (dice.roll("throttle", faults.throttle)) return throttle(1);
    if (dice.roll("refuse500", faults.refuse500)) return FAILURE;
    if (dice.roll("hangUp", faults.hangUp)) return HANG_UP;
    const retryAfter = limits?.take({
      kind,
      tenantId: readParameter(request, "tenantId"),
      conversationId: readParameter(request, "conversationId"),
    });
    if (typeof retryAfter === "number") return throttle(retryAfter);
    const answered = await act();
    if (dice.roll("takenBut500", faults.takenBut500)) return FAILURE;
    return dice.roll("takenButHangUp", faults.takenButHangUp) ? HANG_UP : answered;
  }

  return {
    sends,
    async take(kind, request, act) {
      let isTaken = false;
      const answered = await answer(kind, request, async () => {
        const done = await act();
        isTaken = true;
        return done;
      });
      const status = "status" in answered ? answered.status : null;
      const conversationId = readParameter(request, "conversationId");
      sends.push({ atMs: edges.now(), kind, conversationId, status, isTaken });
      return answered;
    },
  };
}

const FAILURE: ApiAnswer = {
  status: 500,
  json: { error: { code: "ServiceError", message: "Unknown error." } },
};
const HANG_UP: ApiAnswer = { stream: (response) => void response.destroy() };

function throttle(seconds: number): ApiAnswer {
  return {
    status: 429,
    headers: { "retry-after": String(seconds) },
    json: { error: { code: "RateLimitExceeded", message: "Too many requests. Please try again later." } },
  };
}
