/** Kills bots at random moments: in time, and in the work, when a bot is in the middle of it. */
import { setTimeout as pause } from "node:timers/promises";
import type { EmulatedTenant } from "../../src/emulator/emulated-tenant.ts";
import type { BotProcess } from "./bot-process.ts";
import { pick, pickNumber, type Random } from "./random.ts";

/**
 * `told`: as something is posted, or a reaction given, and before anybody has answered for it – of the bot's own
 * words that is the moment when Teams has them and the bot does not know. `delivered`: as the bot's answer to a
 * delivery, or its failure, arrives. `time`: whenever.
 */
const MOMENTS = ["told", "delivered", "time"] as const;
const MOST_EVENTS = 15;
const MOST_WAIT_MS = 1_500;
/** Where nothing happens that could be waited for. */
const PATIENCE_MS = 4_000;
/** Some time after an event there is another step of the work. */
const MOST_LAG_MS = 30;
const START_MS = 900;
/** Who is always killed again while starting never starts. */
const MOST_STARTS_CUT = 2;

export interface Kill {
  /** ISO 8601. */
  readonly at: string;
  readonly bot: number;
  readonly moment: string;
}

/** One bot at a time; it is started again at once, and the next one is killed when it listens. */
export async function strike(needs: {
  readonly tenant: EmulatedTenant;
  readonly bots: readonly BotProcess[];
  readonly amount: number;
  readonly random: Random;
  readonly signal: AbortSignal | undefined;
  readonly onKill: (kill: Kill) => void;
}): Promise<void> {
  const { tenant, bots, amount, random, signal, onKill } = needs;
  let left = amount;
  while (left > 0) {
    const index = Math.floor(random() * bots.length);
    const bot = bots[index]!;
    const note = (moment: string) => {
      left -= 1;
      onKill({ at: new Date().toISOString(), bot: index, moment });
    };
    await killAtMoment(tenant, bot, random, note, signal);
    for (let cuts = 0; left > 0 && cuts < MOST_STARTS_CUT && random() < 0.15; cuts += 1) {
      const starting = bot.start();
      await pause(START_MS * random());
      note("starting");
      await bot.kill();
      await starting;
    }
    await bot.start();
    signal?.throwIfAborted();
  }
}

async function killAtMoment(
  tenant: EmulatedTenant,
  bot: BotProcess,
  random: Random,
  note: (moment: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const moment = pick(random, MOMENTS);
  const lagMs = random() < 0.5 ? 0 : MOST_LAG_MS * random();
  const { promise: killed, resolve } = Promise.withResolvers<undefined>();
  let isOver = false;
  const kill = (reached: string) => {
    if (isOver) return;
    isOver = true;
    note(reached);
    void bot.kill().then(resolve as () => void);
  };
  let left = pickNumber(random, 1, MOST_EVENTS);
  const count = () => {
    left -= 1;
    if (left > 0) return;
    // Without lag in the very moment: what told us of it has not gone on yet.
    if (lagMs === 0) kill(moment);
    else void pause(lagMs).then(() => kill(moment));
  };
  const forget =
    moment === "told"
      ? tenant.onChange(({ kind }) => {
          if (kind === "message") count();
        })
      : moment === "delivered"
        ? tenant.onDelivery(count)
        : () => undefined;
  const limitMs = moment === "time" ? MOST_WAIT_MS * random() : PATIENCE_MS;
  const limit = pause(limitMs, undefined, signal && { signal }).then(
    () => kill("time"),
    () => kill("time"),
  );
  try {
    await Promise.race([killed, limit]);
    await killed;
  } finally {
    forget();
  }
}
