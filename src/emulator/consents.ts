/** The application permissions that each organisation's administrators consented to. */
import { ApiFault } from "./api-fault.ts";
import type { Organisation } from "./tenant-model.ts";

export interface Consents {
  /** A token carries what stood when it was issued; Graph looks at what stands now for what it sends by itself. */
  listRoles(organisationId: string): readonly string[];
  grant(organisationId: string, role: string): void;
  /** Throws 409 for what nobody consented to. */
  withdraw(organisationId: string, role: string): void;
}

/** `roles`: what every one of them consented to at the start. */
export function createConsents(organisations: readonly Organisation[], roles: readonly string[]): Consents {
  const rolesById = new Map(organisations.map(({ id }) => [id, new Set(roles)]));
  const readRoles = (organisationId: string) => rolesById.get(organisationId) ?? new Set<string>();
  return {
    listRoles: (organisationId) => [...readRoles(organisationId)],
    grant: (organisationId, role) => void readRoles(organisationId).add(role),
    withdraw(organisationId, role) {
      if (readRoles(organisationId).delete(role)) return;
      throw new ApiFault(409, "Conflict", `There is no consent to ${role} that could be withdrawn.`);
    },
  };
}
