import type { Faults } from "../../src/emulator/faults.ts";
import { createRandom, pick, pickNumber, type Random } from "./random.ts";

export interface TrialPlan {
  readonly seed: number;
  readonly database: "sqlite" | "postgres";
  readonly instances: number;
  readonly kills: number;
  readonly messages: number;
  readonly faults: Omit<Faults, "seed"> | null;
  /** How often the database goes away for a moment. */
  readonly outages: number;
}

export type Wish = Partial<Pick<TrialPlan, "database" | "instances">>;

/** What a seed stands for; where something is wished for, that. */
export function planTrial(seed: number, wish: Wish = {}): TrialPlan {
  const random = createRandom(seed);
  const chosen = {
    database: pick(random, ["sqlite", "postgres"] as const),
    instances: pickNumber(random, 1, 3),
  };
  const isShared = (wish.instances ?? 1) > 1;
  const database = wish.database ?? (isShared ? "postgres" : chosen.database);
  return {
    seed,
    database,
    instances: database === "sqlite" ? 1 : (wish.instances ?? chosen.instances),
    kills: random() < 0.2 ? 0 : pickNumber(random, 1, 25),
    messages: pickNumber(random, 100, 500),
    faults: random() < 0.4 ? null : planFaults(random),
    outages: random() < 0.25 ? pickNumber(random, 1, 3) : 0,
  };
}

/** Some faults of many, each with a chance of its own. */
function planFaults(random: Random): Omit<Faults, "seed"> {
  const rare = (most: number) => (random() < 0.5 ? 0 : most * random());
  return {
    deliveries: {
      duplicate: rare(0.4),
      delay: { chance: rare(0.3), mostMs: pickNumber(random, 100, 3_000) },
      reorder: rare(0.4),
      loseGraph: rare(0.3),
      loseAnswer: rare(0.3),
      poison: rare(0.02),
    },
    sends: {
      throttle: rare(0.1),
      refuse500: rare(0.1),
      takenBut500: rare(0.1),
      hangUp: rare(0.1),
      takenButHangUp: rare(0.1),
      slow: { chance: rare(0.2), ms: pickNumber(random, 100, 3_000) },
    },
  };
}
