/** Bot Framework's connector, as Teams serves it: the pictures of messages, which activities name and do not carry. */
import { readObjectId } from "./activity-attachments.ts";
import { ApiFault } from "./api-fault.ts";
import { readParameter, type ApiRoutes } from "./api-route.ts";
import type { ConnectorAccess } from "./connector-access.ts";
import type { Directory } from "./directory.ts";
import type { Installations } from "./installations.ts";
import type { Store } from "./store.ts";

/** Source: https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference#get-attachment */
export function createPictureRoutes(needs: {
  readonly access: Pick<ConnectorAccess, "demandBot">;
  readonly directory: Directory;
  readonly installations: Pick<Installations, "isBotHere">;
  readonly store: Pick<Store, "listAll">;
}): ApiRoutes {
  const { access, directory, installations, store } = needs;

  return {
    area: "connector",
    handlers: {
      "GET /amer/:tenantId/v3/attachments/:attachmentId/views/:viewId": async (request) => {
        const organisation = await access.demandBot(request);
        const wanted = readParameter(request, "attachmentId");
        for (const { conversationId, hostedContents = [] } of store.listAll()) {
          const found = hostedContents.find((one) => one.picture && readObjectId(one) === wanted);
          const place = found && directory.findPlace(conversationId);
          if (!found || place?.organisation !== organisation || !installations.isBotHere(place)) continue;
          if (readParameter(request, "viewId") !== "original") break;
          return { status: 200, content: found.bytes, type: found.type };
        }
        throw new ApiFault(404, "BadArgument", "The attachment was not found.");
      },
    },
  };
}
