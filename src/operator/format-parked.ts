import type { ParkedNotification } from "../storage/storage.ts";
import { explainParkedCode } from "./explain-parked-code.ts";
import { makePlain } from "./make-plain.ts";

/** For a machine: where it stands and why, with instants as ISO 8601. */
export function describeParked(parked: ParkedNotification): Record<string, string | number | null> {
  const { id, ear, message, changeType, code, receivedAt, parkedAt } = parked;
  return {
    id,
    code,
    ...explainParkedCode(code),
    parkedAt: new Date(parkedAt).toISOString(),
    receivedAt: new Date(receivedAt).toISOString(),
    ear,
    changeType,
    tenantId: message.tenantId,
    conversationId: message.conversationId,
    replyToId: message.replyToId,
    messageId: message.messageId,
  };
}

/** For a person: a table, each code in words, and the way back. `total`: of all that is parked, listed or not. */
export function formatParked(listed: readonly ParkedNotification[], total: number): string[] {
  if (listed.length === 0) return ["Nothing is parked."];
  const codes = [...new Set(listed.map(({ code }) => code))].toSorted();
  return [
    `Parked: ${total}.${listed.length < total ? ` These are the first ${listed.length}, the longest parked; --limit lists more.` : ""}`,
    "",
    ...formatTable([HEADINGS, ...listed.map(formatRow)]),
    "",
    ...codes.flatMap((code) => {
      const { cause, remedy } = explainParkedCode(code);
      return [`${makePlain(code)}: ${cause}`, `  ${remedy}`];
    }),
    "",
    "Once the cause is mended, bring them back: earshot replay --all, or by --code, --tenant or --id.",
  ];
}

const HEADINGS = ["id", "parked (UTC)", "code", "ear", "tenant", "conversation", "message"];

function formatRow({ id, parkedAt, code, ear, message, changeType }: ParkedNotification): string[] {
  const { tenantId, conversationId, replyToId, messageId } = message;
  const place = replyToId === null ? messageId : `${replyToId}/${messageId}`;
  return [
    String(id),
    new Date(parkedAt).toISOString().slice(0, "yyyy-mm-ddThh:mm:ss".length).replace("T", " "),
    code,
    ear,
    tenantId,
    conversationId,
    changeType === "created" ? place : `${place} (${changeType})`,
  ].map(makePlain);
}

function formatTable(rows: readonly (readonly string[])[]): string[] {
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
