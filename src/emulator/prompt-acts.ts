/** The acts of which the bot is told, for who waits at the other end of a call: they do not wait for what is repeated. */
import type { Edges } from "../edges.ts";
import type { AdminActs } from "./admin-acts.ts";
import type { MemberActs } from "./member-acts.ts";
import type { Courier, Delivery } from "./courier.ts";
import type { HoldingOutbox } from "./holding-outbox.ts";
import type { Notifier } from "./notifier.ts";
import type { TenantActs } from "./tenant-acts.ts";

export type PromptActs = Pick<TenantActs, "install" | "uninstall" | "installEverywhere"> &
  Pick<MemberActs, "addMember" | "removeMember"> &
  Pick<AdminActs, "upgrade" | "removeSubscription"> &
  Pick<Notifier, "sendLifecycle"> &
  Pick<Courier, "deliverAgain">;

/** Longer than a first attempt may take. What is delayed, or waits for a slow host, is not tried in it either. */
const LONGEST_MS = 20_000;

/**
 * The same acts. Each resolves when it is done and all that it posts was tried once, or is held back; a delivery is
 * answered as it stands then. What fails is tried again all the same, for as long as Graph and Teams do.
 */
export function createPromptActs(
  acts: PromptActs,
  needs: {
    /** Whose sleep ends with the tenant. */
    readonly edges: Pick<Edges, "sleep">;
    readonly courier: Pick<Courier, "deliveries" | "onDelivery">;
    readonly outbox: Pick<HoldingOutbox, "listHeld">;
  },
): PromptActs {
  const { edges, courier, outbox } = needs;

  /** Every act posts before it first waits, so that what it has begun is known when it has been called. */
  async function run<Result>(act: () => Promise<Result>, readResult: (begun: Delivery) => Result) {
    const last = courier.deliveries.at(-1)?.index ?? -1;
    const heldBefore = new Set(outbox.listHeld());
    const done = act();
    const before = courier.deliveries.findLastIndex(({ index }) => index <= last);
    const posted = courier.deliveries.slice(before + 1);
    const begun = [...posted, ...outbox.listHeld().filter((one) => !heldBefore.has(one))].at(-1);
    if (begun === undefined) return done;
    return Promise.race([done, whenTried(posted).then(() => readResult(begun))]);
  }

  async function whenTried(deliveries: readonly Delivery[]): Promise<void> {
    const settled = new AbortController();
    const isTried = () =>
      deliveries.every(({ attempts, state }) => attempts.length > 0 || state !== "pending");
    const stopListening = courier.onDelivery(() => isTried() && settled.abort());
    if (!isTried()) await edges.sleep(LONGEST_MS, settled.signal);
    stopListening();
  }

  const tell = (act: () => Promise<void>): Promise<void> => run(act, () => undefined);
  const show = (act: () => Promise<Delivery>): Promise<Delivery> => run(act, (begun) => begun);
  return {
    install: (place) => tell(() => acts.install(place)),
    uninstall: (place) => tell(() => acts.uninstall(place)),
    installEverywhere: () => tell(acts.installEverywhere),
    addMember: (request) => tell(() => acts.addMember(request)),
    removeMember: (request) => tell(() => acts.removeMember(request)),
    upgrade: (place, rscPermissions) => tell(() => acts.upgrade(place, rscPermissions)),
    removeSubscription: (id, how) => tell(() => acts.removeSubscription(id, how)),
    sendLifecycle: (id, event) => show(() => acts.sendLifecycle(id, event)),
    deliverAgain: (index) => show(() => acts.deliverAgain(index)),
  };
}
