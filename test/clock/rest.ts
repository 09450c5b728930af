/** When a bot and an emulated tenant in this process have nothing in hand: known by what they do, never by the time. */
import assert from "node:assert/strict";
import type { Edges } from "../../src/edges.ts";
import type { EmulatedTenant } from "../../src/emulator/emulated-tenant.ts";
import { createSleepers, type Sleepers } from "./sleepers.ts";
import { createTraffic } from "./traffic.ts";

export interface Rest {
  /** What each side takes instead of its own; `inner` is its way to the other. */
  edges(side: "bot" | "tenant", inner?: typeof fetch): Pick<Edges, "now" | "sleep" | "fetch">;
  readonly sleepers: Pick<Sleepers, "readNext" | "sleep">;
  /** Whose rest is meant from now on. */
  follow(stage: FollowedStage): void;
  /**
   * Resolves when everybody who is due was woken and nobody has anything to do, or when `isOver`. Fails after
   * `patienceMs` of real time, with what is still busy.
   */
  reach(limit?: { patienceMs?: number; isOver?: () => boolean }): Promise<void>;
}

export interface FollowedStage {
  readonly tenant: Pick<EmulatedTenant, "deliveries">;
  readonly adminUrl: string;
  readonly isRunning: () => boolean;
}

const PATIENCE_MS = 60_000;
/** So often in a row nothing may have happened between two round trips through the bot's database. */
const CALM_ROUNDS = 2;
/** A running bot has nothing in hand before each of these sleeps. */
export const BOT_LOOPS: readonly string[] = ["run (keeper.ts)", "run (worker.ts)", "run (catch-up.ts)"];
/** A delivery that has not come to its end and does not sleep here is on its way. */
const COURIER_REST = "carry (courier.ts)";

export function createRest(needs: { now: () => number; onCall?: () => void }): Rest {
  const { now, onCall = () => undefined } = needs;
  let events = 0;
  let stage: FollowedStage | null = null;
  let countPending = createPendingCounter([]);
  const sleepers = createSleepers({
    now,
    onSleep: () => {
      events += 1;
    },
  });
  const traffic = createTraffic({
    onCall: () => {
      events += 1;
      onCall();
    },
  });

  const describeBusy = (): string[] => {
    const calls = traffic.list();
    const places = sleepers.list().map(({ place }) => place);
    const atRest = places.filter((place) => place === COURIER_REST).length;
    const onTheWay = countPending() - atRest;
    const awake = stage?.isRunning() ? BOT_LOOPS.filter((loop) => !places.includes(loop)) : [];
    return [
      ...calls,
      ...(onTheWay > 0 ? [`${onTheWay} deliveries on their way`] : []),
      ...awake.map((loop) => `${loop} is awake`),
    ];
  };

  return {
    edges: (side, inner = fetch) => ({ now, sleep: sleepers.sleep, fetch: traffic.count(side, inner) }),
    sleepers,
    follow: (followed) => {
      stage = followed;
      countPending = createPendingCounter(followed.tenant.deliveries);
    },
    reach: async ({ patienceMs = PATIENCE_MS, isOver = () => false } = {}) => {
      const from = performance.now();
      let calm = 0;
      let seen = -1;
      while (calm < CALM_ROUNDS && !isOver()) {
        // A real turn of the event loop: sockets and worker threads are served in it.
        await new Promise((resolve) => setImmediate(resolve));
        if (sleepers.wake() > 0) events += 1;
        const busy = describeBusy();
        if (busy.length === 0 && stage?.isRunning()) busy.push(...(await readClaimed(stage.adminUrl)));
        calm = busy.length === 0 && events === seen ? calm + 1 : 0;
        seen = events;
        if (performance.now() - from > patienceMs) {
          assert.fail(describeUnrest(new Date(now()), busy, sleepers));
        }
      }
    },
  };
}

/** How many deliveries have not come to their end. The log is long and only grows: each entry is looked at while it must. */
function createPendingCounter(deliveries: EmulatedTenant["deliveries"]): () => number {
  const open = new Set<EmulatedTenant["deliveries"][number]>();
  let lastIndex = -1;
  return () => {
    for (let at = deliveries.length - 1; at >= 0; at -= 1) {
      const delivery = deliveries[at];
      if (!delivery || delivery.index <= lastIndex) break;
      open.add(delivery);
    }
    lastIndex = deliveries.at(-1)?.index ?? lastIndex;
    for (const delivery of open) if (delivery.state !== "pending") open.delete(delivery);
    return open.size;
  };
}

/** By way of the bot's own database, behind everything that it was asked for before. */
async function readClaimed(adminUrl: string): Promise<string[]> {
  const response = await fetch(`${adminUrl}/metrics`);
  const [, amount = "?"] = /^earshot_inbox_rows\{state="claimed"\} (\d+)$/m.exec(await response.text()) ?? [];
  return amount === "0" ? [] : [`${amount} messages in hand`];
}

function describeUnrest(at: Date, busy: readonly string[], sleepers: Sleepers): string {
  const asleep = Map.groupBy(sleepers.list(), ({ place }) => place);
  return [
    `no rest at ${at.toISOString()}:`,
    ...(busy.length > 0 ? busy.slice(0, 20) : ["something begins again and again"]),
    ...[...asleep].map(([place, those]) => `asleep: ${place} × ${those.length}`),
  ].join("\n");
}
