/** Posts to the bot what neither Graph nor Bot Framework sent, and tells what the bot answered. */
import type { Edges } from "../edges.ts";
import { ApiFault } from "./api-fault.ts";
import { createMessageActivity } from "./activity-shape.ts";
import type { BotAddress } from "./bot-address.ts";
import type { Courier } from "./courier.ts";
import { tellsOfChanges } from "./delivery-faults.ts";
import type { Directory } from "./directory.ts";
import { ACTIVITY_FORGERIES, forgeActivity, type ActivityForgery } from "./forged-activity.ts";
import { BATCH_FORGERIES, forgeBatch, type BatchForgery, type RealBatch } from "./forged-batch.ts";
import type { Installations } from "./installations.ts";
import { createNotification } from "./notification.ts";
import { readNews, type News } from "./read-news.ts";
import { sealContent, type SealingCertificate } from "./seal-content.ts";
import type { SigningKeys } from "./signing-keys.ts";
import type { Store } from "./store.ts";
import type { SubscriptionBook } from "./subscription-book.ts";
import type { Subscription } from "./subscription-resource.ts";
import { readConversationId, type BotIdentity, type Place, type StoredMessage } from "./tenant-model.ts";
import { createStranger, createTokenForge, type Stranger } from "./token-forge.ts";
import type { Tokens } from "./tokens.ts";

export type Forgery = BatchForgery | ActivityForgery;
export const FORGERIES: readonly Forgery[] = [...BATCH_FORGERIES, ...ACTIVITY_FORGERIES];

export interface ForgeRequest {
  readonly kind: Forgery;
  /** Id or name. Default: the first where it is possible. */
  readonly conversation?: string;
  /** What the message that nobody wrote says. */
  readonly text?: string;
}

export interface Forged {
  readonly kind: Forgery;
  readonly url: string;
  /** As it was posted. */
  readonly sent: object;
  /** Id of the message that nobody wrote; null where something is repeated. */
  readonly messageId: string | null;
  /** What the bot answered; null: nothing. */
  readonly status: number | null;
  readonly answer: string;
}

export interface ForgerNeeds {
  readonly edges: Pick<Edges, "now" | "fetch" | "timeout" | "randomBytes" | "randomUuid">;
  readonly bot: BotIdentity;
  readonly address: BotAddress;
  readonly readServiceUrl: () => string;
  readonly directory: Directory;
  readonly installations: Installations;
  readonly store: Pick<Store, "list">;
  readonly subscriptions: Pick<SubscriptionBook, "findDuplicate">;
  readonly tokens: Tokens;
  readonly entraKeys: SigningKeys;
  readonly botFrameworkKeys: SigningKeys;
  readonly courier: Pick<Courier, "deliveries">;
}

const PATIENCE_MS = 15_000;
const NOBODYS_WORDS = "Nobody wrote this.";

interface Invented {
  readonly place: Place;
  readonly message: StoredMessage;
}

/**
 * Not by the courier: no dice fall, nothing is tried again, and the log of what Microsoft posted stays true.
 * Throws 409 where there is no conversation, subscription or earlier batch to forge after.
 */
export function createForger(needs: ForgerNeeds): (request: ForgeRequest) => Promise<Forged> {
  const { edges, bot, directory, installations, store, subscriptions, tokens } = needs;
  let stranger: Promise<Stranger> | null = null;
  const readStranger = () => (stranger ??= createStranger());

  function listPlaces(conversation: string | undefined): Place[] {
    if (conversation !== undefined) return [directory.resolvePlace(conversation)];
    return directory.customers.flatMap((organisation): Place[] => [
      ...organisation.chats.map((chat): Place => ({ kind: "chat", organisation, chat })),
      ...organisation.teams.flatMap((team) =>
        team.channels.map((channel): Place => ({ kind: "channel", organisation, team, channel })),
      ),
    ]);
  }

  /** Like the last that a person said there, which has all that a message needs. */
  function invent(place: Place, text: string): Invented | null {
    const id = String(edges.now());
    const found = store
      .list(readConversationId(place))
      .findLast(({ author, deletedAtMs }) => !author.isBot && deletedAtMs === null);
    if (!found) return null;
    const times = { createdAtMs: Number(id), modifiedAtMs: Number(id), editedAtMs: null };
    return {
      place,
      message: {
        ...{ ...found, ...times, id, version: id, rootId: null, key: `invented ${id}` },
        ...{ parts: [{ text }], cards: [], reactions: [] },
      },
    };
  }

  /** Graph's news of it, and who asked to be told with content. */
  function findAsking({ place, message }: Invented) {
    const change = { kind: "message", cause: "posted", place, message, before: null } as const;
    for (const news of readNews(change, bot, installations.isInstalled)) {
      for (const scope of news.scopes) {
        const subscription = subscriptions.findDuplicate(news.organisationId, scope);
        if (subscription?.certificate) return { news, subscription, certificate: subscription.certificate };
      }
    }
    return null;
  }

  function choose<T>(
    { conversation, text = NOBODYS_WORDS }: ForgeRequest,
    accept: (invented: Invented) => T | null,
    missing: string,
  ): T {
    for (const place of listPlaces(conversation)) {
      const invented = invent(place, text);
      const accepted = invented && accept(invented);
      if (accepted) return accepted;
    }
    throw new ApiFault(409, "Conflict", `Nothing can be forged: ${missing}.`);
  }

  function readLast(): object {
    const found = needs.courier.deliveries.findLast(
      (delivery) => delivery.state === "delivered" && tellsOfChanges(delivery),
    );
    if (found) return found.body as object;
    throw new ApiFault(409, "Conflict", "Nothing can be forged: Graph has told of no change yet.");
  }

  async function createRealBatch({
    news,
    subscription,
    certificate,
  }: {
    news: News;
    subscription: Subscription;
    certificate: SealingCertificate;
  }): Promise<RealBatch> {
    const own = await readStranger();
    const text = JSON.stringify(news.formatContent());
    const seal = (by: SealingCertificate) => sealContent(text, by, edges.randomBytes(32));
    const content = seal(certificate);
    const tenantId = subscription.organisationId;
    const { entraKeys: keys } = needs;
    return {
      ...{ content, tenantId, readLast, randomId: edges.randomUuid },
      item: createNotification(subscription, news, content),
      otherTenantId: directory.home.id,
      tokens: createTokenForge({ keys, stranger: own, whose: tenantId, describe: tokens.describeValidation }),
      sealForStranger: () => seal({ ...certificate, publicKey: own.publicKey }),
    };
  }

  async function post(
    url: string,
    body: object,
    token: string | null,
  ): Promise<Pick<Forged, "status" | "answer">> {
    try {
      const response = await edges.fetch(url, {
        method: "POST",
        headers: {
          "content-type": "application/json; charset=utf-8",
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(body),
        ...{ redirect: "manual", signal: edges.timeout(PATIENCE_MS) },
      });
      return { status: response.status, answer: await response.text() };
    } catch (thrown) {
      return { status: null, answer: String(thrown) };
    }
  }

  async function sendBatch(request: ForgeRequest, kind: BatchForgery): Promise<Forged> {
    const asking = choose(request, findAsking, "no subscription brings content");
    const real = await createRealBatch(asking);
    const sent = await forgeBatch(kind, real);
    const url = asking.subscription.resource.notificationUrl;
    const messageId = kind === "replayed-batch" ? null : asking.news.resourceId;
    return { kind, url, sent, messageId, ...(await post(url, sent, null)) };
  }

  async function sendActivity(request: ForgeRequest, kind: ActivityForgery): Promise<Forged> {
    const isHeard = (invented: Invented) => (installations.isBotHere(invented.place) ? invented : null);
    const { place, message } = choose(request, isHeard, "the app is installed nowhere");
    const context = { bot, serviceUrl: needs.readServiceUrl(), nowMs: edges.now() };
    const activity = createMessageActivity("posted", message, place, context);
    const { body, token } = await forgeActivity(kind, {
      ...{ activity, tenantId: place.organisation.id, randomId: edges.randomUuid },
      tokens: createTokenForge({
        ...{ keys: needs.botFrameworkKeys, stranger: await readStranger() },
        ...{ whose: String(activity.serviceUrl), describe: tokens.describeActivity },
      }),
    });
    const url = needs.address.readMessagesUrl();
    return { kind, url, sent: body, messageId: message.id, ...(await post(url, body, token)) };
  }

  return async (request) => {
    const { kind } = request;
    return isActivity(kind) ? sendActivity(request, kind) : sendBatch(request, kind);
  };
}

function isActivity(kind: Forgery): kind is ActivityForgery {
  return (ACTIVITY_FORGERIES as readonly Forgery[]).includes(kind);
}
