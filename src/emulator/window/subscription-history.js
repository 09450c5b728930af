/** What became of subscriptions while the page looked: which went, and which came back under a new id. */

/** So long it is worth a word. */
const REMEMBERED_MS = 120_000;

const placeOf = ({ organisationId, resource }) => `${organisationId} ${resource}`;

/**
 * `takeIn(subscriptions, nowMs)` answers the rows to show: each subscription with `goneAtMs` and `backAtMs`, of which
 * at most one is not null.
 */
export function createSubscriptionHistory() {
  /** By organisation and resource. */
  const rows = new Map();
  let isFirst = true;

  return {
    takeIn(subscriptions, nowMs) {
      const places = new Set(subscriptions.map(placeOf));
      for (const subscription of subscriptions) {
        const place = placeOf(subscription);
        const before = rows.get(place);
        const isBack = before && before.subscription.id !== subscription.id;
        const backAtMs = isBack ? nowMs : (before?.backAtMs ?? null);
        rows.set(place, { subscription, goneAtMs: null, backAtMs, isNew: before ? before.isNew : !isFirst });
      }
      for (const [place, row] of rows) {
        if (!places.has(place) && row.goneAtMs === null)
          rows.set(place, { ...row, goneAtMs: nowMs, backAtMs: null });
        if (!places.has(place) && row.goneAtMs !== null && nowMs - row.goneAtMs > REMEMBERED_MS)
          rows.delete(place);
        if (row.backAtMs !== null && nowMs - row.backAtMs > REMEMBERED_MS) row.backAtMs = null;
      }
      isFirst = false;
      return [...rows.values()];
    },
  };
}
