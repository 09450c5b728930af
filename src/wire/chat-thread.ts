/** A chatMessage in a list, with the replies that came along. */
import { z } from "zod";

const thread = z.looseObject({
  lastModifiedDateTime: z.string().nullish(),
  createdDateTime: z.string().nullish(),
  replies: z.array(z.unknown()).nullish(),
  "replies@odata.nextLink": z.string().nullish(),
});

export interface ChatThread {
  readonly replies: readonly unknown[];
  /** Where the rest of the replies is, or null. */
  readonly repliesLink: string | null;
  /** When the message itself last changed, epoch ms; 0 where it does not say. */
  readonly touchedAt: number;
}

/** Of what has another shape nothing is known: whoever reads the message says so. */
export function parseThread(input: unknown): ChatThread {
  const parsed = thread.safeParse(input);
  const { data } = parsed;
  return {
    replies: data?.replies ?? [],
    repliesLink: data?.["replies@odata.nextLink"] ?? null,
    touchedAt: Date.parse(data?.lastModifiedDateTime ?? data?.createdDateTime ?? "") || 0,
  };
}
