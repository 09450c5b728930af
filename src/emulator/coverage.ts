/**
 * What of Microsoft 365 is emulated, route by route; a test holds this table to the routes that exist. `full` means
 * as documented for an app like Earshot; `partial` says in the note what is missing. All else answers 501 by name.
 */
import type { ApiArea } from "./api-route.ts";

export interface CoverageEntry {
  readonly method: string;
  readonly path: string;
  readonly area: ApiArea;
  readonly coverage: "full" | "partial";
  readonly note: string;
}

type Row = readonly [route: string, coverage: "full" | "partial", note: string];

const CONVERSATIONS = "/amer/:tenantId/v3/conversations";
const ACTIVITY = `${CONVERSATIONS}/:conversationId/activities/:activityId`;
const CHANNEL_MESSAGES = "/v1.0/teams/:teamId/channels/:channelId/messages";

const ROWS: Readonly<Record<ApiArea, readonly Row[]>> = {
  entra: [
    ["GET /:tenant/v2.0/.well-known/openid-configuration", "partial", "what a token verifier reads"],
    ["GET /:tenant/.well-known/openid-configuration", "partial", "what a token verifier reads"],
    ["GET /:tenant/discovery/v2.0/keys", "full", "one key, not rotated"],
    ["GET /:tenant/discovery/keys", "full", "one key, not rotated"],
    [
      "POST /:tenant/oauth2/v2.0/token",
      "partial",
      "client credentials with a secret; no certificate, no federated credential, no user",
    ],
  ],
  "bot-login": [
    ["GET /v1/.well-known/openidconfiguration", "full", ""],
    ["GET /v1/.well-known/keys", "full", "one key, endorsed for msteams"],
  ],
  connector: [
    [
      `POST ${CONVERSATIONS}`,
      "full",
      "new thread in a channel, or a personal chat; groups are refused as by Teams; no send limits, no trouble",
    ],
    [
      `POST ${CONVERSATIONS}/:conversationId/activities`,
      "partial",
      "text, Adaptive Cards, mentions, typing; send limits of a thread and of a tenant, for one bot",
    ],
    [`POST ${ACTIVITY}`, "partial", "as above; the activity replied to decides nothing"],
    [`PUT ${ACTIVITY}`, "partial", "own messages; text and Adaptive Cards; no send limits"],
    [`DELETE ${ACTIVITY}`, "full", "own messages"],
    [
      `PUT ${ACTIVITY}/reactions/:reactionType`,
      "partial",
      "any name is taken as a reaction; 2 in a second in all, as by Teams",
    ],
    [`DELETE ${ACTIVITY}/reactions/:reactionType`, "full", "counts as a reaction"],
    [`GET ${CONVERSATIONS}/:conversationId/members`, "full", ""],
    [`GET ${CONVERSATIONS}/:conversationId/pagedmembers`, "partial", "always one page"],
    [`GET ${CONVERSATIONS}/:conversationId/members/:memberId`, "full", "by 29: id or by Entra object id"],
  ],
  graph: [
    ["GET /v1.0/appCatalogs/teamsApps", "partial", "$filter=externalId eq '…' alone"],
    ["GET /v1.0/teams/:teamId", "partial", "settings as a team has them at first; no query options"],
    ["GET /v1.0/teams/:teamId/channels", "partial", "$top and next links; no $filter, no $select"],
    [`GET ${CHANNEL_MESSAGES}`, "partial", "$top, next links, $expand=replies"],
    [`GET ${CHANNEL_MESSAGES}/delta`, "full", "$top, $filter, $expand=replies, next and delta links"],
    [`GET ${CHANNEL_MESSAGES}/:messageId`, "partial", "Markdown in what a bot says is not rendered"],
    [`GET ${CHANNEL_MESSAGES}/:messageId/replies`, "partial", "as above"],
    [`GET ${CHANNEL_MESSAGES}/:messageId/replies/:replyId`, "partial", "as above"],
    ["GET /v1.0/chats/:chatId/messages", "partial", "$top, $orderby, $filter, next links; as above"],
    ["GET /v1.0/chats/:chatId/messages/:messageId", "partial", "as above"],
    [
      "POST /v1.0/subscriptions",
      "partial",
      "messages of a channel, a chat, the app's chats, a person's chats, all chats, all channels; teams and channels; $search of whole words and $filter of a mention; no members, no installations",
    ],
    ["GET /v1.0/teams/:teamId/permissionGrants", "full", "of this app alone: there is no other"],
    ["GET /v1.0/chats/:chatId/permissionGrants", "full", "as above"],
    ["GET /v1.0/subscriptions", "full", ""],
    ["GET /v1.0/subscriptions/:subscriptionId", "full", ""],
    ["PATCH /v1.0/subscriptions/:subscriptionId", "full", "expiry, notification URL, certificate"],
    ["DELETE /v1.0/subscriptions/:subscriptionId", "full", ""],
    ["POST /v1.0/subscriptions/:subscriptionId/reauthorize", "full", ""],
    ["POST /beta/subscriptions", "partial", "as v1.0, into the same book; a chat by its own consent as well"],
    ["GET /beta/subscriptions", "full", ""],
    ["GET /beta/subscriptions/:subscriptionId", "full", ""],
    ["PATCH /beta/subscriptions/:subscriptionId", "full", "as v1.0"],
    ["DELETE /beta/subscriptions/:subscriptionId", "full", ""],
    ["POST /beta/subscriptions/:subscriptionId/reauthorize", "full", ""],
  ],
  window: [
    ["GET /", "full", "the page"],
    ["GET /window/:file", "full", "its files"],
    ["GET /vendor/:file", "full", "its two libraries"],
    ["GET /window/state", "full", ""],
    ["GET /window/events", "full", "server-sent events"],
    ["GET /window/coverage", "full", "this table as text"],
    ["POST /window/messages", "full", ""],
    ["PATCH /window/messages", "full", ""],
    ["POST /window/messages/delete", "full", ""],
    ["POST /window/reactions", "full", ""],
  ],
};

export const COVERAGE: readonly CoverageEntry[] = Object.entries(ROWS).flatMap(([area, rows]) =>
  rows.map(([route, coverage, note]) => {
    const [method = "", path = ""] = route.split(" ");
    return { method, path, area: area as ApiArea, coverage, note };
  }),
);

/** What the tenant posts to the bot of its own accord, and the trouble it makes when it is asked to. */
const DELIVERIES: readonly string[] = [
  "graph      created, updated, deleted of messages, teams and channels, sealed or bare; again for 4 hours while there is no 2xx",
  "graph      its limits on calls, by app, tenant and resource, and 10,000 subscriptions an organisation",
  "graph      a POST for each change, or batches of several subscriptions and tenants where a test asks for them",
  "graph      lifecycle notifications when a test asks for one, or by themselves where a test wants that: for a token's end, a subscription's end, a permission withdrawn",
  "graph      no slow or drop state; no ordering is promised",
  "connector  message, messageUpdate, messageDelete, by mention, by consent, or in a personal chat",
  "connector  installationUpdate add, remove and add-upgrade, conversationUpdate for the bot's coming and going",
  "connector  conversationUpdate for what becomes of teams and of standard and shared channels; of people nothing",
  "connector  no messageReaction, no typing",
  "trouble    twice, late, overtaken, never (graph), again after a lost answer, with content that cannot be read (graph)",
  "trouble    calls to Graph: 429, 500, 503 or no answer at all, done or not done; an outage, after which all is told",
  "trouble    replies and reactions: 429, 500 or no answer at all, done or not done; slow",
];

/** The table as plain text, for `GET /window/coverage` and for whoever wants to print it. */
export function formatCoverage(): string {
  const lines = COVERAGE.map(({ area, coverage, method, path, note }) =>
    `${area.padEnd(10)} ${coverage.padEnd(8)} ${method.padEnd(7)} ${path}${note && `  (${note})`}`.trimEnd(),
  );
  return `${[...lines, "", "posted to the bot:", ...DELIVERIES].join("\n")}\n`;
}
