/** Chance for made-up conversations: a seed tells its whole course. */
export interface TrafficDice {
  /** From 0 to below 1. */
  readonly draw: () => number;
  falls(chance: number): boolean;
  /** From `least` to below `most`. */
  between(least: number, most: number): number;
  /** Whole, from `least` to `most`. */
  count(least: number, most: number): number;
  /** The list must not be empty. */
  pick<Value>(values: readonly [Value, ...Value[]] | readonly Value[]): Value;
  /** One of them, the heavier the likelier; each weight is over 0. */
  weigh<Value>(values: readonly Value[], readWeight: (value: Value, index: number) => number): Value;
}

/** Mulberry32. */
export function createTrafficDice(seed: number): TrafficDice {
  let state = seed | 0;
  const draw = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    draw,
    falls: (chance) => draw() < chance,
    between: (least, most) => least + draw() * (most - least),
    count: (least, most) => least + Math.floor(draw() * (most - least + 1)),
    pick: (values) => values[Math.floor(draw() * values.length)]!,
    weigh(values, readWeight) {
      const weights = values.map(readWeight);
      let left = draw() * weights.reduce((sum, weight) => sum + weight, 0);
      const index = weights.findIndex((weight) => (left -= weight) < 0);
      return values.at(index)!;
    },
  };
}
