/** Carries what Graph and Teams post to the bot, tries again by each sender's rule, and keeps a log of it. */
import type { Edges } from "../edges.ts";
import { ApiFault } from "./api-fault.ts";
import { NO_TROUBLE, throwForDelivery, type DeliveryTrouble } from "./delivery-faults.ts";
import type { Admission, EndpointStates } from "./endpoint-state.ts";
import type { FaultDice } from "./faults.ts";
import { createLanes } from "./lanes.ts";
import { createOvertaking } from "./overtaking.ts";

export type DeliverySender = "graph" | "bot-framework";

export interface DeliveryAttempt {
  /** ISO 8601. */
  readonly at: string;
  /** When its answer was there, or was given up. */
  readonly endedAt: string;
  /** HTTP status; null where no answer came. */
  readonly status: number | null;
  /** Why no answer came: `timeout`, the connection's error, or what kept it from being posted at all. */
  readonly fault?: string;
}

export interface Delivery {
  /** Place in the log; stays the same when older entries fall off. */
  readonly index: number;
  readonly sender: DeliverySender;
  readonly url: string;
  /** As it was posted, parsed. */
  readonly body: unknown;
  readonly attempts: readonly DeliveryAttempt[];
  /** `lost`: it was never posted, as trouble was asked for; `dropped`: as Graph has given up this host for now. */
  readonly state: "pending" | "delivered" | "gave-up" | "lost" | "dropped";
}

/** How long to wait for an answer, when to try again, when to give up. */
export interface DeliveryRule {
  timeoutMs(attempt: number): number;
  /** `attempt` counts from 1; `sinceMs` from the first attempt. Null: give up. */
  planRetryMs(attempt: number, sinceMs: number, status: number | null): number | null;
}

/**
 * Any 2xx within 3 s counts. Otherwise again for 4 hours with exponential back-off, each retry having 10 s.
 * Steps of the back-off are not documented.
 * Source: https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
 */
export const GRAPH_DELIVERY_RULE: DeliveryRule = {
  timeoutMs: (attempt) => (attempt === 1 ? 3_000 : 10_000),
  planRetryMs: (attempt, sinceMs) => {
    const waitMs = Math.min(250 * 2 ** (attempt - 1), 10 * 60_000);
    return sinceMs + waitMs > 4 * 60 * 60_000 ? null : waitMs;
  },
};

/**
 * Limit and repetitions are this emulator's choice, not Bot Framework's: enough for a bot that is still starting, and
 * nothing is repeated that the bot refused.
 */
export const ACTIVITY_DELIVERY_RULE: DeliveryRule = {
  timeoutMs: () => 15_000,
  planRetryMs: (attempt, _sinceMs, status) =>
    attempt < 6 && (status === null || status >= 500) ? 200 * 2 ** (attempt - 1) : null,
};

export interface Parcel {
  readonly sender: DeliverySender;
  readonly url: string;
  readonly body: unknown;
  /** What the body is before it is posted; it stands in the log without that until then. */
  readonly finishBody?: () => Promise<unknown>;
  /** Made anew for every attempt, so that a token in it is fresh. */
  readonly createHeaders?: () => Promise<Record<string, string>>;
  readonly rule: DeliveryRule;
  /** Told of each answer, for what is posted because of its answer. */
  readonly readAnswer?: (status: number, content: Buffer) => void;
}

export interface Courier {
  /** Newest last; the oldest fall off. Entries change as attempts come in. */
  readonly deliveries: readonly Delivery[];
  /**
   * Resolves when delivered, given up, lost, dropped or stopped; never rejects. A parcel waits for another only where a
   * hundred are on their way.
   */
  deliver(parcel: Parcel): Promise<Delivery>;
  /**
   * The same parcel once more, as a delivery of its own, without trouble, whatever Graph thinks of its host. Throws where
   * the log has it no more.
   */
  readonly deliverAgain: (index: number) => Promise<Delivery>;
  /** Told after each attempt and at the end of each delivery. */
  readonly onDelivery: (listener: (delivery: Delivery) => void) => () => void;
  close(): Promise<void>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type OpenDelivery = Mutable<Omit<Delivery, "attempts">> & { attempts: DeliveryAttempt[] };

/** Three deliveries and more for each of 30,000 messages: by Graph, by Bot Framework, and the bot's own words. */
const KEPT = 100_000;
/** By one sender to one host: as many connections, kept alive and used again, carry a burst of any size. */
const MOST_AT_ONCE = 100;

/** `states`: what Graph thinks of the hosts that it posts to; null: nothing. */
export function createCourier(
  edges: Pick<Edges, "now" | "sleep" | "fetch" | "log">,
  dice: FaultDice,
  states: EndpointStates | null = null,
): Courier {
  const stopping = new AbortController();
  const deliveries: OpenDelivery[] = [];
  const parcels = new Map<number, Parcel>();
  const listeners = new Set<(delivery: Delivery) => void>();
  const underway = new Set<Promise<Delivery>>();
  const overtaking = createOvertaking(edges);
  const lanes = createLanes(MOST_AT_ONCE);
  let nextIndex = 0;

  function tell(delivery: Delivery): void {
    for (const listener of listeners) {
      try {
        listener(delivery);
      } catch (thrown) {
        edges.log.error(
          { what: describeFault(thrown) },
          "emulated tenant: fault in who was told of a delivery",
        );
      }
    }
  }

  async function attempt(
    parcel: Parcel,
    text: string,
    timeoutMs: number,
  ): Promise<Omit<DeliveryAttempt, "at" | "endedAt">> {
    const settled = new AbortController();
    const signal = AbortSignal.any([settled.signal, stopping.signal]);
    const limit = new AbortController();
    void edges.sleep(timeoutMs, signal).then(() => limit.abort());
    try {
      const headers = {
        "content-type": "application/json; charset=utf-8",
        ...(await parcel.createHeaders?.()),
      };
      const response = await edges.fetch(parcel.url, {
        ...{ method: "POST", headers, body: text, redirect: "manual" },
        signal: limit.signal,
      });
      // Read to its end, or the socket is not used again.
      const content = await response.arrayBuffer();
      parcel.readAnswer?.(response.status, Buffer.from(content));
      return { status: response.status };
    } catch (thrown) {
      return { status: null, fault: limit.signal.aborted ? "timeout" : describeFault(thrown) };
    } finally {
      settled.abort();
    }
  }

  /** What holds a delivery up before it is posted at all; true: it never is. */
  async function suffer({ sender, index }: OpenDelivery, trouble: DeliveryTrouble): Promise<boolean> {
    if (trouble.isLost) {
      dice.count("loseGraph");
      return true;
    }
    if (trouble.delayMs > 0) {
      dice.count("delay");
      await edges.sleep(trouble.delayMs, stopping.signal);
    }
    if (trouble.isReordered && (await overtaking.hold(sender, index, stopping.signal))) dice.count("reorder");
    return false;
  }

  /** Graph's own patience with a host, where it is Graph who posts; it may wait for it. */
  async function admit({ sender, url }: Parcel): Promise<Exclude<Admission, { kind: "wait" }>> {
    for (let hasWaited = false; states && sender === "graph"; hasWaited = true) {
      const admission = states.admit(url, hasWaited);
      if (admission.kind !== "wait") return admission;
      await edges.sleep(admission.ms, stopping.signal);
      if (stopping.signal.aborted) break;
    }
    return { kind: "go", note: () => undefined };
  }

  /** What cannot even be posted is given up, and says why. */
  async function run(...[delivery, parcel, manner]: Parameters<typeof carry>): Promise<Delivery> {
    try {
      return await carry(delivery, parcel, manner);
    } catch (thrown) {
      const [at, fault] = [formatNow(), describeFault(thrown)];
      edges.log.error({ url: parcel.url, fault }, "emulated tenant: delivery cannot be posted");
      delivery.attempts.push({ at, endedAt: at, status: null, fault });
      overtaking.pass(delivery.sender, delivery.index);
      return settle(delivery, "gave-up");
    }
  }

  async function carry(
    delivery: OpenDelivery,
    parcel: Parcel,
    { trouble, isAgain }: { readonly trouble: DeliveryTrouble; readonly isAgain: boolean },
  ): Promise<Delivery> {
    if (await suffer(delivery, trouble)) return settle(delivery, "lost");
    const admission = isAgain ? null : await admit(parcel);
    if (admission?.kind === "drop") return settle(delivery, "dropped");
    const startedMs = edges.now();
    if (parcel.finishBody) delivery.body = await parcel.finishBody();
    const text = JSON.stringify(delivery.body);
    let mayLoseAnswer = trouble.losesAnswer;
    while (!stopping.signal.aborted) {
      const number = delivery.attempts.length + 1;
      const leave = await lanes.enter(`${parcel.sender} ${new URL(parcel.url).host}`);
      const [at, atMs] = [formatNow(), edges.now()];
      let outcome = await attempt(parcel, text, parcel.rule.timeoutMs(number)).finally(leave);
      if (stopping.signal.aborted) break;
      const isTimeout = outcome.fault === "timeout";
      admission?.note({ tookMs: edges.now() - atMs, isTimeout, isRepeated: number > 1 });
      if (mayLoseAnswer && isTaken(outcome.status)) {
        mayLoseAnswer = false;
        dice.count("loseAnswer");
        outcome = { status: null, fault: "answer lost" };
      }
      delivery.attempts.push({ at, endedAt: formatNow(), ...outcome });
      if (number === 1) overtaking.pass(delivery.sender, delivery.index);
      const { status } = outcome;
      if (isTaken(status)) return settle(delivery, "delivered");
      const waitMs = parcel.rule.planRetryMs(number, edges.now() - startedMs, status);
      if (waitMs === null) {
        edges.log.warn({ url: parcel.url, status }, "emulated tenant: delivery given up");
        return settle(delivery, "gave-up");
      }
      tell(delivery);
      await edges.sleep(waitMs, stopping.signal);
    }
    return delivery;
  }

  function settle(delivery: OpenDelivery, state: Exclude<Delivery["state"], "pending">): Delivery {
    delivery.state = state;
    tell(delivery);
    return delivery;
  }

  function formatNow(): string {
    return new Date(edges.now()).toISOString();
  }

  function deliver(parcel: Parcel): Promise<Delivery> {
    const trouble = throwForDelivery(dice, parcel);
    if (trouble.isDoubled) {
      dice.count("duplicate");
      void post(parcel, NO_TROUBLE);
    }
    return post(parcel, trouble);
  }

  function post(parcel: Parcel, trouble: DeliveryTrouble, isAgain = false): Promise<Delivery> {
    const { sender, url, body } = parcel;
    const delivery: OpenDelivery = { index: nextIndex++, sender, url, body, attempts: [], state: "pending" };
    deliveries.push(delivery);
    parcels.set(delivery.index, parcel);
    const oldest = deliveries.length > KEPT ? deliveries.shift() : undefined;
    if (oldest) parcels.delete(oldest.index);
    const running = run(delivery, parcel, { trouble, isAgain });
    underway.add(running);
    void running.finally(() => underway.delete(running));
    return running;
  }

  return {
    deliveries,
    deliver,
    async deliverAgain(index) {
      const parcel = parcels.get(index);
      if (!parcel) throw new ApiFault(404, "NotFound", `There is no delivery ${index}.`);
      return post(parcel, NO_TROUBLE, true);
    },
    onDelivery(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      stopping.abort();
      await Promise.all(underway);
    },
  };
}

function isTaken(status: number | null): boolean {
  return status !== null && status >= 200 && status < 300;
}

function describeFault(thrown: unknown): string {
  const cause = thrown instanceof Error ? (thrown.cause ?? thrown) : thrown;
  return cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
}
