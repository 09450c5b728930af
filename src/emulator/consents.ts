/** The application permissions that each organisation's administrators consented to. */
import type { Organisation } from "./tenant-model.ts";

export interface Consents {
  /** A token carries what stood when it was issued; Graph looks at what stands now for what it sends by itself. */
  listRoles(organisationId: string): readonly string[];
  grant(organisationId: string, role: string): void;
  withdraw(organisationId: string, role: string): void;
}

/** `roles`: what every one of them consented to at the start. */
export function createConsents(organisations: readonly Organisation[], roles: readonly string[]): Consents {
  const rolesById = new Map(organisations.map(({ id }) => [id, new Set(roles)]));
  const readRoles = (organisationId: string) => rolesById.get(organisationId) ?? new Set<string>();
  return {
    listRoles: (organisationId) => [...readRoles(organisationId)],
    grant: (organisationId, role) => void readRoles(organisationId).add(role),
    withdraw: (organisationId, role) => void readRoles(organisationId).delete(role),
  };
}
