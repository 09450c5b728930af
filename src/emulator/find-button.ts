/** What a person finds to press and to fill in on an Adaptive Card. Source: https://adaptivecards.io/explorer/ */
import { ApiFault } from "./api-fault.ts";

/** An action of the card, as it stands there. */
export type CardAction = Readonly<Record<string, unknown>> & { readonly type: string };

export interface Button {
  /** Which of the message's cards it is on. */
  readonly cardIndex: number;
  readonly action: CardAction;
}

type CardElement = Readonly<Record<string, unknown>>;

/** By its title or its `id`. Throws 404 where no card has it, 400 where more than one is meant or it is greyed out. */
export function findButton(cards: readonly object[], name: string): Button {
  const buttons = cards.flatMap((card, cardIndex) =>
    listActions(card).map((action) => ({ cardIndex, action })),
  );
  const named = buttons.filter(({ action }) => action.id === name || action.title === name);
  const [found, second] = named;
  if (!found) {
    const titles = buttons.map(({ action }) => JSON.stringify(action.title ?? action.id ?? "")).join(", ");
    throw new ApiFault(
      404,
      "NotFound",
      `There is no button "${name}" on the message; it has: ${titles || "none"}.`,
    );
  }
  if (second) {
    throw new ApiFault(400, "BadRequest", `"${name}" names more than one button: use its id.`);
  }
  if (found.action.isEnabled === false) {
    throw new ApiFault(400, "BadRequest", `The button "${name}" is not enabled.`);
  }
  return found;
}

/** In the order of the card: its own, those of sets, selections, and of cards that a button shows. */
export function listActions(card: object): CardAction[] {
  return [...walk(card)].filter(
    (one): one is CardAction => typeof one.type === "string" && one.type.startsWith("Action."),
  );
}

/**
 * What the card's inputs hold when a button is pressed: what the person filled in, else what stands there at first.
 * Throws 400 for an input that the card does not have, or that must be filled in and is not.
 */
export function readInputs(
  card: object,
  filledIn: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const inputs = [...walk(card)].filter(
    ({ id, type }) => typeof id === "string" && typeof type === "string" && type.startsWith("Input."),
  );
  const values: Record<string, string> = {};
  for (const input of inputs) {
    const id = String(input.id);
    const value = filledIn[id] ?? readFirstValue(input);
    if (value !== undefined) values[id] = value;
    else if (input.isRequired === true) {
      throw new ApiFault(400, "BadRequest", `The input "${id}" must be filled in.`);
    }
  }
  const unknown = Object.keys(filledIn).find((id) => !inputs.some((input) => input.id === id));
  if (unknown !== undefined) throw new ApiFault(400, "BadRequest", `The card has no input "${unknown}".`);
  return values;
}

function readFirstValue({ type, value, valueOff }: CardElement): string | undefined {
  if (typeof value === "string" || typeof value === "number") return String(value);
  if (type !== "Input.Toggle") return undefined;
  return typeof valueOff === "string" ? valueOff : "false";
}

/** Every object in the card, but for what a button's `data` and `fallback`s hold: these are not shown. */
function* walk(value: unknown): Generator<CardElement> {
  if (Array.isArray(value)) {
    for (const one of value) yield* walk(one);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  yield value as CardElement;
  for (const [name, inner] of Object.entries(value)) {
    if (name !== "data" && name !== "fallback" && name !== "refresh") yield* walk(inner);
  }
}
