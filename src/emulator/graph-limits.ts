/**
 * How often one app may call Graph: so many within a sliding window, over all tenants, in one, and for one resource.
 * Source: https://learn.microsoft.com/graph/throttling-limits
 */
import { ApiFault } from "./api-fault.ts";
import type { ApiHandler, ApiRequest, ApiRoutes } from "./api-route.ts";

interface Rule {
  /** `METHOD /path` after the version; the first group, where there is one, is the resource. */
  readonly calls: RegExp;
  readonly windowMs: number;
  readonly app: number;
  readonly tenant: number;
  readonly resource?: number;
}

const SUBSCRIPTIONS = { windowMs: 20_000, app: 2_000, tenant: 500 };
const A_SECOND = { windowMs: 1_000 };

/** The first that fits. */
const RULES: readonly Rule[] = [
  { calls: /^GET \/subscriptions$/, windowMs: 20_000, app: 40, tenant: 25 },
  { calls: /^POST \/subscriptions\/[^/]+\/reauthorize$/, windowMs: 20_000, app: 4_000, tenant: 1_000 },
  { calls: /^GET \/subscriptions\//, ...SUBSCRIPTIONS },
  { calls: /^\w+ \/subscriptions/, ...SUBSCRIPTIONS },
  { calls: hostedContents(/\/[^/]+\/\$value$/), ...A_SECOND, app: 600, tenant: 60, resource: 1 },
  { calls: hostedContents(/(?:\/|$)/), ...A_SECOND, app: 500, tenant: 50, resource: 1 },
  {
    calls: /^GET \/teams\/[^/]+\/channels\/([^/]+)\/messages/,
    ...A_SECOND,
    app: 200,
    tenant: 20,
    resource: 1,
  },
  { calls: /^GET \/chats\/([^/]+)\/messages/, ...A_SECOND, app: 200, tenant: 20, resource: 1 },
  { calls: /^GET \/teams\/([^/]+)\/channels$/, ...A_SECOND, app: 1_200, tenant: 60, resource: 4 },
  { calls: /^GET \/teams\/([^/]+)$/, ...A_SECOND, app: 1_500, tenant: 30, resource: 4 },
  { calls: /^GET \/\w+\/([^/]+)\/permissionGrants$/, ...A_SECOND, app: 1_500, tenant: 30, resource: 1 },
  { calls: /^GET \/\w+\/([^/]+)\/installedApps/, ...A_SECOND, app: 1_500, tenant: 30, resource: 1 },
  { calls: /^GET \/chats\/([^/]+)/, ...A_SECOND, app: 1_500, tenant: 30, resource: 1 },
  { calls: /^GET \/teams\/[^/]+\/channels\/([^/]+)/, ...A_SECOND, app: 1_500, tenant: 30, resource: 1 },
  { calls: /^/, ...A_SECOND, app: 1_500, tenant: 30 },
];

/** Of messages and replies, in channels and chats. */
function hostedContents(end: RegExp): RegExp {
  return new RegExp(
    `^GET /(?:chats|teams/[^/]+/channels)/([^/]+)/messages/(?:[^/]+/)+hostedContents${end.source}`,
  );
}

/** Without a number it does not say when to come back, as Graph sometimes does not. */
export function tooManyRequests(retryAfterS?: number): ApiFault {
  return new ApiFault(429, "TooManyRequests", "Too many requests.", undefined, retryAfterS);
}

/**
 * Answers the same routes; what is called too often answers 429, and in how many seconds to come back. A call counts when
 * the door has believed its token, so that nobody else uses up what a tenant may.
 */
export function createGraphLimits(now: () => number): (routes: ApiRoutes) => ApiRoutes {
  const calls = new Map<string, number[]>();

  /** Milliseconds until one more fits; 0: now. */
  const readWaitMs = (name: string, most: number, windowMs: number): number => {
    const oldest = calls.get(name)?.at(-most);
    return oldest === undefined ? 0 : Math.max(0, oldest + windowMs - now());
  };

  const note = (name: string, most: number): void => {
    const times = calls.get(name) ?? [];
    times.push(now());
    // Twice as many as count, so that they are seldom cut.
    if (times.length > 2 * most + 16) times.splice(0, times.length - most);
    calls.set(name, times);
  };

  const demandRoom = (request: ApiRequest, tenantId: string): void => {
    const call = `${request.method} ${request.path.replace(/^\/[^/]+/, "")}`;
    const index = RULES.findIndex((rule) => rule.calls.test(call));
    const rule = RULES[index];
    if (!rule) return;
    const resource = rule.calls.exec(call)?.[1];
    const counted: readonly (readonly [string, number])[] = [
      [`${index}`, rule.app],
      [`${index} ${tenantId}`, rule.tenant],
      ...(rule.resource && resource ? [[`${index} ${resource}`, rule.resource] as const] : []),
    ];
    const waitMs = Math.max(...counted.map(([name, most]) => readWaitMs(name, most, rule.windowMs)));
    if (waitMs > 0) throw tooManyRequests(Math.ceil(waitMs / 1_000));
    for (const [name, most] of counted) note(name, most);
  };

  const limit =
    (handle: ApiHandler): ApiHandler =>
    (request) => {
      let isCounted = false;
      const countCall = (tenantId: string) => {
        if (isCounted) return;
        demandRoom(request, tenantId);
        isCounted = true;
      };
      return handle({ ...request, countCall });
    };
  return ({ area, handlers }) => ({
    area,
    handlers: Object.fromEntries(Object.entries(handlers).map(([name, handle]) => [name, limit(handle)])),
  });
}
