/** The verdict: by what stands in the tenant, not by what the bot says of itself. */
import type { Delivery } from "../../src/emulator/courier.ts";
import type { PostedMessage } from "../../src/emulator/posted-message.ts";
import { formatAnswer, type Line } from "./crowd.ts";
import { readDeliveries, type Heard } from "./read-deliveries.ts";

export interface Finding {
  /**
   * `lost`: it must be answered and is not. `twice`: it is answered more often than it must be. `stray`: an answer to
   * nothing, or in another thread. `out-of-order`: two of one conversation, the first of which was acknowledged before
   * the second was so much as sent, are answered the other way round; what reaches the bot later may be answered later.
   */
  readonly kind: "lost" | "twice" | "stray" | "out-of-order";
  readonly what: string;
  readonly messages: readonly PostedMessage[];
}

export interface Findings {
  readonly findings: readonly Finding[];
  /** Lines without an answer that none is owed to: no copy of them was ever acknowledged. */
  readonly unheard: readonly Line[];
}

export interface Evidence {
  readonly botId: string;
  readonly lines: readonly Line[];
  /** Everything in a conversation, in the order of posting. */
  readonly readMessages: (conversation: string) => readonly PostedMessage[];
  readonly deliveries: readonly Delivery[];
  /** Graph's copy of a message may be unreadable, and then only Bot Framework's counts as heard. */
  readonly isGraphPoisoned: boolean;
  /** Others mention the bot and write to it in person, and it answers that as well. */
  readonly othersTalk: boolean;
}

export function judge(evidence: Evidence): Findings {
  const { lines, readMessages } = evidence;
  const heard = readDeliveries(evidence.deliveries, evidence.isGraphPoisoned);
  const readHeard = (line: Line) => heard.get(`${line.message.conversationId} ${line.message.id}`);
  const found = [...Map.groupBy(lines, ({ conversation }) => conversation)].flatMap(([conversation, own]) =>
    judgeConversation(readMessages(conversation), own, evidence, readHeard),
  );
  const isOwed = ({ kind, messages }: Finding) => {
    const line = kind === "lost" && lines.find(({ message }) => message === messages[0]);
    return !line || readHeard(line)?.isTaken !== false;
  };
  const excused = found.filter((finding) => !isOwed(finding)).map(({ messages }) => messages[0]);
  return {
    findings: found.filter(isOwed),
    unheard: lines.filter(({ message }) => excused.includes(message)),
  };
}

interface Answer {
  readonly place: number;
  readonly message: PostedMessage;
}

function judgeConversation(
  messages: readonly PostedMessage[],
  lines: readonly Line[],
  { botId, othersTalk }: Evidence,
  readHeard: (line: Line) => Heard | undefined,
): Finding[] {
  const answers = new Map<string, Answer[]>();
  const hearts = new Map<string, number>();
  for (const [place, message] of messages.entries()) {
    const given = message.reactions.flatMap(({ by }) => by).filter(({ id }) => id === botId).length;
    hearts.set(message.key, given);
    if (!message.sender.isBot) continue;
    const name = formatPlace(readText(message), message.rootId);
    answers.set(name, [...(answers.get(name) ?? []), { place, message }]);
  }
  const nameAnswer = (line: Line) => formatPlace(formatAnswer(line), readThread(line));
  const readAnswers = (line: Line) => answers.get(nameAnswer(line)) ?? [];

  const findings: Finding[] = [];
  for (const line of lines) {
    const { kind, text, message } = line;
    const replies = readAnswers(line).length;
    const reactions = hearts.get(message.key) ?? 0;
    const [owedReplies, owedReactions] = [kind === "question" ? 1 : 0, kind === "cheer" ? 1 : 0];
    if (replies < owedReplies || reactions < owedReactions) {
      findings.push({ kind: "lost", what: text, messages: [message] });
    }
    if (replies > owedReplies || reactions > owedReactions) {
      const posted = readAnswers(line).map((answer) => answer.message);
      findings.push({ kind: "twice", what: text, messages: [message, ...posted] });
    }
  }
  const asked = new Set(lines.map(nameAnswer));
  for (const [name, posted] of answers) {
    const isToOthers = othersTalk && !name.startsWith(`"${formatAnswer({ text: "" })}`);
    if (asked.has(name) || isToOthers) continue;
    findings.push({ kind: "stray", what: name, messages: posted.map(({ message }) => message) });
  }
  return [...findings, ...findDisorder(lines, readAnswers, readHeard)];
}

/** Of every question the earlier one that was answered latest is looked at: enough to find any disorder. */
function findDisorder(
  lines: readonly Line[],
  readAnswers: (line: Line) => readonly Answer[],
  readHeard: (line: Line) => Heard | undefined,
): Finding[] {
  const answered = lines.flatMap((line) => {
    const [answer] = readAnswers(line);
    const heard = readHeard(line);
    return line.kind === "question" && answer && heard ? [{ line, answer, heard }] : [];
  });
  return answered.flatMap((later, index) => {
    const overtaken = answered
      .slice(0, index)
      .filter(
        ({ answer, heard }) =>
          answer.place > later.answer.place && heard.acknowledgedAt < later.heard.firstSentAt,
      );
    return overtaken.slice(0, 1).map((earlier): Finding => ({
      kind: "out-of-order",
      what: `${earlier.line.text} was answered after ${later.line.text}`,
      messages: [earlier.line.message, earlier.answer.message, later.line.message, later.answer.message],
    }));
  });
}

/** Id of the root that the answer stands under; a chat has no threads. */
function readThread({ message }: Line): string | null {
  const isChannel = message.conversationId.endsWith("@thread.tacv2");
  return isChannel ? (message.rootId ?? message.id) : null;
}

const formatPlace = (text: string, rootId: string | null) => `"${text}" in ${rootId ?? "the chat"}`;

function readText({ parts }: PostedMessage): string {
  return parts.map((part) => ("text" in part ? part.text : part.mention.name)).join("");
}
