/** How big a message of a bot may be. */
import { ApiFault } from "./api-fault.ts";

/**
 * Of the whole payload in UTF-16; images in base64 do not count.
 * Source: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages
 */
const MOST_BYTES = 100 * 1024;
const BASE64_IMAGE = /data:image\/[\w.+-]+;base64,[\w+/=]+/g;

/** Throws 413 `MessageSizeTooBig`. */
export function demandMessageSize(body: Buffer): void {
  const text = body.toString("utf8").replace(BASE64_IMAGE, "");
  if (text.length * 2 > MOST_BYTES) throw new ApiFault(413, "MessageSizeTooBig", "Message size too large.");
}
