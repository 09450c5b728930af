/** What is decided over the bot's head: by administrators, by owners of a place, and by Graph itself. */
import { ApiFault } from "./api-fault.ts";
import type { Consents } from "./consents.ts";
import type { Directory } from "./directory.ts";
import { readTargetId, type Installations } from "./installations.ts";
import type { Notifier } from "./notifier.ts";
import type { SubscriptionBook } from "./subscription-book.ts";
import type { Organisation } from "./tenant-model.ts";

/** Organisations and places by id or name; each throws 404 where there is none, or where the app is not installed. */
export interface AdminActs {
  /** An administrator consents to an application permission: tokens issued from now on have it. */
  consent(organisation: string, role: string): void;
  /** Graph tells no more of what it was needed for; tokens that are out keep it until their end. */
  withdrawConsent(organisation: string, role: string): void;
  /** One resource-specific permission in one team or chat, at once. */
  withdrawGrant(place: string, permission: string): void;
  restoreGrant(place: string, permission: string): void;
  /**
   * The app is updated in one team or chat, and granted anew what its manifest asks for; resolves when the bot was told.
   * `rscPermissions`: another set than at the start.
   */
  upgrade(place: string, rscPermissions?: readonly string[]): Promise<void>;
  /** Graph drops a subscription, and says so unless `isSilent`; resolves when the bot was told. */
  removeSubscription(subscriptionId: string, how?: { readonly isSilent?: boolean }): Promise<void>;
}

export function createAdminActs(needs: {
  readonly directory: Directory;
  readonly installations: Installations;
  readonly consents: Consents;
  readonly subscriptions: SubscriptionBook;
  readonly sendLifecycle: Notifier["sendLifecycle"];
  /** Resolves when the bot was told of every installation up to now. */
  readonly whenTold: () => Promise<void>;
}): AdminActs {
  const { directory, installations, consents, subscriptions, sendLifecycle, whenTold } = needs;

  function demandOrganisation(idOrName: string): Organisation {
    const found = directory.customers.find(({ id, name }) => id === idOrName || name === idOrName);
    if (found) return found;
    throw new ApiFault(404, "NotFound", `There is no organisation "${idOrName}".`);
  }

  function changeGrants(place: string, change: (grants: readonly string[]) => readonly string[]): void {
    const id = readTargetId(directory.resolveTarget(place));
    installations.setGrants(id, change(installations.listGrants(id)));
  }

  return {
    consent: (organisation, role) => consents.grant(demandOrganisation(organisation).id, role),
    withdrawConsent: (organisation, role) => consents.withdraw(demandOrganisation(organisation).id, role),
    withdrawGrant: (place, permission) =>
      changeGrants(place, (grants) => grants.filter((one) => one !== permission)),
    restoreGrant: (place, permission) =>
      changeGrants(place, (grants) => [...grants.filter((one) => one !== permission), permission]),
    async upgrade(place, rscPermissions) {
      installations.upgrade(directory.resolveTarget(place), rscPermissions);
      await whenTold();
    },
    async removeSubscription(id, { isSilent = false } = {}) {
      if (!isSilent) return void (await sendLifecycle(id, "subscriptionRemoved"));
      if (!subscriptions.find(id)) throw new ApiFault(404, "NotFound", `There is no subscription ${id}.`);
      subscriptions.remove(id);
    },
  };
}
