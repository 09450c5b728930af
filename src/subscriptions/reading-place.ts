/** Where the reading of a conversation goes on, as it is kept. */
export interface ReadingPlace {
  /** Graph's link to what comes next. */
  readonly link: string;
  /** Of the reading that is under way; null: it was done, and another one begins here. */
  readonly begun: ReadingBeginning | null;
}

export interface ReadingBeginning {
  /** Epoch ms. */
  readonly at: number;
  /** What was said before this instant (epoch ms) was heard. */
  readonly since: number;
  /** `HeardConversation.openedAt` then: a gap that was opened later is not read with this. */
  readonly openedAt: number;
}

export function formatReadingPlace(place: ReadingPlace): string {
  return JSON.stringify(place);
}

/** Null for what cannot be read: the reading begins anew. */
export function parseReadingPlace(cursor: string | null): ReadingPlace | null {
  if (cursor === null) return null;
  try {
    const { link, begun } = JSON.parse(cursor) as {
      link?: unknown;
      begun?: Partial<ReadingBeginning> | null;
    };
    if (typeof link !== "string") return null;
    if (!begun) return { link, begun: null };
    const { at, since, openedAt } = begun;
    const isWhole = typeof at === "number" && typeof since === "number" && typeof openedAt === "number";
    return isWhole ? { link, begun: { at, since, openedAt } } : null;
  } catch {
    return null;
  }
}
