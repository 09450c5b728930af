import type { Decision } from "../model/decision.ts";
import type { Message } from "../model/message.ts";
import { readSummary } from "./decide.ts";
import { defuseLinks, type Filler } from "./fill-template.ts";
import { foldText } from "./matching.ts";

/** What the bot can say of itself. */
export interface Status {
  /** Where it listens in this team or chat, a line each. */
  readonly ears: readonly { readonly name: string; readonly state: string }[];
  readonly rules: readonly string[];
  readonly heard: number;
  readonly parked: number;
}

/** Cards of the bot's own, with `${…}` for what the status fills. */
export interface ConversationCards {
  readonly help: Filler<object>;
  readonly status: Filler<object>;
}

const NOWHERE = { name: "Nowhere yet", state: "subscriptions are being made" };

/** People name channels, and cards read Markdown. */
const defuse = ({ name, state }: Status["ears"][number]) => ({
  name: defuseLinks(name),
  state: defuseLinks(state),
});

/** The answer to a message that was addressed to the bot; the rules have no part in it. */
export function converse(message: Message, status: Status, cards: ConversationCards): Decision {
  const isStatus = foldText(message.text)
    .split(/[^\p{L}]+/u)
    .includes("status");
  const card = (isStatus ? cards.status : cards.help)({
    status: {
      ...status,
      ears: status.ears.length > 0 ? status.ears.map(defuse) : [NOWHERE],
      ruleList: status.rules.join(", "),
    },
  });
  return {
    kind: "act",
    rule: isStatus ? "conversation-status" : "conversation-help",
    actions: [{ kind: "reply", content: { kind: "card", card, summary: readSummary(card) } }],
  };
}
