/** One look at a tenant: what is wanted, what is there, what is to be done, and what became of it. */
import type { Edges } from "../edges.ts";
import { toEarshotError, type EarshotError } from "../errors.ts";
import type { GraphTenant } from "../graph/graph-client.ts";
import { listSubscriptions } from "../graph/subscription-calls.ts";
import type { Storage } from "../storage/storage.ts";
import type { SubscriptionRecord } from "../storage/subscription-record.ts";
import { carryOut } from "./carry-out.ts";
import { describeDeafSpots } from "./deaf-spots.ts";
import { forgetConversations } from "./forget-conversations.ts";
import { inParallel } from "./in-parallel.ts";
import { keepConversations, type Silence } from "./keep-conversations.ts";
import type { LookNeeds } from "./look-needs.ts";
import { planSubscriptions, type PlanState, type Step, type Wanted } from "./plan.ts";
import { fitQuota, preferBroad, QUOTA_WARNING } from "./plan-quota.ts";
import { isAlive, readNextTime } from "./renewal.ts";
import { readResourceScope } from "./resource-scope.ts";
import type { TenantView } from "./tenant-view.ts";
import { readWishList } from "./wish-list.ts";
import type { WishList } from "./wishes.ts";

export interface LookResult {
  /** What another try may mend. */
  readonly failures: readonly EarshotError[];
  /** When there is something to do again, if nothing else happens; epoch ms. */
  readonly nextAt: number;
}

/** Each waits for two handshakes with us; more at once would only wait for Graph's limits. */
const AT_ONCE = 16;
/** So many failures in a row are Graph's trouble, not that of one subscription. */
const MOST_IN_A_ROW = 8;
const MOST_THROTTLED = 20;
/** In a tenant with thousands of channels others wait no longer than this, whatever is left to do. */
const AT_LEAST_MS = 5_000;
/** Whether all that we know of still stands, and nothing else of ours. */
const LIST_EVERY_MS = 24 * 60 * 60_000;
/** Reads all that is kept of the tenant's conversations. */
const FORGET_EVERY_MS = 60 * 60_000;

/** What the log says of a step that was carried out. */
const DONE: Readonly<Record<Step["kind"], string>> = {
  create: "subscribed",
  adopt: "subscription taken over",
  renew: "subscription renewed",
  replace: "subscribed anew",
  delete: "unsubscribed",
  "delete-orphan": "stray subscription removed",
};

/** Never throws. */
export async function look(
  tenantId: string,
  view: TenantView,
  needs: LookNeeds,
  stopping: AbortSignal,
): Promise<LookResult> {
  const { registry, storage, edges } = needs;
  const failures: EarshotError[] = [];
  view.isAwaited = false;
  try {
    await registry.load(tenantId);
    if (view.listedAt === 0) view.refusals.restore(await storage.listDeafSpots({ tenantId }));
    const graph = needs.graph(tenantId);
    const wishes = await readWishes(tenantId, graph, view, needs);
    for (const error of wishes.failures) failures.push(noteUnread(tenantId, error, edges));
    const { kept, overflow } = chooseWanted(wishes.wanted, tenantId, view, needs);
    await relabel(kept, tenantId, needs);
    const listed = await listIfNeeded(tenantId, kept, graph, view, needs);
    const { addresses, hasKey } = needs;
    const known = registry.list(tenantId);
    const steps = planSubscriptions({ wanted: kept, known, listed, addresses, hasKey, now: edges.now() });
    const done = await carryOutAll(steps, { tenantId, graph, view, needs, stopping });
    failures.push(...done.failures);
    await keepConversations(wishes.conversations, done.silences, { tenantId, view, needs });
    if (failures.length === 0 && edges.now() - view.forgotAt >= FORGET_EVERY_MS) {
      view.forgotAt = edges.now();
      await forgetConversations(wishes.conversations, {
        tenantId,
        records: registry.list(tenantId),
        storage,
      });
    }
    const isUnreadable = await readUnreadable(tenantId, wishes, storage);
    const spots = describeDeafSpots({ wishes, overflow, tenantId, refusals: view.refusals, isUnreadable });
    if (view.notes(spots)) await storage.saveDeafSpots({ tenantId, spots });
  } catch (thrown) {
    failures.push(noteUnread(tenantId, toEarshotError(thrown), edges));
  }
  return { failures, nextAt: readNextLook(registry.list(tenantId), view, edges.now()) };
}

async function readWishes(
  tenantId: string,
  graph: GraphTenant,
  view: TenantView,
  needs: LookNeeds,
): Promise<WishList> {
  const { teamsAppId, botId, listen, chatSubscriptions, edges } = needs;
  return readWishList({
    ...{ tenantId, graph, teamsAppId, botId, listen, chatSubscriptions },
    places: await needs.storage.listPlaces({ tenantId }),
    known: needs.registry.list(tenantId),
    catalog: view.catalog,
    sheets: view.sheets,
    isRefused: view.refusals.isStanding,
    now: edges.now(),
  });
}

function chooseWanted(
  wished: readonly Wanted[],
  tenantId: string,
  view: TenantView,
  { registry, edges }: LookNeeds,
): ReturnType<typeof fitQuota> {
  const stands = (resource: string) =>
    registry.listOf(tenantId, resource).some((record) => isAlive(record, edges.now()));
  const fitted = fitQuota(preferBroad(wished, stands));
  if (fitted.kept.length >= QUOTA_WARNING && !view.isWarned) {
    view.isWarned = true;
    edges.log.warn(
      { tenantId, wanted: wished.length, overflow: fitted.overflow.length },
      "near the 10,000 subscriptions that an organisation may have over all apps; consent to ChannelMessage.Read.All makes one do for all channels",
    );
  }
  return fitted;
}

/** Teams and channels change their names, and what is wanted may be wanted for another reason. */
async function relabel(wanted: readonly Wanted[], tenantId: string, { registry }: LookNeeds): Promise<void> {
  for (const { resource, label, wantedBy } of wanted) {
    for (const record of registry.listOf(tenantId, resource)) {
      const isSame = record.label === label && record.wantedBy === wantedBy;
      if (!isSame) await registry.save({ ...record, label, wantedBy });
    }
  }
}

/** Where an answer was lost, or the database; and now and then. The call that Graph allows least often. */
async function listIfNeeded(
  tenantId: string,
  wanted: readonly Wanted[],
  graph: GraphTenant,
  view: TenantView,
  { registry, edges }: LookNeeds,
): Promise<PlanState["listed"]> {
  const known = registry.list(tenantId);
  const isUnsure = known.some(({ subscriptionId }) => subscriptionId === null);
  const isLost = known.length === 0 && wanted.length > 0 && view.listedAt === 0;
  // What is freshly read from the database is trusted until the first list is due.
  if (view.listedAt === 0 && !isLost) view.listedAt = edges.now();
  if (!isUnsure && !isLost && edges.now() - view.listedAt < LIST_EVERY_MS) return null;
  const at = edges.now();
  const subscriptions = await listSubscriptions(graph);
  view.listedAt = at;
  return { subscriptions, at };
}

async function carryOutAll(
  steps: readonly Step[],
  context: {
    tenantId: string;
    graph: GraphTenant;
    view: TenantView;
    needs: LookNeeds;
    stopping: AbortSignal;
  },
): Promise<{ failures: EarshotError[]; silences: Silence[] }> {
  const { tenantId, view, needs, stopping } = context;
  const failures: EarshotError[] = [];
  const silences: Silence[] = [];
  const from = needs.edges.now();
  let inARow = 0;
  const isOver = () =>
    stopping.aborted ||
    inARow >= MOST_IN_A_ROW ||
    (view.isAwaited && needs.edges.now() - from >= AT_LEAST_MS);
  const run = async (step: Step): Promise<void> => {
    const subject = readSubject(step);
    const { resource } = subject;
    // Refused by Graph, and nothing has changed since: what is refused is not asked for each time we look.
    if (isOver() || view.refusals.isStanding(resource)) return;
    try {
      const since = await carryOutPatiently(step, context);
      inARow = 0;
      view.refusals.forget(resource);
      if (since !== null) silences.push({ resource, since });
      const fields = { tenantId, label: subject.label, reason: step.reason };
      needs.edges.log.info(fields, DONE[step.kind]);
    } catch (thrown) {
      const error = toEarshotError(thrown);
      if (error.disposition === "retry") {
        inARow += 1;
        failures.push(error);
      }
      noteFailure(step, error, context);
    }
  };
  const urgent = new Set(view.urgent);
  for (const batch of orderSteps(steps, urgent)) await inParallel(batch, AT_ONCE, run);
  if (!isOver()) for (const teamId of urgent) view.urgent.delete(teamId);
  return { failures, silences };
}

/** What goes makes room for what comes; what changed just now comes before what was left over. */
function orderSteps(steps: readonly Step[], urgent: ReadonlySet<string>): Step[][] {
  const isDelete = ({ kind }: Step) => kind === "delete" || kind === "delete-orphan";
  const isUrgent = (step: Step) => {
    const scope = readResourceScope(readSubject(step).resource);
    return scope !== null && "teamId" in scope && urgent.has(scope.teamId);
  };
  const others = steps.filter((step) => !isDelete(step));
  return [steps.filter(isDelete), others.filter(isUrgent), others.filter((step) => !isUrgent(step))];
}

/** Graph says when it may be asked again, and the client waits for that: nothing was done, so it is asked again. */
async function carryOutPatiently(
  step: Step,
  {
    tenantId,
    graph,
    needs,
    stopping,
  }: { tenantId: string; graph: GraphTenant; needs: LookNeeds; stopping: AbortSignal },
): Promise<number | null> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await carryOut(step, tenantId, graph, needs);
    } catch (thrown) {
      const isThrottled = toEarshotError(thrown).code === "graph-throttled";
      if (!isThrottled || tries >= MOST_THROTTLED || stopping.aborted) throw thrown;
    }
  }
}

function noteFailure(
  step: Step,
  error: EarshotError,
  { tenantId, view, needs }: { tenantId: string; view: TenantView; needs: LookNeeds },
): void {
  const { label, resource, api } = readSubject(step);
  const fields = { tenantId, label, step: step.kind, code: error.code, reason: error.message };
  if (error.disposition === "retry") {
    needs.edges.log.warn(fields, "a subscription could not be kept");
    return;
  }
  const known = view.refusals.find(resource)?.reason;
  const refusal = view.refusals.note({ resource, api }, error);
  const { log } = needs.edges;
  const explained = { ...fields, remedy: refusal.reason };
  // The same refusal every hour is no news, and of shared channels none at all.
  if (known === refusal.reason) log.debug(fields, "a subscription is still refused");
  else if (refusal.state === "polled") log.info(explained, "a conversation is read regularly");
  else log.warn(explained, "a subscription could not be kept");
}

function readSubject(step: Step): Pick<Wanted, "label" | "resource" | "api"> {
  if (step.kind === "delete-orphan") {
    const { resource } = step.listed;
    return { label: resource, resource, api: "v1.0" };
  }
  return "wanted" in step ? step.wanted : step.record;
}

/** What is overdue was tried just now: when it is tried again, its failure says. */
function readNextLook(known: readonly SubscriptionRecord[], view: TenantView, now: number): number {
  const times = known
    .filter(({ subscriptionId }) => subscriptionId !== null)
    .map(readNextTime)
    .filter((time) => time > now);
  const refusedAt = view.refusals.readNextTime();
  // Not Math.min(...): there may be more of them than a call takes arguments.
  return [refusedAt ?? Infinity, view.listedAt + LIST_EVERY_MS, ...times].reduce((a, b) => Math.min(a, b));
}

/** Where there is anything that may have to be polled at all. */
async function readUnreadable(
  tenantId: string,
  { conversations }: WishList,
  storage: Pick<Storage, "listConversations">,
): Promise<(conversationId: string | null) => boolean> {
  if (!conversations.some(({ isDoubtful }) => isDoubtful)) return () => false;
  const known = await storage.listConversations({ tenantId });
  const refused = known.filter(({ fault }) => fault === "graph-forbidden");
  const ids = new Set<string | null>(refused.map(({ conversationId }) => conversationId));
  return (conversationId) => ids.has(conversationId);
}

function noteUnread(tenantId: string, error: EarshotError, edges: Edges): EarshotError {
  edges.log.warn(
    { tenantId, code: error.code, reason: error.message },
    "what to listen to could not be read",
  );
  return error;
}
