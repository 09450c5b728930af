/** Pages of a team's members, and the token that leads to the next. */
import { ApiFault } from "./api-fault.ts";

export interface RosterPage<Member> {
  readonly members: readonly Member[];
  /** Null: this is the last. */
  readonly continuationToken: string | null;
}

/** Source: https://learn.microsoft.com/microsoftteams/platform/resources/team-chat-member-api-changes */
const SIZES = { least: 50, most: 500, default: 200 };

/**
 * `conversationId`: a token is good for the conversation that it was given for. A size that is too small or too big is
 * brought to the next that is allowed. Throws 400 `BadSyntax` for what is no number, or no token of ours.
 */
export function readRosterPage<Member>(
  all: readonly Member[],
  conversationId: string,
  asked: { readonly pageSize: string | null; readonly continuationToken: string | null },
): RosterPage<Member> {
  const size = readSize(asked.pageSize);
  const from = asked.continuationToken ? readToken(asked.continuationToken, conversationId) : 0;
  const to = from + size;
  return {
    members: all.slice(from, to),
    continuationToken: to < all.length ? formatToken(to, conversationId) : null,
  };
}

function readSize(asked: string | null): number {
  if (asked === null || asked === "") return SIZES.default;
  if (!/^\d{1,9}$/.test(asked)) throw new ApiFault(400, "BadSyntax", "pageSize must be a number.");
  return Math.min(SIZES.most, Math.max(SIZES.least, Number(asked)));
}

function formatToken(from: number, conversationId: string): string {
  return Buffer.from(JSON.stringify([conversationId, from])).toString("base64url");
}

function readToken(token: string, conversationId: string): number {
  const [, from] = /^\["[^"]*",(\d+)\]$/.exec(Buffer.from(token, "base64url").toString("utf8")) ?? [];
  if (from !== undefined && formatToken(Number(from), conversationId) === token) return Number(from);
  throw new ApiFault(400, "BadSyntax", "The continuation token is not valid.");
}
