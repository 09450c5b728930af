/** What happens to one delivery on its way to the bot. */
import type { FaultDice } from "./faults.ts";

export interface DeliveryTrouble {
  readonly isLost: boolean;
  readonly isDoubled: boolean;
  readonly losesAnswer: boolean;
  readonly waitMs: number;
}

export const NO_TROUBLE: DeliveryTrouble = {
  isLost: false,
  isDoubled: false,
  losesAnswer: false,
  waitMs: 0,
};

/** Long enough for the next one to overtake. */
const REORDER_MS = 250;

/** As much of a parcel as the dice look at. */
interface Parcel {
  readonly sender: string;
  readonly body: unknown;
}

export function rollDelivery(dice: FaultDice, parcel: Parcel): DeliveryTrouble {
  const faults = dice.current()?.deliveries;
  if (!faults) return NO_TROUBLE;
  const isReordered = dice.roll("reorder", faults.reorder);
  const isDelayed = dice.roll("delay", faults.delay?.chance);
  return {
    isLost: isMessageByGraph(parcel) && dice.roll("loseGraph", faults.loseGraph),
    isDoubled: dice.roll("duplicate", faults.duplicate),
    losesAnswer: dice.roll("loseAnswer", faults.loseAnswer),
    waitMs:
      (isReordered ? REORDER_MS * dice.random() : 0) +
      (isDelayed ? (faults.delay?.mostMs ?? 0) * dice.random() : 0),
  };
}

/** Lifecycle notifications come as they should. */
function isMessageByGraph({ sender, body }: Parcel): boolean {
  const { value } = body as { value?: readonly { changeType?: string }[] };
  return sender === "graph" && value?.[0]?.changeType !== undefined;
}
