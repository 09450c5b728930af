/** Sorts traces into what one message went through: once for each time Earshot heard it. */

export const STEPS = ["received", "admitted", "stored", "claimed", "opened", "decided", "replied", "parked"];

export const EAR_NAMES = { graph: "Graph", "bot-framework": "Bot Framework" };

const ranks = new Map(STEPS.map((step, rank) => [step, rank]));
const rankOf = ({ step }) => ranks.get(step) ?? STEPS.length;

const address = (conversationId, rootId, id) => JSON.stringify([conversationId, rootId ?? null, id]);

export const addressOfMessage = ({ conversationId, rootId, id }) => address(conversationId, rootId, id);
export const addressOfTrace = ({ message }) =>
  message ? address(message.conversationId, message.replyToId, message.messageId) : null;

/**
 * The hearings of one message, the one that counts first. Traces carry no number of their hearing: a step goes
 * to the first hearing by its ear that has not come as far yet, or that tries again, else it begins a new one.
 */
export function hearingsOf(traces) {
  const inOrder = [...traces].sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || rankOf(a) - rankOf(b));
  const hearings = [];
  for (const trace of inOrder) {
    const sameEar = hearings.filter(({ ear }) => ear === trace.ear);
    const last = (hearing) => hearing.steps.at(-1);
    const hearing =
      sameEar.find((one) => rankOf(last(one)) < rankOf(trace) || last(one).result === "retry") ??
      // One rule may answer with a message and a reaction: two `replied` of the same hearing.
      sameEar.find((one) => last(one).step === "replied" && trace.step === "replied");
    if (hearing) hearing.steps.push(trace);
    else hearings.push({ ear: trace.ear, steps: [trace] });
  }
  const counts = (hearing) => hearing.steps.some(({ step, result }) => step === "claimed" && result === "ok");
  return hearings.sort((a, b) => counts(b) - counts(a));
}

const didReply = ({ steps }) => steps.some(({ step, result }) => step === "replied" && result === "ok");

export const earliestOf = (hearings) =>
  hearings.reduce((a, b) => (Date.parse(b.steps[0].at) < Date.parse(a.steps[0].at) ? b : a), hearings[0]);

/** What to say beside the hearing that counts. The faster ear need not be the one that claims the message. */
export const noteOnLead = (hearing, isEarliest) => ({
  text: isEarliest ? "heard first" : "claimed it",
  tone: "plain",
});

/** What to say beside any other hearing: it should end in silence, and whatever else it does is worth a word. */
export function noteOnRepeat(hearing) {
  if (didReply(hearing)) return { text: "heard again, and answered again", tone: "bad" };
  const { text, tone, isOver } = outcomeOf(hearing);
  if (!isOver) return { text: "heard again", tone };
  return tone === "quiet"
    ? { text: "heard again, silent", tone }
    : { text: `heard again, ${text.toLowerCase()}`, tone };
}

/** How a hearing stands: in words – in one, where it was answered –, with a tone, and whether more steps may come. */
export function outcomeOf({ steps }) {
  const last = steps.at(-1);
  if (last.step === "parked") return { text: "Parked", tone: "warn", isOver: true };
  switch (last.result) {
    case "failed":
      return { text: `Failed when ${last.step}`, tone: "bad", isOver: true };
    case "refused":
      return { text: "Refused", tone: "bad", isOver: true };
    case "retry":
      return { text: "Tries again", tone: "warn", isOver: false };
    case "silent":
      return { text: "Stayed silent", tone: "quiet", isOver: true };
    case "duplicate":
      // Said by an earlier attempt already: it is there.
      if (last.step === "replied") break;
      return { text: "Already heard", tone: "quiet", isOver: true };
  }
  if (last.step !== "replied") return { text: "Under way", tone: "busy", isOver: false };
  const actions = new Set(steps.filter(({ step }) => step === "replied").map(({ action }) => action));
  const reacted = [...actions].some((action) => action && action !== "reply");
  const replied = actions.has("reply") || actions.has(undefined);
  const text = replied && reacted ? "Replied and reacted" : reacted ? "Reacted" : "Replied";
  return { text, tone: "good", isOver: true, word: replied ? "replied" : "reacted" };
}

/** How far each step is on the way that a person sees: heard, opened, decided, replied. */
const STAGES = { received: 1, admitted: 1, stored: 1, claimed: 1, opened: 2, decided: 3, replied: 4 };
const STAGE_WORDS = ["", "heard", "opened", "decided", "replied"];
export const STAGE_COUNT = 4;
/** How a hearing ended, by its last step or its last result, where the panel says it in more words than one. */
const ENDINGS = { parked: "parked", silent: "silent", failed: "failed" };

/** One message in a word: how far the hearing that counts has come, and how it ended. Null: not heard. */
export function presenceOf(traces) {
  const [lead] = hearingsOf(traces);
  if (!lead) return null;
  const { steps } = lead;
  const { text, tone, isOver, word: ending } = outcomeOf(lead);
  const stage = Math.max(...steps.map(({ step }) => STAGES[step] ?? 0));
  const last = steps.at(-1);
  const isUnderWay = !isOver && last.result !== "retry";
  const word = isUnderWay
    ? STAGE_WORDS[stage]
    : (ending ?? ENDINGS[last.step] ?? ENDINGS[last.result] ?? text.toLowerCase());
  return { word, tone, stage, isOver };
}
