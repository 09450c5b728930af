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
const TEAM = "/amer/:tenantId/v3/teams/:teamId";
const ACTIVITY = `${CONVERSATIONS}/:conversationId/activities/:activityId`;
const CHANNEL_MESSAGES = "/v1.0/teams/:teamId/channels/:channelId/messages";

/** The pictures and the code of a message. */
function listHosted(message: string, note: string): Row[] {
  return ["", "/:contentId", "/:contentId/$value"].map((end) => [
    `GET ${message}/hostedContents${end}`,
    ...(["full", note] as const),
  ]);
}

const INSTALLED = "this app alone: there is no other";

const ROWS: Readonly<Record<ApiArea, readonly Row[]>> = {
  entra: [
    ["GET /:tenant/v2.0/.well-known/openid-configuration", "partial", "what a token verifier reads"],
    ["GET /:tenant/.well-known/openid-configuration", "partial", "what a token verifier reads"],
    ["GET /:tenant/discovery/v2.0/keys", "full", "one key, and another where a test rotates"],
    ["GET /:tenant/discovery/keys", "full", "as above"],
    [
      "POST /:tenant/oauth2/v2.0/token",
      "partial",
      "client credentials with a secret; no certificate, no federated credential, no user",
    ],
  ],
  "bot-login": [
    ["GET /v1/.well-known/openidconfiguration", "full", ""],
    ["GET /v1/.well-known/keys", "full", "as Entra's, each endorsed for msteams"],
  ],
  connector: [
    [
      `POST ${CONVERSATIONS}`,
      "full",
      "new thread in a channel, or a personal chat; groups are refused as by Teams; send limits, trouble",
    ],
    [
      `POST ${CONVERSATIONS}/:conversationId/activities`,
      "partial",
      "type, text as plain, Adaptive Cards, mentions of people, typing, 100 KB; a mention of nobody stays text, summary is shown nowhere; all else that would show is a 501 by its name, as other attachments, suggestedActions, channelData.notification, importance, a carousel, Markdown that is asked for; send limits of a thread and of a tenant, for one bot",
    ],
    [`POST ${ACTIVITY}`, "partial", "as above; the activity replied to decides nothing"],
    [`PUT ${ACTIVITY}`, "partial", "own messages; the fields of a new one; limits of a tenant"],
    [`DELETE ${ACTIVITY}`, "full", "own messages"],
    [
      `PUT ${ACTIVITY}/reactions/:reactionType`,
      "partial",
      "any name, or code points and a name; 2 in a second in all, as by Teams",
    ],
    [`DELETE ${ACTIVITY}/reactions/:reactionType`, "full", "counts as a reaction"],
    [`GET ${CONVERSATIONS}/:conversationId/members`, "full", "5 in a minute, as Teams is giving it up"],
    [
      `GET ${CONVERSATIONS}/:conversationId/pagedmembers`,
      "full",
      "pages of 50 to 500 in teams, none in chats",
    ],
    [`GET ${CONVERSATIONS}/:conversationId/members/:memberId`, "full", "by 29: id or by Entra object id"],
    [`GET ${TEAM}`, "full", "by the id of the General channel"],
    [
      "GET /amer/:tenantId/v3/attachments/:attachmentId/views/:viewId",
      "partial",
      "pictures of people, `original` alone",
    ],
    [`GET ${TEAM}/conversations`, "full", "standard and shared channels; General has no name"],
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
    ...listHosted(`${CHANNEL_MESSAGES}/:messageId`, ""),
    ...listHosted(`${CHANNEL_MESSAGES}/:messageId/replies/:replyId`, ""),
    ...listHosted(
      "/v1.0/chats/:chatId/messages/:messageId",
      "by role alone: a chat's own consent is for beta",
    ),
    ...listHosted("/beta/chats/:chatId/messages/:messageId", "by a chat's own consent as well"),
    [
      "POST /v1.0/subscriptions",
      "partial",
      "messages of a channel, a chat, the app's chats, a person's chats, all chats, all channels; teams and channels; $search of whole words and $filter of a mention; no members, no installations",
    ],
    ["GET /v1.0/teams/:teamId/installedApps", "partial", `${INSTALLED}; $expand, $filter by id, $select`],
    ["GET /v1.0/chats/:chatId/installedApps", "partial", "as above"],
    ["GET /v1.0/users/:userId/teamwork/installedApps", "partial", "as above"],
    ["GET /v1.0/chats/:chatId", "partial", "$expand=members; no meeting's details"],
    ["GET /v1.0/chats/:chatId/members", "partial", "nobody is owner, no query options"],
    ["GET /v1.0/teams/:teamId/members", "partial", "as above; $top and next links"],
    ["GET /v1.0/users/:userId", "partial", "what comes without being asked for; no query options"],
    ["GET /v1.0/users/:userId/chats", "partial", "with viewpoints; $top, next links, $expand=members"],
    ["GET /v1.0/users/:userId/chats/:chatId", "partial", "with its viewpoint; $expand=members"],
    ["GET /v1.0/teams/:teamId/permissionGrants", "full", "of this app alone: there is no other"],
    ["GET /v1.0/chats/:chatId/permissionGrants", "full", "as above"],
    ["GET /v1.0/subscriptions", "full", ""],
    ["GET /v1.0/subscriptions/:subscriptionId", "partial", "no $select"],
    ["PATCH /v1.0/subscriptions/:subscriptionId", "full", "expiry, notification URL, certificate"],
    ["DELETE /v1.0/subscriptions/:subscriptionId", "full", ""],
    ["POST /v1.0/subscriptions/:subscriptionId/reauthorize", "full", ""],
    ["POST /beta/subscriptions", "partial", "as v1.0, into the same book; a chat by its own consent as well"],
    [
      "POST /v1.0/$batch",
      "full",
      "what is in this table; whether Graph takes subscriptions here is not documented",
    ],
    ["POST /beta/$batch", "full", "as v1.0, of beta's"],
    ["GET /beta/subscriptions", "full", ""],
    ["GET /beta/subscriptions/:subscriptionId", "partial", "no $select"],
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
  control: [
    ["GET /control/state", "full", "clock, trouble, places, subscriptions, keys, and the names of the acts"],
    ["PUT /control/faults", "full", "trouble from now on; null: no more"],
    ["POST /control/acts/:act", "full", "what people, administrators and Microsoft's services do"],
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
  "graph      messages with files, cards, code, pictures, quotes, forwarded messages, subject and importance, of people and of other programs; what a policy blocked; a deletion undone; no meetings, no tabs, no Loop components, no announcements",
  "graph      what Teams says of itself, each kind that is documented; by itself of people, chats' names, channels and teams, and not of apps that come and go",
  "graph      its limits on calls, by app, tenant and resource, and 10,000 subscriptions an organisation",
  "graph      a POST for each change, or batches of several subscriptions and tenants where a test asks for them",
  "graph      lifecycle notifications when a test asks for one, and by themselves in `npm start` and `earshot tenant`, in a test where it wants that: for a token's end, a subscription's end, a permission withdrawn",
  "graph      a host that answers slowly is told ten minutes later, one that hardly answers is told nothing for ten minutes, then tried again; no ordering is promised",
  "connector  message, messageUpdate, messageDelete, by mention, by consent, or in a personal chat; undone deletions too; pictures and quotes, no files",
  "connector  installationUpdate add, remove and add-upgrade, conversationUpdate for the bot's coming and going",
  "connector  conversationUpdate for what becomes of teams, of standard and shared channels, and of people in teams and chats",
  "connector  messageReaction to the bot's own messages; of others' nothing, as the older documents say",
  "connector  buttons of Adaptive Cards: Action.Submit, Action.Execute with its answer, messageBack without displayText; no imBack, no task modules, no refresh",
  "connector  no typing: Teams tells a bot of nobody's",
  "trouble    twice, late, overtaken, never (graph), again after a lost answer, with content that cannot be read (graph)",
  "trouble    calls to Graph, the connector, Entra and Bot Framework's login: 429, 5xx, late or no answer, done or not; outages, after which Graph tells all",
  "trouble    what the bot sends: 429, 412, 500 or no answer at all, done or not done; slow",
  "trouble    forged batches and activities; signing keys rotated, tokens ended, their form changed; the clock put forward; the bot's address moved",
];

/** The table as plain text, for `GET /window/coverage` and for whoever wants to print it. */
export function formatCoverage(): string {
  const lines = COVERAGE.map(({ area, coverage, method, path, note }) =>
    `${area.padEnd(10)} ${coverage.padEnd(8)} ${method.padEnd(7)} ${path}${note && `  (${note})`}`.trimEnd(),
  );
  return `${[...lines, "", "posted to the bot:", ...DELIVERIES].join("\n")}\n`;
}
