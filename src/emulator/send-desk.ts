/** Where what the bot sends is taken: keeps Teams' limits, makes trouble where asked to, and writes down every one. */
import type { Edges } from "../edges.ts";
import { ApiFault } from "./api-fault.ts";
import { readParameter, type ApiAnswer, type ApiRequest } from "./api-route.ts";
import type { FaultDice } from "./faults.ts";
import { createThrottled, throwForSend } from "./send-faults.ts";
import type { ReadKind, SendKind, SendLimits } from "./send-limits.ts";

export interface Send {
  /** When it was asked for. */
  readonly atMs: number;
  readonly kind: SendKind;
  /** As the connector was given it, `;messageid=` included. */
  readonly conversationId: string;
  /** What was answered; null: the connection was cut. */
  readonly status: number | null;
  /** Whether it was done; never so for a sign of typing. */
  readonly isTaken: boolean;
  /** Of the message that was posted, or of the message that a reaction is for. */
  readonly activityId: string | null;
}

/** What a send came to. */
export interface Taken {
  readonly answer: ApiAnswer;
  readonly activityId: string | null;
}

export interface SendDesk {
  /**
   * `demand` throws where the caller may not; it is asked first, and what it refuses counts for no limit. `act` does
   * what was asked for, or throws.
   */
  take<T>(
    kind: SendKind,
    request: ApiRequest,
    demand: () => Promise<T>,
    act: (demanded: T) => Taken,
  ): Promise<ApiAnswer>;
  /**
   * What is not sent has limits as well, and no trouble; it is not written down. `conversationId`: what it is counted
   * for. `act` is asked where it is within them.
   */
  read(
    kind: ReadKind,
    request: ApiRequest,
    conversationId: string,
    act: () => Promise<ApiAnswer>,
  ): Promise<ApiAnswer>;
  /** Newest last; the oldest fall off. */
  readonly sends: readonly Send[];
}

const KEPT = 100_000;

export function createSendDesk(needs: {
  readonly edges: Pick<Edges, "now" | "sleep">;
  readonly dice: FaultDice;
  /** Null: none are kept. */
  readonly limits: SendLimits | null;
}): SendDesk {
  const { edges, dice, limits } = needs;
  const sends: Send[] = [];

  function keep(send: Send): void {
    sends.push(send);
    if (sends.length > KEPT) sends.shift();
  }

  async function settle(kind: SendKind, request: ApiRequest, act: () => Taken): Promise<Taken> {
    const { waitMs, refusal, lie } = throwForSend(dice);
    if (waitMs > 0) {
      dice.count("slow");
      await edges.sleep(waitMs);
    }
    if (refusal) {
      dice.count(refusal.name);
      return { answer: refusal.answer, activityId: null };
    }
    const retryAfterS = limits?.take({
      kind,
      tenantId: readParameter(request, "tenantId"),
      conversationId: readParameter(request, "conversationId"),
    });
    if (typeof retryAfterS === "number") return { answer: createThrottled(retryAfterS), activityId: null };
    const taken = act();
    if (!lie) return taken;
    dice.count(lie.name);
    return { ...taken, answer: lie.answer };
  }

  return {
    sends,
    async read(kind, request, conversationId, act) {
      const tenantId = readParameter(request, "tenantId");
      const retryAfterS = limits?.take({ kind, tenantId, conversationId });
      return typeof retryAfterS === "number" ? createThrottled(retryAfterS) : act();
    },
    async take(kind, request, demand, act) {
      const asked = { atMs: edges.now(), kind, conversationId: readParameter(request, "conversationId") };
      try {
        const demanded = await demand();
        const { answer, activityId } = await settle(kind, request, () => act(demanded));
        const status = "status" in answer ? answer.status : null;
        keep({ ...asked, status, isTaken: activityId !== null, activityId });
        return answer;
      } catch (thrown) {
        const status = thrown instanceof ApiFault ? thrown.status : 500;
        keep({ ...asked, status, isTaken: false, activityId: null });
        throw thrown;
      }
    },
  };
}
