/** Runs over the items in their order, so many at once. Rejects with the first rejection, when all that began have ended. */
export async function inParallel<Item>(
  items: readonly Item[],
  atOnce: number,
  run: (item: Item) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  const runs = Array.from({ length: Math.min(atOnce, items.length) }, async () => {
    // One iterator for all: each takes the next.
    for (const item of rest) await run(item);
  });
  const ended = await Promise.allSettled(runs);
  for (const result of ended) if (result.status === "rejected") throw result.reason;
}
