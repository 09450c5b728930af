/** Where Bot Framework finds the bot: what is written in its registration, and changes when a tunnel moves. */
import { ApiFault } from "./api-fault.ts";

export interface BotAddress {
  /** The messaging endpoint. */
  readMessagesUrl(): string;
  /** To another base URL, from the next message on; Graph's subscriptions keep theirs. Throws 400 for no http(s) URL. */
  move(baseUrl: string): void;
}

/** `baseUrl` is without a slash at its end. */
export function createBotAddress(baseUrl: string): BotAddress {
  let base = baseUrl;
  return {
    readMessagesUrl: () => `${base}/api/messages`,
    move(next) {
      if (!URL.canParse(next) || !/^https?:$/.test(new URL(next).protocol)) {
        throw new ApiFault(400, "BadRequest", `url: "${next}" is no http or https URL.`);
      }
      base = next.replace(/\/+$/, "");
    },
  };
}
