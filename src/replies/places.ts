import type { Cloud } from "../cloud.ts";
import { EarshotError } from "../errors.ts";
import type { InstalledPlace, Storage } from "../storage/storage.ts";

/** Where the app is installed, and so where a reply can be sent. */
export interface Places {
  /** Writes what an install or a message tells; answers whether it is news to the keeper. */
  remember(place: InstalledPlace): Promise<boolean>;
  forget(place: { tenantId: string; placeId: string }): Promise<void>;
  /**
   * The service URL for a conversation: the one its own place gave, else the newest of its tenant, else the cloud's.
   * Throws `send-refused` where there is none.
   */
  findServiceUrl(conversation: { tenantId: string; conversationId: string }): Promise<string>;
}

export function createPlaces({ storage, cloud }: { storage: Storage; cloud: Cloud }): Places {
  return {
    remember: async (place) => {
      const known = await storage.findPlace(place);
      // Only installs name a team's group id; a message must not unlearn it.
      const merged = {
        ...place,
        teamId: place.teamId ?? known?.teamId ?? null,
        name: place.name === "" ? (known?.name ?? "") : place.name,
        installedAt: known?.installedAt ?? place.installedAt,
      };
      const isSame = known?.serviceUrl === merged.serviceUrl && known.name === merged.name;
      if (known && isSame && known.teamId === merged.teamId) return false;
      await storage.savePlace(merged);
      return known?.teamId !== merged.teamId || !known;
    },
    forget: (place) => storage.removePlace(place),
    findServiceUrl: async ({ tenantId, conversationId }) => {
      const own = await storage.findPlace({ tenantId, placeId: conversationId });
      const place = own ?? (await storage.findNewestPlace({ tenantId }));
      const serviceUrl = place?.serviceUrl ?? cloud.defaultServiceUrl;
      if (serviceUrl === null) {
        throw new EarshotError("send-refused", `no service URL is known for tenant ${tenantId}`);
      }
      return serviceUrl;
    },
  };
}
