/** One look at a tenant: what is wanted, what is there, what is to be done, and what became of it. */
import type { Edges } from "../edges.ts";
import { toEarshotError, type EarshotError } from "../errors.ts";
import type { GraphTenant } from "../graph/graph-client.ts";
import { listSubscriptions } from "../graph/subscription-calls.ts";
import type { HeardConversation } from "../storage/heard-conversation.ts";
import type { Storage } from "../storage/storage.ts";
import { carryOutAll, openSilences } from "./carry-out-all.ts";
import { describeDeafSpots } from "./deaf-spots.ts";
import { forgetConversations } from "./forget-conversations.ts";
import { keepConversations } from "./keep-conversations.ts";
import type { LookNeeds } from "./look-needs.ts";
import { planSubscriptions, readDueTime, type PlanState, type Wanted } from "./plan.ts";
import { fitQuota, preferBroad } from "./plan-quota.ts";
import { createPremises, type Premises } from "./premises.ts";
import type { TenantView } from "./tenant-view.ts";
import { readWishList } from "./wish-list.ts";
import type { WishList } from "./wishes.ts";

export interface LookResult {
  /** What another try may mend. */
  readonly failures: readonly EarshotError[];
  /** When there is something to do again, if nothing else happens; epoch ms. */
  readonly nextAt: number;
}

/** Whether all that we know of still stands, and nothing else of ours. */
const LIST_EVERY_MS = 24 * 60 * 60_000;
/** What nobody told of is found by looking: teams and the catalog are read anew as often. */
const LONGEST_MS = 12 * 60 * 60_000;
/** Where a team or the catalog may not be read: at first it may be a moment's trouble, later it is for a person to mend. */
const UNREAD_AT_FIRST_MS = 60_000;
const STILL_UNREAD_MS = 60 * 60_000;
/** Reads all that is kept of the tenant's conversations. */
const FORGET_EVERY_MS = 60 * 60_000;

/** Never throws. */
export async function look(
  tenantId: string,
  view: TenantView,
  needs: LookNeeds,
  stopping: AbortSignal,
): Promise<LookResult> {
  const { registry, storage, edges } = needs;
  const failures: EarshotError[] = [];
  const premises = createPremises();
  let plannedAt = edges.now();
  view.isAwaited = false;
  view.isStale = false;
  try {
    await registry.load(tenantId);
    const graph = needs.graph(tenantId);
    const wishes = await readWishes(tenantId, graph, view, needs, premises);
    for (const error of wishes.failures) failures.push(noteUnread(tenantId, error, edges));
    const { kept, overflow } = chooseWanted(wishes.wanted, tenantId, view, needs, premises);
    await relabel(kept, tenantId, needs);
    const listed = await listIfNeeded(tenantId, kept, graph, view, needs).catch((thrown: unknown) => {
      // What is due is done all the same.
      failures.push(noteUnread(tenantId, toEarshotError(thrown), edges));
      return null;
    });
    const { addresses, hasKey } = needs;
    const known = registry.list(tenantId);
    plannedAt = edges.now();
    const steps = planSubscriptions({ wanted: kept, known, listed, addresses, hasKey, now: plannedAt });
    failures.push(...(await carryOutAll(steps, { tenantId, graph, view, needs, stopping })));
    await keepConversations(wishes.conversations, { tenantId, view, needs });
    await openSilences({ tenantId, view, needs });
    if (failures.length === 0 && edges.now() - view.forgotAt >= FORGET_EVERY_MS) {
      view.forgotAt = edges.now();
      await forgetConversations(wishes.conversations, {
        tenantId,
        records: registry.list(tenantId),
        storage,
      });
    }
    const readings = await readReadings(tenantId, wishes, storage);
    const spots = describeDeafSpots({ wishes, overflow, tenantId, refusals: view.refusals, ...readings });
    const text = JSON.stringify(spots);
    if (text !== view.spots) await storage.saveDeafSpots({ tenantId, spots });
    view.spots = text;
    view.unread = wishes.deaf.length > 0 ? view.unread + 1 : 0;
  } catch (thrown) {
    failures.push(noteUnread(tenantId, toEarshotError(thrown), edges));
  }
  if (!premises.stillHold() || view.isStale) return { failures, nextAt: plannedAt };
  const dueTimes = registry
    .list(tenantId)
    .filter(({ subscriptionId }) => subscriptionId !== null)
    .map((record) => readDueTime(record, needs.addresses));
  return { failures, nextAt: readNextLook(dueTimes, view, plannedAt) };
}

async function readWishes(
  tenantId: string,
  graph: GraphTenant,
  view: TenantView,
  needs: LookNeeds,
  premises: Premises,
): Promise<WishList> {
  const { teamsAppId, botId, listen, chatSubscriptions, edges } = needs;
  return readWishList({
    ...{ tenantId, graph, teamsAppId, botId, listen, chatSubscriptions },
    places: await needs.storage.listPlaces({ tenantId }),
    known: needs.registry.list(tenantId),
    catalog: view.catalog,
    sheets: view.sheets,
    // Asked for again, it is refused until Graph says otherwise: what is heard instead is heard on.
    isRefused: (resource) => premises.suppose(() => view.refusals.find(resource) !== undefined),
    now: edges.now(),
  });
}

function chooseWanted(
  wished: readonly Wanted[],
  tenantId: string,
  view: TenantView,
  { registry, edges, quota }: LookNeeds,
  premises: Premises,
): ReturnType<typeof fitQuota> {
  // One that Graph has just dropped is made anew: only where it is refused do the others come back.
  const stands = (resource: string) =>
    premises.suppose(
      () =>
        view.refusals.find(resource) === undefined &&
        registry.listOf(tenantId, resource).some(({ subscriptionId }) => subscriptionId !== null),
    );
  const fitted = fitQuota(preferBroad(wished, stands, quota.warnFrom), quota.most);
  if (fitted.kept.length >= quota.warnFrom && !view.isWarned) {
    view.isWarned = true;
    edges.log.warn(
      { tenantId, wanted: wished.length, overflow: fitted.overflow.length },
      "near the number of subscriptions that an organisation may have over all apps; consent to ChannelMessage.Read.All makes one do for all channels",
    );
  }
  return fitted;
}

/** Teams and channels change their names, and what is wanted may be wanted for another reason. */
async function relabel(wanted: readonly Wanted[], tenantId: string, { registry }: LookNeeds): Promise<void> {
  const listOthers = () =>
    wanted.flatMap(({ resource, label, wantedBy }) =>
      registry
        .listOf(tenantId, resource)
        .filter((record) => record.label !== label || record.wantedBy !== wantedBy)
        .map((record) => ({ ...record, label, wantedBy })),
    );
  if (listOthers().length === 0) return;
  // What is wanted took a while to read: another instance may have written meanwhile.
  await registry.load(tenantId);
  for (const record of listOthers()) await registry.save(record);
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

/** What was overdue when it was planned was tried: when it is tried again, its failure says. */
function readNextLook(dueTimes: readonly number[], view: TenantView, plannedAt: number): number {
  const patienceMs = Math.min(STILL_UNREAD_MS, UNREAD_AT_FIRST_MS * 2 ** view.unread);
  const times = [
    ...dueTimes,
    ...view.refusals.listTimes(),
    view.listedAt + LIST_EVERY_MS,
    plannedAt + (view.unread > 0 ? patienceMs : LONGEST_MS),
  ];
  // Not Math.min(...): there may be more of them than a call takes arguments.
  return times.filter((time) => time > plannedAt).reduce((a, b) => Math.min(a, b), Infinity);
}

/** What became of reading, where there is anything that may have to be polled at all. */
async function readReadings(
  tenantId: string,
  { conversations }: WishList,
  storage: Pick<Storage, "listConversations">,
): Promise<Pick<Parameters<typeof describeDeafSpots>[0], "isUnreadable" | "isPolled">> {
  const isAnyDoubtful = conversations.some(({ isDoubtful }) => isDoubtful);
  const known = isAnyDoubtful ? await storage.listConversations({ tenantId }) : [];
  const choose = (fits: (conversation: HeardConversation) => boolean) =>
    new Set<string | null>(known.filter(fits).map(({ conversationId }) => conversationId));
  const refused = choose(({ fault }) => fault === "graph-forbidden");
  const polled = choose(({ pollMs }) => pollMs !== null);
  return { isUnreadable: (id) => refused.has(id), isPolled: (id) => polled.has(id) };
}

function noteUnread(tenantId: string, error: EarshotError, edges: Edges): EarshotError {
  edges.log.warn(
    { tenantId, code: error.code, reason: error.message },
    "what to listen to could not be read",
  );
  return error;
}
