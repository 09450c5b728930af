/** Keeps what Graph reports equal to what we want to hear: at start, on every install, and as time passes. */
import type { Edges } from "../edges.ts";
import { toEarshotError, type EarshotError } from "../errors.ts";
import type { Graph } from "../graph/graph-client.ts";
import { planRetryDelay } from "../model/retry-delay.ts";
import type { Storage } from "../storage/storage.ts";
import { carryOut, type Carrier } from "./carry-out.ts";
import { planSubscriptions, readRenewalTime, type Step } from "./plan.ts";
import { readWishList, type DeafSpot } from "./wish-list.ts";

export interface Keeper {
  /** Looks at every tenant we know, then whenever something is due. Does not wait for Graph. */
  start(): void;
  /** Something changed in this tenant: whichever instance is the keeper looks. Resolves when that is written down. */
  reconcile(tenantId: string): Promise<void>;
  /** Graph's own word on a subscription of ours. */
  noteLifecycle(event: { tenantId: string; subscriptionId: string; kind: string }): Promise<void>;
  /** What cannot be heard in a tenant, and why. */
  listDeafSpots(tenantId: string): readonly DeafSpot[];
  stop(): Promise<void>;
}

/** Between two looks at what is due, and at who the keeper is. */
const LOOK_EVERY_MS = 1_000;
/** An instance that is not the keeper reads what that one wrote, to know of whom notifications may come. */
const READ_EVERY_MS = 60_000;
/** Graph asks for no second renewal of a subscription within this. */
const RENEWAL_FLOOR_MS = 10 * 60_000;
/** A refusal that only a person can mend is asked about again after this. */
const REFUSED_RETRY_MS = 60 * 60_000;
/** A call to Graph that is under way may finish, but the program's end does not wait for more than this. */
const STOP_PATIENCE_MS = 4_000;

/** What the log says of a step that was carried out. */
const DONE: Readonly<Record<Step["kind"], string>> = {
  create: "subscribed",
  renew: "subscription renewed",
  replace: "subscribed anew",
  delete: "unsubscribed",
};

interface TenantState {
  deaf: readonly DeafSpot[];
  /** Epoch ms of the next look without an event, or null. */
  retryAt: number | null;
  attempts: number;
  running: Promise<void> | null;
  /** One look is under way and another was asked for: it will see all that has changed by then. */
  next: Promise<void> | null;
}

export function createKeeper(
  needs: Carrier & { storage: Storage; graph: Graph; teamsAppId: string; edges: Edges },
): Keeper {
  const { storage, registry, edges } = needs;
  const stopping = new AbortController();
  const tenants = new Map<string, TenantState>();
  let loop: Promise<void> | null = null;
  let nap = new AbortController();
  let isLeading = false;
  let readAt = 0;

  const stateOf = (tenantId: string): TenantState => {
    const state = tenants.get(tenantId) ?? {
      deaf: [],
      retryAt: null,
      attempts: 0,
      running: null,
      next: null,
    };
    tenants.set(tenantId, state);
    return state;
  };

  /** Answers what could not be done. */
  const tryStep = async (step: Step, tenantId: string): Promise<EarshotError | null> => {
    const { label } = readSubject(step);
    try {
      await carryOut(step, tenantId, needs.graph(tenantId), needs);
      edges.log.info({ tenantId, label, reason: step.reason }, DONE[step.kind]);
      return null;
    } catch (thrown) {
      const error = toEarshotError(thrown);
      const fields = { tenantId, label, step: step.kind, code: error.code, reason: error.message };
      edges.log.warn(fields, "a subscription could not be kept");
      return error;
    }
  };

  const look = async (tenantId: string): Promise<void> => {
    const failures: EarshotError[] = [];
    const deaf: DeafSpot[] = [];
    try {
      await registry.load(tenantId);
      const places = await storage.listPlaces({ tenantId });
      const known = registry.list(tenantId);
      const graph = needs.graph(tenantId);
      const wishes = await readWishList({ graph, teamsAppId: needs.teamsAppId, places, known });
      deaf.push(...wishes.deaf);
      for (const error of wishes.failures) failures.push(noteUnread(tenantId, error));
      const { wanted } = wishes;
      const notificationUrl = needs.urls.notification;
      for (const step of planSubscriptions({ wanted, known, notificationUrl, now: edges.now() })) {
        if (stopping.signal.aborted) return;
        const failure = await tryStep(step, tenantId);
        if (!failure) continue;
        failures.push(failure);
        deaf.push(describeFailure(step, failure));
      }
    } catch (thrown) {
      failures.push(noteUnread(tenantId, toEarshotError(thrown)));
    }
    const state = stateOf(tenantId);
    state.deaf = deaf;
    planNextLook(state, failures);
  };

  const noteUnread = (tenantId: string, error: EarshotError): EarshotError => {
    edges.log.warn(
      { tenantId, code: error.code, reason: error.message },
      "what to listen to could not be read",
    );
    return error;
  };

  const planNextLook = (state: TenantState, failures: readonly EarshotError[]): void => {
    state.attempts = failures.length > 0 ? state.attempts + 1 : 0;
    const delays = failures.map((error) =>
      error.disposition === "retry"
        ? planRetryDelay(state.attempts, error.retryAfterMs, edges.randomBytes(1).readUInt8() / 256)
        : REFUSED_RETRY_MS,
    );
    state.retryAt = delays.length > 0 ? edges.now() + Math.min(...delays) : null;
  };

  const lookSoon = (tenantId: string): void => {
    const state = stateOf(tenantId);
    const begin = (): Promise<void> => {
      state.next = null;
      state.running = look(tenantId).finally(() => {
        state.running = null;
      });
      return state.running;
    };
    if (state.running) state.next ??= state.running.then(begin);
    else void begin();
  };

  const isDue = (tenantId: string): boolean => {
    const { retryAt, running } = stateOf(tenantId);
    if (running) return false;
    if (retryAt !== null) return retryAt <= edges.now();
    return registry.list(tenantId).some((record) => readRenewalTime(record) <= edges.now());
  };

  /** Of several instances one is the keeper; when it dies another one is, and looks everywhere. */
  const takeTurn = async (): Promise<void> => {
    const wasLeading = isLeading;
    isLeading = await storage.tryLead();
    if (!isLeading) {
      if (edges.now() - readAt < READ_EVERY_MS) return;
      readAt = edges.now();
      await registry.load();
      return;
    }
    if (!wasLeading) {
      await registry.load();
      const places = await storage.listPlaces({});
      for (const { tenantId } of [...places, ...registry.list()]) stateOf(tenantId).retryAt = 0;
    }
    for (const tenantId of await storage.takeLooks()) lookSoon(tenantId);
    [...tenants.keys()].filter(isDue).forEach(lookSoon);
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      nap = new AbortController();
      try {
        await takeTurn();
      } catch (error) {
        isLeading = false;
        edges.log.warn({ code: toEarshotError(error).code }, "the keeper cannot read the database");
      }
      await edges.sleep(LOOK_EVERY_MS, AbortSignal.any([nap.signal, stopping.signal]));
    }
  };

  const reconcile = async (tenantId: string): Promise<void> => {
    await storage.askForLook({ tenantId });
    nap.abort();
  };

  return {
    start: () => {
      loop = run();
    },
    reconcile,
    noteLifecycle: async ({ tenantId, subscriptionId, kind }) => {
      const record = registry.list(tenantId).find((each) => each.subscriptionId === subscriptionId);
      if (!record) return;
      if (kind === "subscriptionRemoved") {
        await registry.remove(record);
      } else if (kind === "reauthorizationRequired") {
        if (edges.now() - record.renewedAt < RENEWAL_FLOOR_MS) return;
        // Its time is up, as far as the plan can see: a PATCH renews and reauthorizes in one.
        await registry.save({
          ...record,
          renewedAt: 0,
          expiresAt: Math.max(record.expiresAt, edges.now() + 1),
        });
      } else {
        return;
      }
      await reconcile(tenantId);
    },
    listDeafSpots: (tenantId) => stateOf(tenantId).deaf,
    stop: async () => {
      stopping.abort();
      const looks = [...tenants.values()].map(({ running, next }) => next ?? running ?? Promise.resolve());
      const inHand = [loop ?? Promise.resolve(), ...looks];
      await Promise.race([Promise.allSettled(inHand), edges.sleep(STOP_PATIENCE_MS)]);
    },
  };
}

function readSubject(step: Step): { label: string; resource: string } {
  return "wanted" in step ? step.wanted : step.record;
}

function describeFailure(step: Step, error: EarshotError): DeafSpot {
  const { label, resource } = readSubject(step);
  return { label, teamId: readTeamId(resource), reason: `not heard through Graph: ${error.code}` };
}

function readTeamId(resource: string): string | null {
  return /^\/teams\/([^/]+)\//.exec(resource)?.[1] ?? null;
}
