/** A plan, step by step, as many at once as is good for Graph; what is refused is noted. */
import { toEarshotError, type EarshotError } from "../errors.ts";
import type { GraphTenant } from "../graph/graph-client.ts";
import { carryOut } from "./carry-out.ts";
import { inParallel } from "./in-parallel.ts";
import { openSilence } from "./keep-conversations.ts";
import type { LookNeeds } from "./look-needs.ts";
import type { Step, Wanted } from "./plan.ts";
import { readResourceScope } from "./resource-scope.ts";
import type { Silence, TenantView } from "./tenant-view.ts";

/** Each waits for two handshakes with us; more at once would only wait for Graph's limits. */
const AT_ONCE = 16;
/** So many failures in a row are Graph's trouble, not that of one subscription. */
const MOST_IN_A_ROW = 8;
const MOST_THROTTLED = 20;
/** In a tenant with thousands of channels others wait no longer than this, whatever is left to do. */
const AT_LEAST_MS = 5_000;
/** What the log says of a step that was carried out. */
const DONE: Readonly<Record<Step["kind"], string>> = {
  create: "subscribed",
  adopt: "subscription taken over",
  renew: "subscription renewed",
  replace: "subscribed anew",
  delete: "unsubscribed",
  "delete-orphan": "stray subscription removed",
};

interface Context {
  readonly tenantId: string;
  readonly graph: GraphTenant;
  readonly view: TenantView;
  readonly needs: LookNeeds;
  readonly stopping: AbortSignal;
}

/** Answers what another try may mend. Never throws. */
export async function carryOutAll(steps: readonly Step[], context: Context): Promise<EarshotError[]> {
  const { tenantId, view, needs, stopping } = context;
  const failures: EarshotError[] = [];
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
      view.failed.delete(resource);
      if (since !== null) noteSilence({ resource, since }, view);
      const fields = { tenantId, label: subject.label, reason: step.reason };
      needs.edges.log.info(fields, DONE[step.kind]);
      await openSilences(context);
    } catch (thrown) {
      const error = toEarshotError(thrown);
      if (error.disposition === "retry") {
        inARow += 1;
        failures.push(error);
        view.failed.add(resource);
      }
      noteFailure(step, error, context);
    }
  };
  const urgent = new Set(view.urgent);
  for (const batch of orderSteps(steps, urgent, view.failed)) await inParallel(batch, AT_ONCE, run);
  if (!isOver()) for (const teamId of urgent) view.urgent.delete(teamId);
  return failures;
}

/** What a watch on a team did not tell is known by reading the team. */
function noteSilence(silence: Silence, view: TenantView): void {
  view.silences = [...view.silences, silence];
  const scope = readResourceScope(silence.resource);
  if (scope?.kind !== "team-channels" && scope?.kind !== "team") return;
  view.sheets.forget(scope.teamId);
  view.isStale = true;
}

/** What is not written down stays, and the next look writes it. */
export async function openSilences({
  tenantId,
  view,
  needs,
}: Omit<Context, "graph" | "stopping">): Promise<void> {
  for (const silence of view.silences) {
    await openSilence(silence, { tenantId, needs });
    view.silences = view.silences.filter((each) => each !== silence);
  }
}

/**
 * What goes makes room for what comes; what changed just now comes before what was left over, and what failed last time
 * after that, or it would stand before it for ever.
 */
function orderSteps(
  steps: readonly Step[],
  urgent: ReadonlySet<string>,
  failed: ReadonlySet<string>,
): Step[][] {
  const hasFailed = (step: Step) => failed.has(readSubject(step).resource);
  const isDelete = ({ kind }: Step) => kind === "delete" || kind === "delete-orphan";
  const isUrgent = (step: Step) => {
    const scope = readResourceScope(readSubject(step).resource);
    return scope !== null && "teamId" in scope && urgent.has(scope.teamId);
  };
  const others = steps.filter((step) => !isDelete(step));
  const rest = others.filter((step) => !isUrgent(step));
  return [
    steps.filter(isDelete),
    others.filter(isUrgent),
    rest.filter((step) => !hasFailed(step)),
    rest.filter(hasFailed),
  ];
}

/** Graph says when it may be asked again, and the client waits for that: nothing was done, so it is asked again. */
async function carryOutPatiently(
  step: Step,
  { tenantId, graph, needs, stopping }: Context,
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

function noteFailure(step: Step, error: EarshotError, { tenantId, view, needs }: Context): void {
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
  // The same refusal every hour is no news; nor is what is read instead, which is told where that begins.
  const isNews = known !== refusal.reason && refusal.state !== "polled";
  log[isNews ? "warn" : "debug"](explained, "a subscription could not be kept");
}

function readSubject(step: Step): Pick<Wanted, "label" | "resource" | "api"> {
  if (step.kind === "delete-orphan") {
    const { resource } = step.listed;
    return { label: resource, resource, api: "v1.0" };
  }
  return "wanted" in step ? step.wanted : step.record;
}
