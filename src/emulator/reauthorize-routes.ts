/** Graph's other way of going on with a subscription: with another token, and no longer than before. */
import { ApiFault } from "./api-fault.ts";
import { readParameter, type ApiHandler, type ApiRoutes } from "./api-route.ts";
import { demandPermission, type GraphDoor } from "./graph-access.ts";
import type { Installations } from "./installations.ts";
import type { SubscriptionBook } from "./subscription-book.ts";
import { readPermission } from "./subscription-permissions.ts";
import type { GraphVersion } from "./subscription-resource.ts";

/** Source: https://learn.microsoft.com/graph/api/subscription-reauthorize */
export function createReauthorizeRoutes(needs: {
  readonly door: GraphDoor;
  readonly installations: Installations;
  readonly subscriptions: SubscriptionBook;
}): ApiRoutes {
  const { door, installations, subscriptions } = needs;

  const reauthorize =
    (version: GraphVersion): ApiHandler =>
    async (request) => {
      const caller = await door(request);
      const found = subscriptions.find(readParameter(request, "subscriptionId"));
      if (found?.organisationId !== caller.organisation.id) {
        throw new ApiFault(404, "ResourceNotFound", "The object was not found.");
      }
      demandPermission(caller, readPermission(found.scope, version, installations));
      return { status: 204 };
    };

  return {
    area: "graph",
    handlers: {
      "POST /v1.0/subscriptions/:subscriptionId/reauthorize": reauthorize("v1.0"),
      "POST /beta/subscriptions/:subscriptionId/reauthorize": reauthorize("beta"),
    },
  };
}
