/** All of Graph that is emulated, behind its limits and its trouble; no logic. */
import type { Edges } from "../edges.ts";
import type { ApiRoutes } from "./api-route.ts";
import { createBatchRoutes } from "./batch-routes.ts";
import type { CallLog } from "./call-log.ts";
import type { Directory } from "./directory.ts";
import type { GraphDoor } from "./graph-access.ts";
import { createGrantRoutes } from "./grant-routes.ts";
import { createGraphPlaces } from "./graph-places.ts";
import { createGraphRoutes } from "./graph-routes.ts";
import { createHostedContentRoutes } from "./hosted-content-routes.ts";
import type { Installations } from "./installations.ts";
import { createInstalledAppRoutes } from "./installed-app-routes.ts";
import { createPeopleRoutes } from "./people-routes.ts";
import { createReauthorizeRoutes } from "./reauthorize-routes.ts";
import type { Store } from "./store.ts";
import type { SubscriptionBook } from "./subscription-book.ts";
import { createSubscriptionRoutes } from "./subscription-routes.ts";
import type { BotIdentity } from "./tenant-model.ts";
import type { Viewpoints } from "./viewpoints.ts";

export function createGraphParts(needs: {
  readonly edges: Edges;
  readonly readUrl: () => string;
  readonly door: GraphDoor;
  readonly directory: Directory;
  readonly installations: Installations;
  readonly store: Store;
  readonly subscriptions: SubscriptionBook;
  readonly viewpoints: Viewpoints;
  readonly bot: BotIdentity;
  readonly callLog: CallLog;
  /** What stands in front of every call. */
  readonly guard: (routes: ApiRoutes) => ApiRoutes;
}): ApiRoutes[] {
  const { edges, guard } = needs;
  const places = createGraphPlaces(needs);
  const shared = { ...needs, places, now: edges.now };
  const routes = [
    createGraphRoutes(shared),
    createHostedContentRoutes(shared),
    createInstalledAppRoutes(shared),
    createPeopleRoutes(shared),
    createGrantRoutes(shared),
    createSubscriptionRoutes(shared),
    createReauthorizeRoutes(shared),
  ].map(guard);
  return [...routes, createBatchRoutes({ ...needs, routes })];
}
