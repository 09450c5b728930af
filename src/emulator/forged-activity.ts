/** Activities that Bot Framework never sent: each is its own in all but one thing. */
import { formatV1Issuer } from "./tokens.ts";
import type { TokenForge } from "./token-forge.ts";

/** What Teams would post of a message that nobody wrote, and what a forger has to change it. */
export interface RealActivity {
  readonly activity: Readonly<Record<string, unknown>>;
  readonly tenantId: string;
  readonly tokens: TokenForge;
  readonly randomId: () => string;
}

export interface ForgedActivity {
  readonly body: object;
  /** Null: there is no `Authorization`. */
  readonly token: string | null;
}

type Forge = (real: RealActivity) => ForgedActivity | Promise<ForgedActivity>;

const FOREIGN_SERVICE_URL = "https://smba.example/amer/";

const vouchedBy =
  (make: (tokens: TokenForge, real: RealActivity) => Promise<string> | string): Forge =>
  async (real) => ({ body: real.activity, token: await make(real.tokens, real) });

const ACTIVITIES = {
  /** The twin of all others: nothing is wrong with it but that it is not Bot Framework's. */
  "genuine-activity": vouchedBy(({ sign, claims }) => sign(claims)),
  "unsigned-activity": ({ activity }) => ({ body: activity, token: null }),
  "activity-with-an-unsigned-token": vouchedBy(({ leaveUnsigned, claims }) => leaveUnsigned(claims)),
  "activity-for-another-app": vouchedBy(({ sign, claims }, real) =>
    sign({ ...claims, aud: real.randomId() }),
  ),
  /** The token is for the place that it came from; who answers the activity goes elsewhere. */
  "activity-with-a-foreign-service-url": async ({ activity, tokens }) => ({
    body: { ...activity, serviceUrl: FOREIGN_SERVICE_URL },
    token: await tokens.sign(tokens.claims),
  }),
  /** Token and activity agree, on a host that is none of Teams'. */
  "activity-from-a-foreign-host": async ({ activity, tokens }) => ({
    body: { ...activity, serviceUrl: FOREIGN_SERVICE_URL },
    token: await tokens.sign(tokens.claimsOf(FOREIGN_SERVICE_URL)),
  }),
  "activity-from-another-channel": async ({ activity, tokens }) => ({
    body: { ...activity, channelId: "webchat" },
    token: await tokens.sign(tokens.claims),
  }),
  "expired-activity": vouchedBy(({ sign, claims, past }) => sign({ ...claims, ...past })),
  "activity-of-wrong-issuer": vouchedBy(({ sign, claims }, { tenantId }) =>
    sign({ ...claims, iss: formatV1Issuer(tenantId) }),
  ),
  "activity-signed-by-a-stranger": vouchedBy(({ signAsStranger, claims }) => signAsStranger(claims)),
  "activity-with-a-borrowed-key-id": vouchedBy(({ signWithBorrowedId, claims }) =>
    signWithBorrowedId(claims),
  ),
} as const satisfies Record<string, Forge>;

export type ActivityForgery = keyof typeof ACTIVITIES;
export const ACTIVITY_FORGERIES = Object.keys(ACTIVITIES) as readonly ActivityForgery[];

export async function forgeActivity(kind: ActivityForgery, real: RealActivity): Promise<ForgedActivity> {
  return ACTIVITIES[kind](real);
}
