/** Trouble with calls to Microsoft's services, as the dice have it: in front of the handlers, by what is called. */
import type { Edges } from "../edges.ts";
import { ApiFault } from "./api-fault.ts";
import type { ApiAnswer, ApiArea, ApiHandler, ApiRequest, ApiRoutes } from "./api-route.ts";
import type { CallChance, CallFaults, FaultDice, Faults, FaultThrow } from "./faults.ts";
import { tooManyRequests } from "./graph-limits.ts";

type CallFault = keyof CallFaults;
/** What the dice know of one service; which groups it has is checked where the faults are written. */
type ServiceFaults = Readonly<Record<string, CallFaults | boolean | undefined>>;
interface Service {
  readonly readFaults: (faults: Faults) => ServiceFaults | undefined;
  /** Of a route by its name, the method in front; the first that fits. */
  readonly groups: readonly (readonly [group: string, fits: RegExp])[];
  /** What a row of dice is called by. */
  readonly row: string;
  readonly refuse: (status: number, retryAfterS?: number) => ApiFault;
}

export interface TroubleNeeds {
  readonly edges: Pick<Edges, "now" | "sleep">;
  readonly dice: FaultDice;
  /** Base URL of this listener. */
  readonly readUrl: () => string;
}

/** In the address of a call that was sent on: it comes back as the same call, and gets through. */
const MARK = "sent-on";
const HANG_UP: ApiAnswer = { hangsUp: true };
/** In the order of throwing. */
const FAULTS: readonly CallFault[] = [
  ...(["throttleCall", "throttleCallBare", "refuseCall500", "refuseCall503"] as const),
  ...(["cutCall", "takeAndCutCall", "redirectCall", "refuseCall502", "refuseCall504", "hangCall"] as const),
];
const STATUSES = { refuseCall500: 500, refuseCall502: 502, refuseCall503: 503, refuseCall504: 504 } as const;

const METADATA_GROUPS: Service["groups"] = [
  ["metadata", /\.well-known\/openid-?configuration$/],
  ["keys", /\/keys$/],
];
const SERVICES: Readonly<Partial<Record<ApiArea, Service>>> = {
  graph: {
    readFaults: ({ graph }) => graph,
    groups: [
      ["subscriptions", / \/[^/]+\/subscriptions(\/|$)/],
      ["messages", /\/messages(\/|$)/],
      ["channels", /\/channels$/],
    ],
    row: "call",
    refuse: refuseAsGraph,
  },
  connector: {
    readFaults: ({ connector }) => connector,
    groups: [
      ["members", /members(\/|$)/],
      ["activities", /\/activities(\/|$)/],
      ["conversations", /\/conversations$/],
    ],
    row: "connector call",
    refuse: refuseAsConnector,
  },
  entra: {
    readFaults: ({ entra }) => entra,
    groups: [["tokens", /\/token$/], ...METADATA_GROUPS],
    row: "entra call",
    refuse: refuseAsEntra,
  },
  "bot-login": {
    readFaults: ({ botLogin }) => botLogin,
    groups: METADATA_GROUPS,
    row: "bot-login call",
    refuse: refuseAsConnector,
  },
};

/** The same routes, with trouble where it is asked for. What is refused so counts toward no limit. */
export function troubleRoutes({ area, handlers }: ApiRoutes, needs: TroubleNeeds): ApiRoutes {
  const service = SERVICES[area];
  if (!service) return { area, handlers };
  const { edges, dice, readUrl } = needs;
  /** Marks of calls that were sent on and have not come back. */
  const sentOn = new Set<string>();
  let lastMark = 0;
  dice.onSet(() => sentOn.clear());

  const trouble =
    (group: string, handle: ApiHandler): ApiHandler =>
    async (asked) => {
      const { request, mark } = takeMark(asked);
      const current = dice.current();
      const faults = current && service.readFaults(current);
      if (!faults) return handle(request);
      if (faults.outage) {
        dice.count("outage");
        throw service.refuse(503);
      }
      if (mark !== null && sentOn.delete(mark)) return handle(request);
      const own = { ...(faults.all as CallFaults), ...(faults[group] as CallFaults) };
      const thrown = dice.next(`${service.row} ${group}`);
      const fault = FAULTS.find((name) => falls(thrown, name, own));
      if (fault === undefined) return handle(request);
      // What is refused anyway is not taken, and is answered.
      if (fault === "takeAndCutCall") await handle(request);
      dice.count(fault);
      switch (fault) {
        case "throttleCall":
          throw service.refuse(429, readWaitS(own.throttleCall));
        case "throttleCallBare":
          throw service.refuse(429);
        case "refuseCall500":
        case "refuseCall502":
        case "refuseCall503":
        case "refuseCall504":
          throw service.refuse(STATUSES[fault]);
        case "redirectCall": {
          const next = String((lastMark += 1));
          sentOn.add(next);
          return { status: 307, headers: { location: formatAddress(request, next, readUrl()) } };
        }
        case "hangCall":
          await edges.sleep(own.hangCall?.ms ?? 0);
          return HANG_UP;
        case "cutCall":
        case "takeAndCutCall":
          return HANG_UP;
      }
    };

  function falls(thrown: FaultThrow, name: CallFault, own: CallFaults): boolean {
    const chance: CallChance = (name === "hangCall" ? own.hangCall?.chance : own[name]) ?? 0;
    return typeof chance === "number" ? thrown.falls(name, chance) : edges.now() < chance.untilAt;
  }

  function readWaitS(chance: CallChance | undefined): number {
    return Math.ceil((typeof chance === "object" ? chance.untilAt - edges.now() : 1_000) / 1_000);
  }

  return {
    area,
    handlers: Object.fromEntries(
      Object.entries(handlers).map(([name, handle]) => {
        const [group = "other"] = service.groups.find(([, fits]) => fits.test(name)) ?? [];
        return [name, trouble(group, handle)];
      }),
    ),
  };
}

/** Absolute, as Graph's own links are. */
function formatAddress({ path, query }: ApiRequest, mark: string, url: string): string {
  const marked = new URLSearchParams([...query, [MARK, mark]]);
  return `${url}${path}?${marked.toString().replaceAll("%24", "$")}`;
}

/** Behind the trouble nobody sees it: it would stay in the links to further pages. */
function takeMark(asked: ApiRequest): { readonly request: ApiRequest; readonly mark: string | null } {
  const mark = asked.query.get(MARK);
  if (mark === null) return { request: asked, mark };
  const query = new URLSearchParams(asked.query);
  query.delete(MARK);
  return { request: { ...asked, query }, mark };
}

function refuseAsGraph(status: number, retryAfterS?: number): ApiFault {
  if (status === 429) return tooManyRequests(retryAfterS);
  if (status === 500) {
    return new ApiFault(500, "InternalServerError", "An internal server error occurred.");
  }
  const code = { 502: "BadGateway", 504: "GatewayTimeout" }[status] ?? "ServiceUnavailable";
  return new ApiFault(status, code, "The service is temporarily unavailable.");
}

function refuseAsConnector(status: number, retryAfterS?: number): ApiFault {
  if (status !== 429) return new ApiFault(status, "ServiceError", "Unknown error.");
  return new ApiFault(429, "Throttled", "Too many requests.", undefined, retryAfterS);
}

/** Source: https://learn.microsoft.com/entra/identity-platform/reference-error-codes */
function refuseAsEntra(status: number, retryAfterS?: number): ApiFault {
  const [message, number] =
    status === 429
      ? (["There are too many incoming requests.", 90055] as const)
      : (["A transient error has occurred. Please try again.", 90033] as const);
  return new ApiFault(status, "temporarily_unavailable", message, number, retryAfterS);
}
