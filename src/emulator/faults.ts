/** The trouble that can be made on demand, and the seeded dice that decide on it. */

/** A chance from 0 to 1, thrown for each call; or every call before an instant in epoch milliseconds. */
export type CallChance = number | { readonly untilAt: number };

/** At most one of them is made of a call, the first that falls. */
export interface CallFaults {
  /** 429 with `Retry-After`: a second, or what is left until the instant. Nothing is done, here and below. */
  readonly throttleCall?: CallChance;
  /** 429 that does not say when to come back. */
  readonly throttleCallBare?: CallChance;
  readonly refuseCall500?: CallChance;
  readonly refuseCall502?: CallChance;
  readonly refuseCall503?: CallChance;
  readonly refuseCall504?: CallChance;
  /** The connection is cut without an answer. */
  readonly cutCall?: CallChance;
  /** It is done, then the connection is cut without an answer. */
  readonly takeAndCutCall?: CallChance;
  /** 307 to the same address with a mark of its own, which then takes that call once. */
  readonly redirectCall?: CallChance;
  /** No answer comes for `ms`; then the connection is cut, and nothing was done. */
  readonly hangCall?: { readonly chance: number; readonly ms: number };
}

/** Of calls to one service: by what is called, and else by `all`. */
export type ServiceFaults<Group extends string> = Readonly<Partial<Record<Group | "all", CallFaults>>> & {
  /** Every call is answered with 503. */
  readonly outage?: boolean;
};

/** Each number but `seed`, `mostMs` and `ms` is a chance from 0 to 1, thrown for each delivery, item, send or call. */
export interface Faults {
  readonly seed: number;
  /** Of what is posted to the bot. */
  readonly deliveries?: {
    /** Posted twice, both at once. */
    readonly duplicate?: number;
    readonly delay?: { readonly chance: number; readonly mostMs: number };
    /** Held until the next one of the same sender has gone, or for a short while where none comes. */
    readonly reorder?: number;
    /** A notification of messages by Graph that never comes; Bot Framework's copy goes its way. */
    readonly loseGraph?: number;
    /** The bot takes it and answers, the answer is lost, and so it is posted again. */
    readonly loseAnswer?: number;
    /** Of a new message Graph's sealed content cannot be opened, or is another's. See `poison.ts`. */
    readonly poison?: number;
  };
  /** Of replies and reactions. */
  readonly sends?: {
    /** 429 with `Retry-After: 1`; nothing is posted. */
    readonly throttle?: number;
    /** 412, as where several things happen at once in one conversation; nothing is posted. */
    readonly refuse412?: number;
    /** 500; nothing is posted. */
    readonly refuse500?: number;
    /** It is posted, then 500. */
    readonly takenBut500?: number;
    /** The connection is cut without an answer; nothing is posted. */
    readonly hangUp?: number;
    /** It is posted, then the connection is cut without an answer. */
    readonly takenButHangUp?: number;
    /** All else happens so much later. */
    readonly slow?: { readonly chance: number; readonly ms: number };
  };
  /** In an outage what Graph has to tell waits until it is over. */
  readonly graph?: ServiceFaults<"subscriptions" | "messages" | "channels">;
  /** Besides `sends`, and before it. What Teams posts to the bot goes its way, in an outage too. */
  readonly connector?: ServiceFaults<"activities" | "members" | "conversations">;
  readonly entra?: ServiceFaults<"tokens" | "metadata" | "keys">;
  /** Where the keys of those who may call the bot are found. */
  readonly botLogin?: ServiceFaults<"metadata" | "keys">;
}

export type FaultName =
  keyof NonNullable<Faults["deliveries"]> | keyof NonNullable<Faults["sends"]> | keyof CallFaults | "outage";
export type FaultCounts = Readonly<Partial<Record<FaultName, number>>>;

/** The dice of one delivery, item or send. */
export interface FaultThrow {
  falls(name: FaultName, chance: number | undefined): boolean;
  /** From 0 to below 1, for what a fault leaves open: how long, of which kind. */
  measure(name: FaultName): number;
}

export interface FaultDice {
  /** Begins anew; null: no more trouble. */
  set(faults: Faults | null): void;
  /** Told after each `set`. */
  onSet(listener: () => void): void;
  readonly current: () => Faults | null;
  /**
   * The dice of the next one in a row. What they show depends on the seed, the row, the place in it and the fault's
   * name, and on nothing else: one more fault, or another row, changes nothing for the rest.
   */
  next(row: string): FaultThrow;
  /** Told by whoever made the trouble, when it was really made. */
  count(name: FaultName): void;
  /** How often each fault was made since the start. */
  readonly counts: FaultCounts;
}

export function createFaultDice(): FaultDice {
  let faults: Faults | null = null;
  const places = new Map<string, number>();
  const counts: Partial<Record<FaultName, number>> = {};
  const listeners: (() => void)[] = [];

  return {
    counts,
    current: () => faults,
    count: (name) => void (counts[name] = (counts[name] ?? 0) + 1),
    set(next) {
      faults = next;
      places.clear();
      for (const listener of listeners) listener();
    },
    onSet: (listener) => void listeners.push(listener),
    next(row) {
      const place = (places.get(row) ?? 0) + 1;
      places.set(row, place);
      const name = `${faults?.seed ?? 0} ${row} ${place}`;
      return {
        falls: (fault, chance = 0) => draw(`${name} ${fault}`) < chance,
        measure: (fault) => draw(`${name} ${fault} measure`),
      };
    },
  };
}

/** From 0 to below 1, the same for the same text: FNV-1a, and a step of Mulberry32 on top. */
function draw(text: string): number {
  let state = 0x811c9dc5;
  for (const character of text) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193);
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
