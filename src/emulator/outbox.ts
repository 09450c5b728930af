/** Where Graph's notifications become POSTs: alone, or gathered into batches. */
import type { Edges } from "../edges.ts";
import { GRAPH_DELIVERY_RULE, type Courier, type Delivery } from "./courier.ts";
import type { Tokens } from "./tokens.ts";

/** How notifications for one URL are gathered, of whichever subscriptions and tenants. */
export interface Batching {
  /** A batch of so many goes at once. */
  readonly mostItems: number;
  /** No item waits longer. */
  readonly waitMs: number;
}

export interface OutboxItem {
  readonly item: object;
  readonly organisationId: string;
  /** Its subscription asked for content, so that the batch brings a token of its tenant. */
  readonly isRich: boolean;
}

export interface Outbox {
  /** Resolves with the POST that the last of these went with, when it was delivered, given up or lost. */
  add(url: string, items: readonly OutboxItem[]): Promise<Delivery>;
}

interface Batch {
  readonly items: OutboxItem[];
  readonly delivered: PromiseWithResolvers<Delivery>;
}

/**
 * `batching` null: each call is a POST. A batch has one token for each tenant with rich items in it.
 * Source: https://learn.microsoft.com/graph/change-notifications-with-resource-data
 */
export function createOutbox(needs: {
  readonly edges: Pick<Edges, "sleep">;
  readonly tokens: Pick<Tokens, "issueValidationToken">;
  readonly courier: Pick<Courier, "deliver">;
  readonly batching: Batching | null;
}): Outbox {
  const { edges, tokens, courier, batching } = needs;
  const open = new Map<string, Batch>();

  /** Into the courier's hands at once; the tokens are put in when they are there. */
  function post(url: string, items: readonly OutboxItem[]): Promise<Delivery> {
    const value = items.map(({ item }) => item);
    const tenantIds = [...new Set(items.filter(({ isRich }) => isRich).map((one) => one.organisationId))];
    const finishBody = async () => {
      const validationTokens = await Promise.all(tenantIds.map((id) => tokens.issueValidationToken(id)));
      return { value, validationTokens };
    };
    return courier.deliver({
      ...{ sender: "graph", url, body: { value }, rule: GRAPH_DELIVERY_RULE },
      ...(tenantIds.length > 0 ? { finishBody } : {}),
    });
  }

  function gather(url: string, item: OutboxItem, { mostItems, waitMs }: Batching): Promise<Delivery> {
    let batch = open.get(url);
    if (!batch) {
      const begun: Batch = { items: [], delivered: Promise.withResolvers<Delivery>() };
      open.set(url, (batch = begun));
      void edges.sleep(waitMs).then(() => close(url, begun));
    }
    batch.items.push(item);
    if (batch.items.length >= mostItems) close(url, batch);
    return batch.delivered.promise;
  }

  function close(url: string, batch: Batch): void {
    if (open.get(url) !== batch) return;
    open.delete(url);
    batch.delivered.resolve(post(url, batch.items));
  }

  return {
    add(url, items) {
      const gathered = batching ? items.map((item) => gather(url, item, batching)) : [];
      return gathered.at(-1) ?? post(url, items);
    },
  };
}
