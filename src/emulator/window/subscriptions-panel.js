/** What Graph holds for the bot: each subscription in words, how long it still lives, and how it fares. */
import { html, useMemo, useRef } from "/vendor/preact.js";
import { useWindow } from "./window-context.js";
import { Icon } from "./icons.js";
import { describeResource, namesOf } from "./resource-words.js";
import { formatRest } from "./format-rest.js";
import { createSubscriptionHistory } from "./subscription-history.js";
import { useNow } from "./use-now.js";

const SOON_MS = 5 * 60_000;

const HELD_BACK = {
  slow: ["Slow", "warn", "The bot answered late: Graph delivers with a delay."],
  drop: ["Dropped", "bad", "The bot answered too late too often: Graph delivers nothing for a while."],
};

export function SubscriptionsPanel({ control }) {
  const { tenant } = useWindow();
  const { state, clockOffsetMs } = control;
  const history = useRef(null);
  history.current ??= createSubscriptionHistory();
  const pageNowMs = useNow();
  const rows = useMemo(
    () => (state ? history.current.takeIn(state.subscriptions, Date.now()) : []),
    [state, pageNowMs],
  );
  if (!state) return html`<p class="panel__nothing">Waiting for the tenant…</p>`;

  const names = namesOf(tenant, state);
  const nowMs = pageNowMs + clockOffsetMs;
  const alive = rows.filter(({ goneAtMs }) => goneAtMs === null);
  const nextMs = Math.min(...alive.map(({ subscription }) => Date.parse(subscription.expirationDateTime)));
  const several = new Set(rows.map(({ subscription }) => subscription.organisationId)).size > 1;
  return html`
    <section class="panel" data-testid="subscriptions" aria-label="Subscriptions">
      <header class="panel__head">
        <h2>${alive.length} ${alive.length === 1 ? "subscription" : "subscriptions"}</h2>
        ${alive.length > 0 && html`<p>next expires in ${formatRest(nextMs - nowMs)}</p>`}
      </header>
      ${rows.length === 0 && html`<p class="panel__nothing">${tenant.bot.name} has subscribed to nothing yet.</p>`}
      <ul class="subscriptions">
        ${rows.map(
          (row) => html`
            <${Row}
              key=${`${row.subscription.organisationId} ${row.subscription.resource}`}
              row=${row}
              words=${describeResource(row.subscription.resource, { names, bot: tenant.bot.name })}
              organisation=${several && state.organisations.find(({ id }) => id === row.subscription.organisationId)?.name}
              nowMs=${nowMs}
              pageNowMs=${pageNowMs}
              control=${control}
            />
          `,
        )}
      </ul>
    </section>
  `;
}

function Row({ row, words, organisation, nowMs, pageNowMs, control }) {
  const { can, act, notify } = control;
  const { subscription, goneAtMs } = row;
  const restMs = Date.parse(subscription.expirationDateTime) - nowMs;
  const [text, tone, why] = stateOf(row, restMs, pageNowMs);
  const remove = () =>
    act("removeSubscription", { subscriptionId: subscription.id }).catch((error) => notify(error.message));
  return html`
    <li
      class=${goneAtMs === null ? "subscription" : "subscription subscription--gone"}
      data-testid="subscription"
      data-resource=${subscription.resource}
      data-id=${subscription.id}
      data-state=${text.toLowerCase()}
    >
      <div class="subscription__words" title=${subscription.resource}>
        <p class="subscription__what">${words.what}</p>
        <p class="subscription__where">
          ${[organisation, words.where, subscription.includeResourceData ? "with content" : "without content"]
            .filter(Boolean)
            .join(" · ")}
        </p>
      </div>
      <div class="subscription__end">
        <span class=${`subscription__state tone-${tone}`} title=${why}>${text}</span>
        <span class="subscription__rest" title=${subscription.expirationDateTime}>
          ${goneAtMs === null ? formatRest(restMs) : "–"}
        </span>
      </div>
      ${
        can("removeSubscription") &&
        goneAtMs === null &&
        html`<button
          type="button"
          class="icon-button"
          data-testid="remove-subscription"
          aria-label=${`Remove: ${words.what}`}
          title="Remove, and tell the bot"
          onClick=${remove}
        >
          <${Icon} name="bin" size=${16} />
        </button>`
      }
    </li>
  `;
}

/** Word, tone and reason. */
function stateOf({ subscription, goneAtMs, backAtMs, isNew }, restMs, pageNowMs) {
  if (goneAtMs !== null) return ["Removed", "bad", "Graph does not have it any more."];
  if (restMs <= 0) return ["Expired", "bad", "Nothing is delivered any more."];
  if (subscription.heldBack) return HELD_BACK[subscription.heldBack];
  if (backAtMs !== null) return ["Back", "good", `Made anew ${formatRest(pageNowMs - backAtMs)} ago.`];
  if (restMs < SOON_MS) return ["Ends soon", "warn", "Renewed before it ends, if the bot is at work."];
  return isNew ? ["New", "good", "Made while this page looked."] : ["Live", "good", "Graph delivers."];
}
