/**
 * A person presses a button of the bot's card: what Teams sends to the bot.
 * Sources: https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-actions,
 * https://learn.microsoft.com/adaptive-cards/authoring-cards/universal-action-model
 */
import {
  CLIENT_INFO,
  createEnvelope,
  formatActor,
  formatConversation,
  formatLocalInstant,
  formatPlaceData,
  type Activity,
  type ActivityContext,
} from "./activity-envelope.ts";
import { ApiFault } from "./api-fault.ts";
import type { CardAction } from "./find-button.ts";
import type { Person, Place, StoredMessage } from "./tenant-model.ts";

export interface Press {
  readonly by: Person;
  readonly message: StoredMessage;
  readonly place: Place;
  readonly action: CardAction;
  readonly inputs: Readonly<Record<string, string>>;
}

/** `isAsked`: Teams waits for the answer and shows it. Throws 400 or 501 for a button that tells the bot nothing here. */
export function createPressActivity(
  press: Press,
  id: string,
  context: ActivityContext,
): { readonly activity: Activity; readonly isAsked: boolean } {
  const { action } = press;
  if (action.type === "Action.Execute") {
    const value = {
      action: {
        ...pick(action, ["type", "id", "title", "verb"]),
        data: mergeData(action.data ?? {}, readAssociated(press)),
      },
      trigger: "manual",
    };
    const shared = createShared(press, id, context);
    return { isAsked: true, activity: { type: "invoke", name: "adaptiveCard/action", ...shared, value } };
  }
  if (action.type !== "Action.Submit") {
    throw new ApiFault(400, "BadRequest", `The bot is told nothing of a button of type ${action.type}.`);
  }
  return {
    isAsked: false,
    activity: { type: "message", ...createShared(press, id, context), ...readSubmit(press) },
  };
}

/** `msteams` in a button's data makes a button of another kind of it. */
function readSubmit(press: Press): object {
  const { action } = press;
  const { msteams, ...data } = isRecord(action.data) ? action.data : {};
  const given = isRecord(action.data) ? data : (action.data ?? {});
  if (!isRecord(msteams)) return { value: mergeData(given, readAssociated(press)) };
  const { type, text, value, displayText } = msteams;
  if (type !== "messageBack" || displayText !== undefined) {
    const what = type === "messageBack" ? "messageBack with displayText" : `msteams type '${String(type)}'`;
    throw new ApiFault(501, "NotEmulated", `A button with ${what} is not emulated.`);
  }
  return {
    ...(typeof text === "string" ? { text, textFormat: "plain" } : {}),
    value: mergeData({ ...data, ...readRecord(value) }, readAssociated(press)),
  };
}

function createShared({ by, message, place }: Press, id: string, context: ActivityContext) {
  const { name } = by;
  return {
    ...createEnvelope(`f:${id}`, place.organisation, context),
    from: formatActor(by, context, { name }),
    conversation: formatConversation(place, message.rootId ?? message.id),
    channelData: { ...formatPlaceData(place), source: { name: "message" } },
    replyToId: message.id,
    entities: [CLIENT_INFO],
    localTimestamp: formatLocalInstant(context.nowMs),
    localTimezone: CLIENT_INFO.timezone,
    locale: CLIENT_INFO.locale,
  };
}

function readAssociated({ action, inputs }: Press): Readonly<Record<string, string>> {
  return action.associatedInputs === "none" ? {} : inputs;
}

/** Words alone stay words where nothing was filled in. */
function mergeData(data: unknown, inputs: Readonly<Record<string, string>>): unknown {
  if (isRecord(data)) return { ...data, ...inputs };
  return Object.keys(inputs).length > 0 ? inputs : data;
}

function pick(action: CardAction, names: readonly string[]): object {
  return Object.fromEntries(names.flatMap((name) => (name in action ? [[name, action[name]]] : [])));
}

/** As an object, or as one written as JSON. */
function readRecord(value: unknown): Record<string, unknown> {
  if (isRecord(value)) return value;
  try {
    const parsed: unknown = typeof value === "string" ? JSON.parse(value) : null;
    return isRecord(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
