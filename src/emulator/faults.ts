/** The trouble that can be made on demand, by seeded dice: the same seed and the same course of things give the same trouble. */

/** Each number but `mostMs` and `ms` is a chance from 0 to 1, rolled for each delivery or send. */
export interface Faults {
  readonly seed: number;
  /** Of what is posted to the bot. */
  readonly deliveries?: {
    /** Delivered twice. */
    readonly duplicate?: number;
    readonly delay?: { readonly chance: number; readonly mostMs: number };
    /** Held for a moment, so that later ones come first. */
    readonly reorder?: number;
    /** A notification of a message by Graph that never comes; Bot Framework's copy goes its way. */
    readonly loseGraph?: number;
    /** The bot takes it, and its answer is lost: it is delivered again. */
    readonly loseAnswer?: number;
    /** Graph's content of a new message cannot be opened or read. */
    readonly poison?: number;
  };
  /** Of replies and reactions. */
  readonly sends?: {
    /** 429 with `Retry-After: 1`. */
    readonly throttle?: number;
    readonly refuse500?: number;
    readonly takenBut500?: number;
    /** The connection is cut without an answer. */
    readonly hangUp?: number;
    readonly takenButHangUp?: number;
    readonly slow?: { readonly chance: number; readonly ms: number };
  };
}

export type FaultName = keyof NonNullable<Faults["deliveries"]> | keyof NonNullable<Faults["sends"]>;

export interface FaultDice {
  /** Null: no more trouble. */
  set(faults: Faults | null): void;
  readonly current: () => Faults | null;
  /** Rolls for a fault, and counts it where it falls. */
  roll(name: FaultName, chance: number | undefined): boolean;
  /** From 0 to below 1. */
  random(): number;
  /** How often each fault fell since the start. */
  readonly counts: Readonly<Partial<Record<FaultName, number>>>;
}

export function createFaultDice(): FaultDice {
  let faults: Faults | null = null;
  let state = 0;
  const counts: Partial<Record<FaultName, number>> = {};

  /** Mulberry32, a generator of 32 bits: small, seeded, and good enough for dice. */
  function random(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  return {
    counts,
    random,
    current: () => faults,
    set(next) {
      faults = next;
      state = next?.seed ?? 0;
    },
    roll(name, chance = 0) {
      if (chance === 0 || random() >= chance) return false;
      counts[name] = (counts[name] ?? 0) + 1;
      return true;
    },
  };
}
