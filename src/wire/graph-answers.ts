/** What Graph answers to our calls, as far as we read it. */
import { z } from "zod";
import { parseShape } from "./parse-shape.ts";

const subscription = z.looseObject({
  id: z.string().min(1),
  resource: z.string(),
  expirationDateTime: z.iso.datetime({ offset: true }),
  notificationUrl: z.string().nullish(),
});
/** Without its clientState: Graph does not give that back. Source: https://learn.microsoft.com/graph/api/resources/subscription */
export type GraphSubscription = z.infer<typeof subscription>;

export function parseSubscription(input: unknown): GraphSubscription {
  return parseShape(subscription, input, "subscription");
}

const channel = z.looseObject({
  id: z.string().min(1),
  displayName: z.string().nullish(),
  membershipType: z.string().nullish(),
  isArchived: z.boolean().nullish(),
  createdDateTime: z.string().nullish(),
});
/** Source: https://learn.microsoft.com/graph/api/resources/channel */
export type GraphChannel = z.infer<typeof channel>;

export function parseChannel(input: unknown): GraphChannel {
  return parseShape(channel, input, "channel");
}

const teamsApp = z.looseObject({ id: z.string().min(1), externalId: z.string().nullish() });
/** Source: https://learn.microsoft.com/graph/api/resources/teamsapp */
export type GraphTeamsApp = z.infer<typeof teamsApp>;

export function parseTeamsApp(input: unknown): GraphTeamsApp {
  return parseShape(teamsApp, input, "teamsApp");
}

const permissionGrant = z.looseObject({
  clientAppId: z.string().nullish(),
  clientId: z.string().nullish(),
  permission: z.string().nullish(),
  deletedDateTime: z.string().nullish(),
});
/** Source: https://learn.microsoft.com/graph/api/resources/resourcespecificpermissiongrant */
export type GraphPermissionGrant = z.infer<typeof permissionGrant>;

export function parsePermissionGrant(input: unknown): GraphPermissionGrant {
  return parseShape(permissionGrant, input, "permissionGrant");
}

const page = z.looseObject({
  value: z.array(z.unknown()),
  "@odata.nextLink": z.string().optional(),
  "@odata.deltaLink": z.string().optional(),
});

export interface GraphPage {
  /** Unread. */
  readonly items: unknown[];
  readonly nextLink: string | null;
  /** On the last page of a delta: with it only what has changed since is told. */
  readonly deltaLink: string | null;
}

/** One page of a list. */
export function parsePage(input: unknown): GraphPage {
  const parsed = parseShape(page, input, "list");
  return {
    items: parsed.value,
    nextLink: parsed["@odata.nextLink"] ?? null,
    deltaLink: parsed["@odata.deltaLink"] ?? null,
  };
}
