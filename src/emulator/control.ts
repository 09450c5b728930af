/** Joins what goes wrong on demand with the API that asks for it; no logic. */
import type { ApiRoutes } from "./api-route.ts";
import { createControlActs, type ControlActs, type ControlNeeds } from "./control-acts.ts";
import { createControlRoutes } from "./control-routes.ts";
import { readControlState, type ControlStateNeeds } from "./control-state.ts";
import type { FaultDice } from "./faults.ts";
import { createForger, type ForgerNeeds } from "./forger.ts";
import type { TenantClock } from "./tenant-clock.ts";
import { createTroubleActs, type TroubleActs } from "./trouble-acts.ts";

export interface Control {
  readonly acts: TroubleActs;
  readonly routes: ApiRoutes;
}

export function createControl(
  needs: Omit<ForgerNeeds, "edges"> &
    Omit<ControlStateNeeds, "now" | "readForm" | "readActNames"> & {
      readonly clock: TenantClock;
      readonly dice: FaultDice;
      /** The rest of what can be done; asked when somebody does something. */
      readonly readActs: () => Omit<ControlNeeds, keyof TroubleActs>;
    },
): Control {
  const { clock, dice, tokens } = needs;
  const { edges } = clock;
  const acts = createTroubleActs({ ...needs, forge: createForger({ ...needs, edges }) });
  let table: ControlActs | null = null;
  const readTable = () => (table ??= createControlActs({ ...needs.readActs(), ...acts }));
  const stateNeeds: ControlStateNeeds = {
    ...{ ...needs, now: edges.now, readForm: tokens.readForm },
    readActNames: () => readTable().names,
  };
  const readState = () => readControlState(stateNeeds);
  return { acts, routes: createControlRoutes({ dice, readState, readActs: readTable }) };
}
