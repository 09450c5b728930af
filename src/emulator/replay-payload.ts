/** Posts to the bot what was saved earlier, signed anew: tokens die and keys change, what was said does not. */
import { z } from "zod";
import { ApiFault } from "./api-fault.ts";
import type { Courier, Delivery, DeliveryRule, Parcel } from "./courier.ts";
import type { Directory } from "./directory.ts";
import type { SubscriptionBook } from "./subscription-book.ts";
import type { Organisation } from "./tenant-model.ts";
import type { Tokens } from "./tokens.ts";

export interface ReplayRequest {
  /** A notification batch, or an activity, as it was once posted. */
  readonly payload: unknown;
  /** Default: where the batch's subscription wants it, or the bot's messaging endpoint. */
  readonly to?: string;
}

/** A delivery, and what the bot said to it. */
export interface Replayed {
  readonly kind: "batch" | "lifecycle" | "activity";
  readonly delivery: Delivery;
  /** The body of the answer; empty where none came. */
  readonly answer: string;
}

export interface ReplayActs {
  /**
   * Once, and not again. A batch gets validation tokens of now, an activity a token of now and the connector of now;
   * all else is as it was saved: ids, times, `clientState`, sealed content. Throws 400 for what is neither, 404 for an
   * organisation that is not emulated or where nobody says where to.
   */
  replay(request: ReplayRequest): Promise<Replayed>;
}

const item = z.looseObject({
  subscriptionId: z.string().optional(),
  tenantId: z.string().optional(),
  lifecycleEvent: z.string().optional(),
  encryptedContent: z.unknown().optional(),
});
const batch = z.looseObject({ value: z.array(item).min(1) });
const activity = z.looseObject({
  type: z.string().min(1),
  conversation: z.looseObject({ tenantId: z.string().optional() }).optional(),
  channelData: z.looseObject({ tenant: z.looseObject({ id: z.string() }).optional() }).optional(),
});

const ONCE: DeliveryRule = { timeoutMs: () => 10_000, planRetryMs: () => null };

export function createReplayActs(needs: {
  readonly courier: Pick<Courier, "deliver">;
  readonly tokens: Pick<Tokens, "issueValidationToken" | "issueActivityToken">;
  readonly directory: Pick<Directory, "customers">;
  readonly subscriptions: Pick<SubscriptionBook, "find">;
  readonly readMessagesUrl: () => string;
  /** Base of the connector; the organisation's id is appended. */
  readonly serviceUrl: string;
}): ReplayActs {
  const { courier, tokens, directory, subscriptions, readMessagesUrl, serviceUrl } = needs;

  async function post(
    kind: Replayed["kind"],
    parcel: Omit<Parcel, "rule" | "readAnswer">,
  ): Promise<Replayed> {
    let answer = "";
    const readAnswer = (_status: number, content: Buffer) => void (answer = content.toString("utf8"));
    const delivery = await courier.deliver({ ...parcel, rule: ONCE, readAnswer });
    return { kind, delivery, answer };
  }

  function demandOrganisation(id: string | undefined): Organisation {
    const found = directory.customers.find((one) => one.id === id);
    if (found) return found;
    const fault = id === undefined ? "names no organisation" : `is of ${id}, which is not emulated here`;
    throw new ApiFault(404, "NotFound", `It cannot be signed: the payload ${fault}.`);
  }

  function replayBatch(saved: z.infer<typeof batch>, to: string | undefined): Promise<Replayed> {
    const isLifecycle = saved.value.every(({ lifecycleEvent }) => lifecycleEvent !== undefined);
    const sealed = saved.value.filter(({ encryptedContent }) => encryptedContent !== undefined);
    const tenantIds = [...new Set(sealed.map(({ tenantId }) => demandOrganisation(tenantId).id))];
    const body = Object.fromEntries(Object.entries(saved).filter(([name]) => name !== "validationTokens"));
    const finishBody = async () => ({
      ...body,
      validationTokens: await Promise.all(tenantIds.map((id) => tokens.issueValidationToken(id))),
    });
    return post(isLifecycle ? "lifecycle" : "batch", {
      ...{ sender: "graph", url: to ?? findSubscriber(saved, isLifecycle), body },
      ...(tenantIds.length > 0 ? { finishBody } : {}),
    });
  }

  function findSubscriber({ value }: z.infer<typeof batch>, isLifecycle: boolean): string {
    for (const { subscriptionId = "" } of value) {
      const resource = subscriptions.find(subscriptionId)?.resource;
      if (!resource) continue;
      return (isLifecycle ? resource.lifecycleNotificationUrl : null) ?? resource.notificationUrl;
    }
    throw new ApiFault(404, "NotFound", "No subscription of the batch lives: say with `to` where it goes.");
  }

  function replayActivity(saved: z.infer<typeof activity>, to: string | undefined): Promise<Replayed> {
    const { id } = demandOrganisation(saved.channelData?.tenant?.id ?? saved.conversation?.tenantId);
    const connector = `${serviceUrl}/${id}/`;
    return post("activity", {
      ...{ sender: "bot-framework", url: to ?? readMessagesUrl(), body: { ...saved, serviceUrl: connector } },
      createHeaders: async () => ({
        authorization: `Bearer ${await tokens.issueActivityToken(connector)}`,
      }),
    });
  }

  return {
    async replay({ payload, to }) {
      const asBatch = batch.safeParse(payload);
      if (asBatch.success) return replayBatch(asBatch.data, to);
      const asActivity = activity.safeParse(payload);
      if (asActivity.success) return replayActivity(asActivity.data, to);
      const message = "payload: neither a notification batch (`value`: items) nor an activity (`type`).";
      throw new ApiFault(400, "BadRequest", message);
    },
  };
}
