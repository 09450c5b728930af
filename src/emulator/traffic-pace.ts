import type { TrafficDice } from "./traffic-dice.ts";

/** The course of a day is told in so many steps, each with a rate of its own. */
const STEPS = 240;
/** Of the mean, up and down. */
const SWELL = 0.6;

/**
 * When something is said, in milliseconds from the start, in order: as often as asked in all, with rates that rise and
 * fall, and two short rushes, as when something breaks.
 */
export function planInstants(dice: TrafficDice, amount: number, durationMs: number): number[] {
  const waves = dice.between(1, 3);
  const phase = dice.draw();
  const rushes = [dice.between(0.1, 0.5), dice.between(0.5, 0.9)];
  const rates = Array.from({ length: STEPS }, (_, step) => {
    const at = (step + 0.5) / STEPS;
    const swell = 1 + SWELL * Math.sin(2 * Math.PI * (waves * at + phase));
    return swell + rushes.reduce((sum, rush) => sum + 3 * Math.exp(-(((at - rush) / 0.02) ** 2)), 0);
  });
  const steps = rates.map((_, step) => step);
  return Array.from({ length: amount }, () => {
    const step = dice.weigh(steps, (one) => rates[one] ?? 0);
    return Math.floor(((step + dice.draw()) / STEPS) * durationMs);
  }).toSorted((a, b) => a - b);
}
