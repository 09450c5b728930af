/** The tenant at a glance, for whoever controls it. */
import type { Consents } from "./consents.ts";
import type { Directory } from "./directory.ts";
import type { FaultCounts, FaultDice, Faults } from "./faults.ts";
import type { Installations } from "./installations.ts";
import type { SigningKeys } from "./signing-keys.ts";
import type { SubscriptionBook } from "./subscription-book.ts";
import type { SubscriptionResource } from "./subscription-resource.ts";
import type { ValidationTokenForm } from "./tokens.ts";

interface ControlPlace {
  readonly id: string;
  readonly name: string;
  readonly isInstalled: boolean;
}

export interface ControlState {
  /** By the tenant's clock, ISO 8601. */
  readonly now: string;
  /** Of the trouble that is being made; null: none is. */
  readonly seed: number | null;
  readonly faults: Faults | null;
  /** How often each fault was really made since the start. */
  readonly faultCounts: FaultCounts;
  readonly organisations: readonly {
    readonly id: string;
    readonly name: string;
    readonly appRoles: readonly string[];
    readonly teams: readonly ControlPlace[];
    readonly chats: readonly ControlPlace[];
  }[];
  /** The live ones. `heldBack`: Graph delivers late, or not at all, to an endpoint that answers badly. */
  readonly subscriptions: readonly (SubscriptionResource & {
    readonly organisationId: string;
    readonly heldBack: "slow" | "drop" | null;
  })[];
  readonly signing: {
    /** Of the tokens in notification batches. */
    readonly form: ValidationTokenForm;
    /** Ids of the published keys; the last one signs. */
    readonly keys: { readonly entra: readonly string[]; readonly botFramework: readonly string[] };
  };
  /** What talks by itself; null: nobody does. */
  readonly traffic: TrafficState | null;
  /** Names for `POST /control/acts/:act`. */
  readonly acts: readonly string[];
}

export interface TrafficState {
  readonly seed: number;
  readonly perMinute: number;
  /** ISO 8601; null: until it is stopped. */
  readonly until: string | null;
}

export interface ControlStateNeeds {
  readonly now: () => number;
  readonly dice: Pick<FaultDice, "current" | "counts">;
  readonly directory: Pick<Directory, "customers">;
  readonly installations: Pick<Installations, "isInstalled">;
  readonly consents: Pick<Consents, "listRoles">;
  readonly subscriptions: Pick<SubscriptionBook, "listAll">;
  readonly readForm: () => ValidationTokenForm;
  readonly entraKeys: Pick<SigningKeys, "keySet">;
  readonly botFrameworkKeys: Pick<SigningKeys, "keySet">;
  readonly readHeldBack: (notificationUrl: string) => "slow" | "drop" | null;
  readonly readTraffic: () => TrafficState | null;
  readonly readActNames: () => readonly string[];
}

export function readControlState(needs: ControlStateNeeds): ControlState {
  const { dice, directory, installations, consents, subscriptions } = needs;
  const formatPlace = ({ id, name }: { readonly id: string; readonly name: string }): ControlPlace => ({
    ...{ id, name, isInstalled: installations.isInstalled(id) },
  });
  return {
    now: new Date(needs.now()).toISOString(),
    seed: dice.current()?.seed ?? null,
    faults: dice.current(),
    faultCounts: { ...dice.counts },
    organisations: directory.customers.map(({ id, name, teams, chats }) => ({
      ...{ id, name, appRoles: consents.listRoles(id) },
      ...{ teams: teams.map(formatPlace), chats: chats.map(formatPlace) },
    })),
    subscriptions: subscriptions.listAll().map(({ resource, organisationId }) => ({
      ...{ ...resource, organisationId, heldBack: needs.readHeldBack(resource.notificationUrl) },
    })),
    signing: {
      form: needs.readForm(),
      keys: { entra: listKeyIds(needs.entraKeys), botFramework: listKeyIds(needs.botFrameworkKeys) },
    },
    traffic: needs.readTraffic(),
    acts: needs.readActNames(),
  };
}

function listKeyIds({ keySet }: Pick<SigningKeys, "keySet">): string[] {
  return keySet.keys.map(({ kid }) => kid ?? "");
}
