/** What a bot may send: an activity read into parts and cards. */
import { z } from "zod";
import { ApiFault } from "./api-fault.ts";
import { splitActivityText } from "./message-html.ts";
import type { Part } from "./tenant-model.ts";

const ADAPTIVE_CARD = "application/vnd.microsoft.card.adaptive";

const outgoing = z.looseObject({
  type: z.string(),
  text: z.string().nullish(),
  attachments: z.array(z.looseObject({ contentType: z.string(), content: z.unknown().optional() })).nullish(),
  entities: z
    .array(
      z.looseObject({
        type: z.string(),
        text: z.string().nullish(),
        mentioned: z.looseObject({ id: z.string(), name: z.string().nullish() }).nullish(),
      }),
    )
    .nullish(),
});

export type BotActivity =
  | { readonly kind: "message"; readonly parts: readonly Part[]; readonly cards: readonly object[] }
  | { readonly kind: "typing" };

/**
 * Throws 400 `BadSyntax`. `readPersonId` turns `29:…` into an Entra object id.
 * Source: https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-send-and-receive-messages
 */
export function parseBotActivity(
  input: unknown,
  readPersonId: (accountId: string) => string | undefined,
): BotActivity {
  const parsed = outgoing.safeParse(input);
  if (!parsed.success) throw badSyntax("The activity is malformed.");
  const { type, text, attachments, entities } = parsed.data;
  if (type === "typing") return { kind: "typing" };
  if (type !== "message") throw badSyntax(`Unknown activity type '${type}'.`);
  if (!text && !attachments?.length) {
    throw badSyntax("Activity must include non empty 'text' field or at least 1 attachment.");
  }
  const mentions = (entities ?? []).flatMap((entity) => {
    const id = entity.type === "mention" ? readPersonId(entity.mentioned?.id ?? "") : undefined;
    return id === undefined ? [] : [{ text: entity.text ?? "", id, name: entity.mentioned?.name ?? "" }];
  });
  const cards = (attachments ?? []).map(({ contentType, content }) => {
    if (contentType !== ADAPTIVE_CARD || typeof content !== "object" || content === null) {
      throw badSyntax(`Attachment of type '${contentType}' is not emulated or has no content.`);
    }
    return content;
  });
  return { kind: "message", parts: splitActivityText(text ?? "", mentions), cards };
}

export function badSyntax(message: string): ApiFault {
  return new ApiFault(400, "BadSyntax", message);
}
