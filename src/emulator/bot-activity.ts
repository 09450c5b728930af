/** What a bot may send: an activity read into parts and cards. What cannot be shown is refused by its name. */
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
  channelData: z.looseObject({}).nullish(),
});

type Outgoing = z.infer<typeof outgoing>;

const READ: readonly string[] = ["type", "text", "attachments"];
/** Where Teams decides by itself, or shows nothing, and what clients write unasked. */
const WITHOUT_EFFECT: readonly string[] = [
  ...["id", "timestamp", "localTimestamp", "localTimezone", "callerId", "locale", "inputHint", "summary"],
  ...["serviceUrl", "channelId", "from", "recipient", "conversation", "replyToId"],
];
/** Where the message goes is said by the URL. */
const WITHOUT_EFFECT_OF_TEAMS: readonly string[] = ["tenant", "team", "channel"];
/** These values are what is done anyway. */
const ONLY: Readonly<Record<string, string>> = {
  textFormat: "plain",
  attachmentLayout: "list",
  importance: "normal",
  deliveryMode: "normal",
};

export type BotActivity =
  | { readonly kind: "message"; readonly parts: readonly Part[]; readonly cards: readonly object[] }
  | { readonly kind: "typing" };

/**
 * Throws 400 `BadSyntax` where Teams does, 501 for what Teams takes and this tenant cannot show. `readPersonId` turns
 * `29:…` into an Entra object id; who is named and is nobody stays text, as Teams takes mentions of tags and teams.
 * Source: https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-send-and-receive-messages
 */
export function parseBotActivity(
  input: unknown,
  readPersonId: (accountId: string) => string | undefined,
): BotActivity {
  const parsed = outgoing.safeParse(input);
  if (!parsed.success) throw badSyntax("The activity is malformed.");
  const { type, text, attachments } = parsed.data;
  if (type !== "typing" && type !== "message") throw badSyntax(`Unknown activity type '${type}'.`);
  demandShown(parsed.data);
  if (type === "typing") return { kind: "typing" };
  if (!text && !attachments?.length) {
    throw badSyntax("Activity must include non empty 'text' field or at least 1 attachment.");
  }
  const mentions = readMentions(parsed.data).flatMap((mention) => {
    const id = readPersonId(mention.id);
    return id === undefined ? [] : [{ ...mention, id }];
  });
  const cards = (attachments ?? []).map(({ contentType, content }) => {
    if (contentType !== ADAPTIVE_CARD) throw notEmulated(`An attachment of type '${contentType}'`);
    if (typeof content === "object" && content !== null) return content;
    throw badSyntax(`Attachment of type '${contentType}' has no content.`);
  });
  return { kind: "message", parts: splitActivityText(text ?? "", mentions), cards };
}

/** Throws 501 naming the first field that would change what people see or hear, and that nothing here reads. */
function demandShown({ channelData, entities, ...fields }: Outgoing): void {
  for (const [name, value] of Object.entries(fields)) {
    if (isNothing(value) || READ.includes(name) || WITHOUT_EFFECT.includes(name)) continue;
    if (!Object.hasOwn(ONLY, name)) throw notEmulated(`An activity's ${name}`);
    if (value !== ONLY[name]) throw notEmulated(`An activity's ${name} ${JSON.stringify(value)}`);
  }
  for (const [name, value] of Object.entries(channelData ?? {})) {
    if (isNothing(value) || WITHOUT_EFFECT_OF_TEAMS.includes(name)) continue;
    throw notEmulated(`An activity's channelData.${name}`);
  }
  const unread = entities?.find(({ type }) => type !== "mention");
  if (unread) throw notEmulated(`An entity of type '${unread.type}'`);
}

/**
 * Throws 400 for a mention that is not in the text as it says.
 * Sources: https://github.com/OfficeDev/BotBuilder-MicrosoftTeams/issues/199,
 * https://github.com/microsoft/teams.net/issues/170
 */
function readMentions({ text, entities }: Outgoing): { id: string; name: string; text: string }[] {
  return (entities ?? []).map(({ text: written, mentioned }) => {
    if (!mentioned) throw badSyntax("Invalid mention entity");
    if (!written || !/^<at>.+<\/at>$/s.test(written)) throw badSyntax("Mention entity text is not valid.");
    if (!text?.includes(written)) throw badSyntax("Mention entity does not match text");
    return { id: mentioned.id, name: mentioned.name ?? "", text: written };
  });
}

/** Some clients write every field that they know. */
function isNothing(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.values(value).every(isNothing);
  return value === undefined || value === null || value === "" || value === false;
}

function notEmulated(what: string): ApiFault {
  return new ApiFault(501, "NotEmulated", `${what} is not emulated.`);
}

export function badSyntax(message: string): ApiFault {
  return new ApiFault(400, "BadSyntax", message);
}
