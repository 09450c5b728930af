/** What people do with the bot's cards: they press a button, and see what comes of it. */
import { z } from "zod";
import { ApiFault } from "./api-fault.ts";
import type { BotBlocks } from "./bot-blocks.ts";
import type { BotAnswer, BotChannel } from "./bot-channel.ts";
import type { Directory } from "./directory.ts";
import { findButton, readInputs } from "./find-button.ts";
import { createPressActivity } from "./press-activity.ts";
import type { Store } from "./store.ts";
import type { Installations } from "./installations.ts";
import { readKey, type MessageReference } from "./message-reference.ts";
import { demandMember } from "./tenant-acts.ts";
import type { BotIdentity, Person, Place, StoredMessage } from "./tenant-model.ts";

/** People by id or name. */
export interface CardActs {
  /**
   * Presses a button of a card that the bot sent; resolves when the bot answered or was given up. `button`: its title
   * or its id. `inputs`: what was filled in before. Throws where the person cannot see the message, where it is not the
   * bot's, and as `findButton`.
   */
  pressButton(request: {
    readonly person: string;
    readonly message: MessageReference;
    readonly button: string;
    readonly inputs?: Readonly<Record<string, string>>;
  }): Promise<Pressed>;
  /** The message's cards as this person sees them. */
  readCards(request: { readonly person: string; readonly message: MessageReference }): readonly object[];
}

/** What the person sees of it. */
export type Pressed =
  /** The bot was told; there is nothing to see. */
  | { readonly kind: "sent" }
  /** Another card stands in the place of the pressed one, for this person alone, until the bot edits the message. */
  | { readonly kind: "card"; readonly card: object }
  | { readonly kind: "text"; readonly text: string }
  /** `status`: of HTTP, or the one in the answer; null where no answer came. */
  | { readonly kind: "failed"; readonly status: number | null; readonly message: string };

/** Source: https://learn.microsoft.com/adaptive-cards/authoring-cards/universal-action-model#response-format */
const invokeAnswer = z.looseObject({
  statusCode: z.int(),
  type: z.string().nullish(),
  value: z.unknown().optional(),
});
const errorValue = z.looseObject({ message: z.string() });

const CARD = "application/vnd.microsoft.card.adaptive";
const TEXT = "application/vnd.microsoft.activity.message";
const FAILED = "Something went wrong. Please try again.";

export function createCardActs(needs: {
  readonly directory: Directory;
  readonly store: Pick<Store, "find">;
  readonly installations: Pick<Installations, "isBotHere">;
  readonly blocks: Pick<BotBlocks, "findBlock">;
  readonly post: BotChannel["post"];
  readonly bot: BotIdentity;
}): CardActs {
  const { directory, store, installations, blocks, post, bot } = needs;
  /** Cards that an answer put in the place of others, by message and person, good for one edition of the message. */
  const views = new Map<string, { readonly editedAtMs: number | null; readonly cards: readonly object[] }>();

  function demandSeen(person: Person, reference: MessageReference): { message: StoredMessage; place: Place } {
    const message = store.find(readKey(reference));
    const place = message && directory.findPlace(message.conversationId);
    if (!message || !place || message.deletedAtMs !== null) {
      throw new ApiFault(404, "NotFound", "There is no such message, or it was deleted.");
    }
    demandMember(person, place);
    return { message, place };
  }

  function listCards(person: Person, message: StoredMessage): readonly object[] {
    const view = views.get(`${person.id} ${message.key}`);
    return view?.editedAtMs === message.editedAtMs ? view.cards : message.cards;
  }

  return {
    readCards({ person: name, message: reference }) {
      const person = directory.resolvePerson(name);
      return listCards(person, demandSeen(person, reference).message);
    },
    async pressButton({ person: name, message: reference, button, inputs = {} }) {
      const by = directory.resolvePerson(name);
      const { message, place } = demandSeen(by, reference);
      if (message.author.id !== bot.id)
        throw new ApiFault(400, "BadRequest", "The message is not the bot's.");
      const cards = listCards(by, message);
      const { cardIndex, action } = findButton(cards, button);
      const filledIn = readInputs(cards[cardIndex] ?? {}, inputs);
      if (!installations.isBotHere(place) || blocks.findBlock(place) !== null) {
        return { kind: "failed", status: null, message: "The app cannot be reached here any more." };
      }
      const { answer, isAsked } = await post(place.organisation, (id, context) =>
        createPressActivity({ by, message, place, action, inputs: filledIn }, id, context),
      );
      const pressed = isAsked ? readAnswer(answer) : readReceipt(answer);
      if (pressed.kind === "card") {
        const shown = cards.map((card, index) => (index === cardIndex ? pressed.card : card));
        views.set(`${by.id} ${message.key}`, { editedAtMs: message.editedAtMs, cards: shown });
      }
      return pressed;
    },
  };
}

function readReceipt(answer: BotAnswer | null): Pressed {
  const isTaken = answer !== null && answer.status >= 200 && answer.status < 300;
  return isTaken ? { kind: "sent" } : { kind: "failed", status: answer?.status ?? null, message: FAILED };
}

/**
 * Words and cards are shown; what is neither is a failure, as is an answer that Teams cannot read. A refusal stands in
 * the body, and some SDKs answer with its status as well.
 */
function readAnswer(answer: BotAnswer | null): Pressed {
  const failed = (status: number | null, message = FAILED): Pressed => ({ kind: "failed", status, message });
  const parsed = invokeAnswer.safeParse(answer?.json);
  if (!answer || !parsed.success) return failed(answer?.status ?? null);
  const { statusCode, type, value } = parsed.data;
  if (statusCode !== 200) return failed(statusCode, errorValue.safeParse(value).data?.message);
  if (readReceipt(answer).kind === "failed") return failed(answer.status);
  if (type === CARD && typeof value === "object" && value !== null) return { kind: "card", card: value };
  if (type === TEXT && typeof value === "string") return { kind: "text", text: value };
  return failed(statusCode);
}
