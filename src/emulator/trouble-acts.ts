/** What goes wrong in Microsoft's house, or between it and the bot, once and on demand. */
import type { BotAddress } from "./bot-address.ts";
import type { Forged, ForgeRequest } from "./forger.ts";
import type { SigningKeys } from "./signing-keys.ts";
import type { TenantClock } from "./tenant-clock.ts";
import type { Tokens, ValidationTokenForm } from "./tokens.ts";

export type SigningService = "entra" | "botFramework";

export interface TroubleActs {
  /** A new key is published and signs from now on; `drop`: the old ones are withdrawn. */
  rotateSigningKeys(of: SigningService, drop?: boolean): Promise<void>;
  /** Of the tokens in notification batches. */
  setTokenForm(form: ValidationTokenForm): void;
  /** Graph and the connector refuse every access token that was issued up to now. */
  expireTokens(): void;
  /**
   * The tenant's clock goes forward: subscriptions expire, tokens age. The bot's own does not; it refuses tokens whose
   * time is not yet, as any bot whose clock is wrong, unless all of it is given the tenant's (`EmulatedTenant.now`).
   */
  jumpClock(ms: number): void;
  /** Bot Framework posts to another base URL from now on; Graph to the old one until a subscription is told otherwise. */
  moveBot(url: string): void;
  /** Posts to the bot what nobody sent. Resolves with its answer. Throws 409 where there is nothing to forge after. */
  forge(request: ForgeRequest): Promise<Forged>;
}

export function createTroubleActs(needs: {
  readonly entraKeys: SigningKeys;
  readonly botFrameworkKeys: SigningKeys;
  readonly tokens: Pick<Tokens, "setForm">;
  readonly clock: Pick<TenantClock, "jump">;
  readonly address: Pick<BotAddress, "move">;
  readonly forge: TroubleActs["forge"];
}): TroubleActs {
  const { entraKeys, botFrameworkKeys, tokens, clock, address, forge } = needs;
  const keys = { entra: entraKeys, botFramework: botFrameworkKeys };
  return {
    rotateSigningKeys: (of, drop = false) => keys[of].rotate(drop),
    setTokenForm: tokens.setForm,
    expireTokens: () => entraKeys.expireIssued(),
    jumpClock: clock.jump,
    moveBot: address.move,
    forge,
  };
}
