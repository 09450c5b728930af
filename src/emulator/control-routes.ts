/** The control API: what a test or a window can see and do in the tenant, from any language. */
import {
  parseJsonBody,
  readParameter,
  type ApiHandler,
  type ApiRequest,
  type ApiRoutes,
} from "./api-route.ts";
import type { ControlActs } from "./control-acts.ts";
import { parseFaults } from "./control-shapes.ts";
import type { ControlState } from "./control-state.ts";
import type { FaultDice } from "./faults.ts";
import { guardLoopback } from "./guard-loopback.ts";

const CONTROL_HEADER = "x-earshot-control";

/** JSON in and out; writes need the header `x-earshot-control: 1`. An empty body means no arguments. */
export function createControlRoutes(needs: {
  readonly readState: () => ControlState;
  readonly dice: Pick<FaultDice, "set" | "current">;
  readonly readActs: () => ControlActs;
}): ApiRoutes {
  const { readState, dice, readActs } = needs;
  const guard = (handle: ApiHandler) => guardLoopback(handle, CONTROL_HEADER);
  return {
    area: "control",
    handlers: {
      "GET /control/state": guard(() => ({
        ...{ status: 200, json: readState(), headers: { "cache-control": "no-store" } },
      })),
      "PUT /control/faults": guard((request) => {
        dice.set(parseFaults(parseJsonBody(request, "BadRequest")));
        return { status: 200, json: { result: dice.current() } };
      }),
      "POST /control/acts/:act": guard(async (request) => {
        const result = await readActs().run(readParameter(request, "act"), readArguments(request));
        return { status: 200, json: { result: result ?? null } };
      }),
    },
  };
}

function readArguments(request: ApiRequest): unknown {
  return request.body.length === 0 ? {} : parseJsonBody(request, "BadRequest");
}
