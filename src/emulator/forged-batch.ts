/** Batches that Graph never sent: each is its own in all but one thing. */
import type { EncryptedContent } from "../wire/change-notification.ts";
import { flip } from "./poison.ts";
import type { TokenForge } from "./token-forge.ts";

/** What Graph would post of a message that nobody wrote, and what a forger has to change it. */
export interface RealBatch {
  readonly item: Readonly<Record<string, unknown>>;
  readonly content: EncryptedContent;
  readonly tenantId: string;
  /** Of another organisation, whose tokens are as good as this one's. */
  readonly otherTenantId: string;
  readonly tokens: TokenForge;
  readonly randomId: () => string;
  /** The same content for a key that is not the subscriber's, under the name of the one that is. */
  readonly sealForStranger: () => EncryptedContent;
  /** The last that Graph posted of a change, as it was. Throws 409 where there was none. */
  readonly readLast: () => object;
}

type Forge = (real: RealBatch) => object | Promise<object>;

/** With something else in the item. */
const altered =
  (change: (real: RealBatch) => object): Forge =>
  async (real) =>
    compose({ ...real.item, ...change(real) }, await real.tokens.sign(real.tokens.claims));

/** With another token. */
const vouchedBy =
  (make: (tokens: TokenForge, real: RealBatch) => Promise<string> | string): Forge =>
  async (real) =>
    compose(real.item, await make(real.tokens, real));

const sealed = (change: (real: RealBatch) => Partial<EncryptedContent>): Forge =>
  altered((real) => ({ encryptedContent: { ...real.content, ...change(real) } }));

const BATCHES = {
  /** The twin of all others: nothing is wrong with it but that it is not Graph's. */
  genuine: altered(() => ({})),
  "wrong-client-state": altered(() => ({ clientState: "not what was agreed" })),
  "no-client-state": altered(() => ({ clientState: undefined })),
  /** With a good token of that tenant: a forger may have one of his own. */
  "foreign-tenant": async (real) => {
    const { item, tokens, otherTenantId } = real;
    const token = await tokens.sign(tokens.claimsOf(otherTenantId));
    return compose({ ...item, tenantId: otherTenantId }, token);
  },
  "unknown-subscription": altered((real) => ({ subscriptionId: real.randomId() })),
  "no-validation-token": ({ item }) => ({ value: [item] }),
  "expired-token": vouchedBy(({ sign, claims, past }) => sign({ ...claims, ...past })),
  "token-of-another-app": vouchedBy(({ sign, claims }, real) => sign({ ...claims, aud: real.randomId() })),
  "token-of-another-tenant": vouchedBy(({ sign, claimsOf }, real) => sign(claimsOf(real.otherTenantId))),
  "token-of-another-publisher": vouchedBy(({ sign, claims }, real) =>
    sign({ ...claims, ["azp" in claims ? "azp" : "appid"]: real.randomId() }),
  ),
  "token-of-wrong-issuer": vouchedBy(({ sign, claims }) =>
    sign({ ...claims, iss: "https://login.example/" }),
  ),
  "token-signed-by-a-stranger": vouchedBy(({ signAsStranger, claims }) => signAsStranger(claims)),
  "token-with-a-borrowed-key-id": vouchedBy(({ signWithBorrowedId, claims }) => signWithBorrowedId(claims)),
  "unsigned-token": vouchedBy(({ leaveUnsigned, claims }) => leaveUnsigned(claims)),
  "wrong-data-signature": sealed(({ content }) => ({ dataSignature: flip(content.dataSignature) })),
  "sealed-to-another-certificate": sealed((real) => real.sealForStranger()),
  "tampered-ciphertext": sealed(({ content }) => ({ data: flip(content.data) })),
  "replayed-batch": (real) => real.readLast(),
} as const satisfies Record<string, Forge>;

export type BatchForgery = keyof typeof BATCHES;
export const BATCH_FORGERIES = Object.keys(BATCHES) as readonly BatchForgery[];

export async function forgeBatch(kind: BatchForgery, real: RealBatch): Promise<object> {
  return BATCHES[kind](real);
}

function compose(item: object, token: string): object {
  return { value: [item], validationTokens: [token] };
}
