/** Trouble with calls to Graph, as the dice and the outage have it: in front of the handlers, by what is called. */
import type { Edges } from "../edges.ts";
import { ApiFault } from "./api-fault.ts";
import type { ApiAnswer, ApiHandler, ApiRoutes } from "./api-route.ts";
import type { CallChance, CallFaults, CallGroup, FaultDice, FaultThrow } from "./faults.ts";
import { tooManyRequests } from "./graph-limits.ts";

type CallFault = keyof CallFaults;

const HANG_UP: ApiAnswer = { hangsUp: true };
/** In the order of throwing. */
const FAULTS: readonly CallFault[] = [
  ...(["throttleCall", "throttleCallBare", "refuseCall500", "refuseCall503"] as const),
  ...(["cutCall", "takeAndCutCall"] as const),
];

/** The same routes, with trouble where it is asked for. What is refused so counts toward no limit. */
export function troubleRoutes(
  { area, handlers }: ApiRoutes,
  { edges, dice }: { readonly edges: Pick<Edges, "now">; readonly dice: FaultDice },
): ApiRoutes {
  const trouble =
    (group: CallGroup | null, handle: ApiHandler): ApiHandler =>
    async (request) => {
      const faults = dice.current()?.graph;
      if (!faults) return handle(request);
      if (faults.outage) {
        dice.count("outage");
        throw new ApiFault(503, "ServiceUnavailable", "The service is temporarily unavailable.");
      }
      const own = { ...faults.all, ...(group ? faults[group] : {}) };
      const thrown = dice.next(`call ${group ?? "other"}`);
      const fault = FAULTS.find((name) => falls(thrown, name, own[name]));
      if (fault === undefined) return handle(request);
      return suffer(fault, own[fault], () => handle(request));
    };

  function falls(thrown: FaultThrow, name: CallFault, chance: CallChance = 0): boolean {
    return typeof chance === "number" ? thrown.falls(name, chance) : edges.now() < chance.untilAt;
  }

  async function suffer(
    fault: CallFault,
    chance: CallChance | undefined,
    act: () => ApiAnswer | Promise<ApiAnswer>,
  ): Promise<ApiAnswer> {
    // What is refused anyway is not taken, and is answered.
    if (fault === "takeAndCutCall") await act();
    dice.count(fault);
    switch (fault) {
      case "throttleCall": {
        const leftMs = typeof chance === "object" ? chance.untilAt - edges.now() : 1_000;
        throw tooManyRequests(Math.ceil(leftMs / 1_000));
      }
      case "throttleCallBare":
        throw tooManyRequests();
      case "refuseCall500":
        throw new ApiFault(500, "InternalServerError", "An internal server error occurred.");
      case "refuseCall503":
        throw new ApiFault(503, "ServiceUnavailable", "The service is temporarily unavailable.");
      case "cutCall":
      case "takeAndCutCall":
        return HANG_UP;
    }
  }

  return {
    area,
    handlers: Object.fromEntries(
      Object.entries(handlers).map(([name, handle]) => [name, trouble(readGroup(name), handle)]),
    ),
  };
}

/** By the name of the route, the method in front. */
function readGroup(name: string): CallGroup | null {
  if (/ \/[^/]+\/subscriptions(\/|$)/.test(name)) return "subscriptions";
  if (/\/messages(\/|$)/.test(name)) return "messages";
  return name.endsWith("/channels") ? "channels" : null;
}
