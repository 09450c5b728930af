/** Lets people talk by themselves: made-up conversations, said in the tenant when their time comes. */
import type { Edges } from "../edges.ts";
import { ApiFault } from "./api-fault.ts";
import type { PostedMessage } from "./posted-message.ts";
import type { TenantActs } from "./tenant-acts.ts";
import type { BotIdentity, Organisation } from "./tenant-model.ts";
import { listTrafficPlaces } from "./traffic-places.ts";
import { planTraffic, type TrafficStep } from "./traffic-plan.ts";

export interface TrafficOptions {
  /** Default: the tenant's, or any; what was taken stands in the answer. */
  readonly seed?: number;
  /** New messages a minute of the conversations' own time. Default: 16. */
  readonly perMinute?: number;
  /** Of the conversations' own time. Default: 15. */
  readonly minutes?: number;
  /** How many minutes of theirs pass in one. Default: 1. */
  readonly timesFaster?: number;
  /** Id or name. Default: the first. */
  readonly organisation?: string;
}

export interface Traffic {
  readonly seed: number;
  readonly perMinute: number;
  readonly minutes: number;
  readonly timesFaster: number;
  /** ISO 8601. */
  readonly until: string;
}

export interface TrafficCounts {
  readonly posted: number;
  readonly edited: number;
  readonly deleted: number;
  readonly reacted: number;
  /** What could not be done: the place or the message was gone, or read-only. */
  readonly skipped: number;
}

export interface TrafficActs {
  /** Throws 409 while people talk already, 400 for more than 100,000 messages, 404 for an unknown organisation. */
  startTraffic(options?: TrafficOptions): Traffic;
  /** What was said up to now; all zero where nobody talked. */
  stopTraffic(): TrafficCounts;
  /** A quarter of an hour in a minute, everywhere in the first organisation. Throws as `startTraffic`. */
  busyDay(options?: { readonly seed?: number }): Traffic;
  /** Null: nobody talks by himself. */
  readonly readTraffic: () => Traffic | null;
  /** Resolves when the last one has spoken, or it was stopped. */
  readonly whenTrafficEnds: () => Promise<TrafficCounts>;
}

const USUAL = { perMinute: 16, minutes: 15 } as const;
const MOST_MESSAGES = 100_000;
const NOTHING: TrafficCounts = { posted: 0, edited: 0, deleted: 0, reacted: 0, skipped: 0 };

/** By line. */
interface Said {
  readonly posted: Map<number, PostedMessage>;
  readonly gone: Set<number>;
}

interface Run {
  readonly traffic: Traffic;
  readonly stopping: AbortController;
  readonly ended: Promise<TrafficCounts>;
  readonly counts: { -readonly [Name in keyof TrafficCounts]: number };
}

export function createTraffic(needs: {
  /** The real clock: a jump of the tenant's own hurries nobody. */
  readonly edges: Pick<Edges, "now" | "sleep" | "randomBytes" | "log">;
  /** The tenant's. */
  readonly now: () => number;
  readonly acts: Pick<TenantActs, "say" | "edit" | "remove" | "react">;
  readonly directory: { readonly customers: readonly Organisation[] };
  readonly bot: BotIdentity;
  /** Of whoever names none; null: any. */
  readonly seed: number | null;
}): TrafficActs {
  const { edges, acts, bot } = needs;
  const { customers } = needs.directory;
  let running: Run | null = null;
  let last: Promise<TrafficCounts> = Promise.resolve(NOTHING);

  function startTraffic(options: TrafficOptions = {}): Traffic {
    if (running) throw new ApiFault(409, "Conflict", "People talk already; stopTraffic ends it.");
    const { perMinute = USUAL.perMinute, minutes = USUAL.minutes, timesFaster = 1 } = options;
    if (perMinute * minutes > MOST_MESSAGES) {
      throw new ApiFault(400, "BadRequest", `perMinute × minutes is at most ${MOST_MESSAGES} messages.`);
    }
    const seed = options.seed ?? needs.seed ?? edges.randomBytes(4).readUInt32BE();
    const organisation = findOrganisation(options.organisation);
    const places = listTrafficPlaces(organisation);
    const steps = planTraffic({ seed, minutes, perMinute, places, bot });
    const until = new Date(needs.now() + (minutes * 60_000) / timesFaster).toISOString();
    const traffic: Traffic = { seed, perMinute, minutes, timesFaster, until };
    const stopping = new AbortController();
    const counts = { ...NOTHING };
    const run: Run = { traffic, stopping, counts, ended: play(steps, timesFaster, counts, stopping.signal) };
    running = run;
    last = run.ended;
    void run.ended.then(() => {
      if (running === run) running = null;
    });
    return traffic;
  }

  function findOrganisation(idOrName: string | undefined): Organisation {
    const found =
      idOrName === undefined
        ? customers[0]
        : customers.find(({ id, name }) => id === idOrName || name === idOrName);
    if (found) return found;
    throw new ApiFault(404, "NotFound", `There is no organisation "${idOrName ?? ""}".`);
  }

  async function play(
    steps: readonly TrafficStep[],
    timesFaster: number,
    counts: Run["counts"],
    signal: AbortSignal,
  ): Promise<TrafficCounts> {
    const startedAt = edges.now();
    const said: Said = { posted: new Map(), gone: new Set() };
    for (const step of steps) {
      const waitMs = startedAt + step.atMs / timesFaster - edges.now();
      // Also where it is late: whoever listens has a turn before the next one speaks.
      await edges.sleep(Math.max(0, waitMs), signal);
      if (signal.aborted) break;
      counts[attempt(step, said)] += 1;
    }
    return { ...counts };
  }

  function attempt(step: TrafficStep, said: Said): keyof TrafficCounts {
    try {
      return take(step, said);
    } catch (thrown) {
      // People do in the window what they like, and a plan knows nothing of it.
      if (!(thrown instanceof ApiFault)) {
        edges.log.error({ kind: step.kind, reason: String(thrown) }, "emulated tenant: fault in traffic");
      }
      return "skipped";
    }
  }

  function take(step: TrafficStep, { posted, gone }: Said): keyof TrafficCounts {
    if (step.kind === "post") {
      const { inThreadOf, quoting, subject, code } = step;
      const root = inThreadOf === null ? null : posted.get(inThreadOf);
      if (root === undefined) return "skipped";
      const quoted = quoting === null || gone.has(quoting) ? undefined : posted.get(quoting);
      const message = acts.say({
        ...{ person: step.personId, conversation: step.placeId, parts: step.parts },
        ...(root ? { inThreadOf: root } : {}),
        ...(quoted ? { quoting: quoted } : {}),
        ...(subject === null ? {} : { subject }),
        ...(code ? { attachments: [code] } : {}),
      });
      posted.set(step.line, message);
      return "posted";
    }
    const message = posted.get(step.line);
    if (!message) return "skipped";
    switch (step.kind) {
      case "edit":
        acts.edit(message, { parts: step.parts });
        return "edited";
      case "delete":
        acts.remove(message);
        gone.add(step.line);
        return "deleted";
      case "react":
        acts.react({ person: step.personId, message, type: step.type, on: step.on });
        return "reacted";
    }
  }

  return {
    startTraffic,
    busyDay: ({ seed } = {}) =>
      startTraffic({ ...USUAL, timesFaster: 15, ...(seed === undefined ? {} : { seed }) }),
    stopTraffic() {
      const stopped = running;
      stopped?.stopping.abort();
      running = null;
      return stopped ? { ...stopped.counts } : NOTHING;
    },
    readTraffic: () => running?.traffic ?? null,
    whenTrafficEnds: () => last,
  };
}
