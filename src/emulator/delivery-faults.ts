/** What is to happen to one delivery on its way to the bot. */
import type { FaultDice } from "./faults.ts";

export interface DeliveryTrouble {
  readonly isLost: boolean;
  readonly isDoubled: boolean;
  readonly losesAnswer: boolean;
  readonly isReordered: boolean;
  readonly delayMs: number;
}

export const NO_TROUBLE: DeliveryTrouble = {
  isLost: false,
  isDoubled: false,
  losesAnswer: false,
  isReordered: false,
  delayMs: 0,
};

/** As much of a parcel as is looked at. */
interface Parcel {
  readonly sender: string;
  readonly body: unknown;
}

/** Each sender is a row of its own, so that the one's pace is nothing to the other. */
export function throwForDelivery(dice: FaultDice, parcel: Parcel): DeliveryTrouble {
  const faults = dice.current()?.deliveries;
  if (!faults) return NO_TROUBLE;
  const thrown = dice.next(parcel.sender);
  // Lifecycle notifications are never lost: nobody else would tell of those.
  if (tellsOfChanges(parcel) && thrown.falls("loseGraph", faults.loseGraph)) {
    return { ...NO_TROUBLE, isLost: true };
  }
  const { delay } = faults;
  return {
    isLost: false,
    isDoubled: thrown.falls("duplicate", faults.duplicate),
    losesAnswer: thrown.falls("loseAnswer", faults.loseAnswer),
    isReordered: thrown.falls("reorder", faults.reorder),
    delayMs: delay && thrown.falls("delay", delay.chance) ? delay.mostMs * thrown.measure("delay") : 0,
  };
}

/** Graph's, of what happened in the tenant; what it says of a subscription's life is not. */
export function tellsOfChanges({ sender, body }: Parcel): boolean {
  const { value = [] } = body as { value?: readonly { changeType?: string }[] };
  return sender === "graph" && value.every(({ changeType }) => changeType !== undefined);
}
