/** Keeps what Graph reports equal to what we want to hear: at start, on every install, and as time passes. */
import { toEarshotError } from "../errors.ts";
import { planRetryDelay } from "../model/retry-delay.ts";
import type { LookAddress } from "../storage/subscription-record.ts";
import { look } from "./look.ts";
import type { LookNeeds } from "./look-needs.ts";
import { noteLifecycle, type LifecycleNotice } from "./note-lifecycle.ts";
import { readResourceScope } from "./resource-scope.ts";
import { createRetryRefused } from "./retry-refused.ts";
import { createTenantView, type TenantView } from "./tenant-view.ts";

export interface Keeper {
  /** Looks at every tenant we know, then whenever something is due. Does not wait for Graph. */
  start(): void;
  /** Something changed in this team or tenant: whichever instance is the keeper looks. Resolves when that is written down. */
  reconcile(place: LookAddress): Promise<void>;
  /** Graph's own word on a subscription of ours. */
  noteLifecycle(event: LifecycleNotice): Promise<void>;
  stop(): Promise<void>;
}

export interface KeeperNeeds extends LookNeeds {
  /** Tenants to look after besides those in which the app is installed. */
  readonly homeTenants: readonly string[];
  /** What else is done now and then by the one keeper: certificates. Never throws. */
  readonly onTurn: () => Promise<void>;
  /** The same for an instance that is not the keeper: what that one may have changed. Never throws. */
  readonly onReload: () => Promise<void>;
}

/** Between two looks at what is due, and at who the keeper is. */
const LOOK_EVERY_MS = 1_000;
/** An instance that is not the keeper reads what that one wrote, to know of whom notifications may come. */
const READ_EVERY_MS = 60_000;
/** How often it is written down that we are here, and what was heard. After a crash no more than this is uncertain. */
const BEAT_EVERY_MS = 10_000;
/** A call to Graph that is under way may finish, but the program's end does not wait for more than this. */
const STOP_PATIENCE_MS = 4_000;

interface TenantState {
  /** A new one for each time that we lead: meanwhile somebody else did. */
  view: TenantView;
  /** Epoch ms of the next look without an event. */
  nextAt: number;
  attempts: number;
  running: Promise<void> | null;
  /** One look is under way and another was asked for: it will see all that has changed by then. */
  next: Promise<void> | null;
  /** Where something changed since the last look began. One that is under way has asked before, and knows nothing of it. */
  changes: LookAddress[];
}

export function createKeeper(needs: KeeperNeeds): Keeper {
  const { storage, registry, edges } = needs;
  const retryRefused = createRetryRefused({ storage, edges });
  const stopping = new AbortController();
  const tenants = new Map<string, TenantState>();
  let loop: Promise<void> | null = null;
  let nap = new AbortController();
  /** Aborted when somebody else leads; null: we do not. */
  let leading: AbortController | null = null;
  let readAt = 0;
  let beatAt = 0;

  const stateOf = (tenantId: string): TenantState => {
    const state = tenants.get(tenantId) ?? {
      view: createTenantView(edges),
      nextAt: Infinity,
      attempts: 0,
      running: null,
      next: null,
      changes: [],
    };
    tenants.set(tenantId, state);
    return state;
  };

  /** What was refused there, or for all chats, may have been granted with what has changed. */
  const reconsider = ({ tenantId, teamId }: LookAddress, view: TenantView): void => {
    needs.graph(tenantId).forgetToken();
    if (teamId !== null) {
      view.sheets.forget(teamId);
      view.urgent.add(teamId);
    }
    view.unread = 0;
    view.refusals.reconsider((resource) => {
      const scope = readResourceScope(resource);
      if (scope === null || !("teamId" in scope)) return true;
      return scope.teamId === teamId;
    });
  };

  const lookAndPlan = async (tenantId: string): Promise<void> => {
    const state = stateOf(tenantId);
    for (const change of state.changes.splice(0)) {
      reconsider(change, state.view);
      // Of the whole tenant Graph's lifecycle notices speak, every hour, and they grant nothing.
      if (change.teamId !== null) await retryRefused(change);
    }
    const ending = leading ? AbortSignal.any([stopping.signal, leading.signal]) : AbortSignal.abort();
    const { failures, nextAt } = await look(tenantId, state.view, needs, ending);
    state.attempts = failures.length > 0 ? state.attempts + 1 : 0;
    const delays = failures.map(({ retryAfterMs }) =>
      planRetryDelay(state.attempts, retryAfterMs, edges.randomBytes(1).readUInt8() / 256),
    );
    state.nextAt = delays.reduce((first, delay) => Math.min(first, edges.now() + delay), nextAt);
  };

  const lookSoon = (tenantId: string): void => {
    const state = stateOf(tenantId);
    const begin = (): Promise<void> => {
      state.next = null;
      state.running = lookAndPlan(tenantId).finally(() => {
        state.running = null;
      });
      return state.running;
    };
    if (state.running) {
      state.view.isAwaited = true;
      state.next ??= state.running.then(begin);
    } else {
      void begin();
    }
  };

  const lead = async (): Promise<void> => {
    if (leading === null) {
      await registry.load();
      const places = await storage.listPlaces({});
      const known = [...places, ...registry.list()].map(({ tenantId }) => tenantId);
      for (const state of tenants.values()) state.view = createTenantView(edges);
      for (const tenantId of new Set([...known, ...needs.homeTenants])) stateOf(tenantId).nextAt = 0;
      const spots = Map.groupBy(await storage.listDeafSpots({}), ({ tenantId }) => tenantId);
      for (const [tenantId, own] of spots) stateOf(tenantId).view.refusals.restore(own);
      leading = new AbortController();
    }
    for (const change of await storage.takeLooks()) {
      stateOf(change.tenantId).changes.push(change);
      lookSoon(change.tenantId);
    }
    for (const [tenantId, { running, nextAt }] of tenants) {
      if (!running && nextAt <= edges.now()) lookSoon(tenantId);
    }
    await needs.onTurn();
  };

  const resign = (): void => {
    leading?.abort();
    leading = null;
  };

  /** Of several instances one is the keeper; when it dies another one is, and looks everywhere. */
  const takeTurn = async (): Promise<void> => {
    const isBeat = edges.now() - beatAt >= BEAT_EVERY_MS;
    if (isBeat) {
      beatAt = edges.now();
      await registry.saveHeard();
    }
    if (await storage.tryLead()) {
      await lead();
      if (isBeat) await storage.noteAlive({ now: beatAt });
      return;
    }
    resign();
    if (edges.now() - readAt < READ_EVERY_MS) return;
    readAt = edges.now();
    await registry.load();
    await needs.onReload();
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      nap = new AbortController();
      try {
        await takeTurn();
      } catch (error) {
        resign();
        edges.log.warn({ code: toEarshotError(error).code }, "the keeper cannot read the database");
      }
      await edges.sleep(LOOK_EVERY_MS, AbortSignal.any([nap.signal, stopping.signal]));
    }
  };

  const reconcile = async (place: LookAddress): Promise<void> => {
    await storage.askForLook(place);
    nap.abort();
  };

  return {
    start: () => {
      loop = run();
    },
    reconcile,
    noteLifecycle: async (event) => {
      if (await noteLifecycle(event, needs)) await reconcile({ tenantId: event.tenantId, teamId: null });
    },
    stop: async () => {
      stopping.abort();
      const looks = [...tenants.values()].map(({ running, next }) => next ?? running ?? Promise.resolve());
      const inHand = [loop ?? Promise.resolve(), ...looks];
      await Promise.race([Promise.allSettled(inHand), edges.sleep(STOP_PATIENCE_MS)]);
      try {
        if (leading) await storage.noteAlive({ now: edges.now() });
        await registry.saveHeard();
      } catch (error) {
        // What is not written down is read back at the next start.
        edges.log.warn({ code: toEarshotError(error).code }, "when we stopped is not written down");
      }
    },
  };
}
