/** Who may speak through the connector, and where. */
import { ApiFault } from "./api-fault.ts";
import { readParameter, type ApiRequest } from "./api-route.ts";
import type { Directory } from "./directory.ts";
import type { Installations } from "./installations.ts";
import type { SigningKeys } from "./signing-keys.ts";
import type { BotIdentity, Organisation, Place } from "./tenant-model.ts";
import { CONNECTOR_AUDIENCE, formatV1Issuer } from "./tokens.ts";

export interface ConnectorAccess {
  /** Throws 401 without a token of the bot's home tenant for the connector, 404 for an unknown tenant. */
  demandBot(request: ApiRequest): Promise<Organisation>;
  /** The conversation of the path. Throws 401, 404 where there is none, 403 where the bot is not in it. */
  demandConversation(request: ApiRequest): Promise<{ place: Place; rootId: string | null }>;
  /** Throws 403. */
  demandRoster(place: Place): void;
}

export function createConnectorAccess(needs: {
  readonly keys: SigningKeys;
  readonly directory: Directory;
  readonly installations: Installations;
  readonly bot: BotIdentity;
}): ConnectorAccess {
  const { keys, directory, installations, bot } = needs;

  async function demandBot(request: ApiRequest): Promise<Organisation> {
    const [, token = ""] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
    const claims = token === "" ? null : await keys.verify(token, CONNECTOR_AUDIENCE);
    if (claims?.appid !== bot.id || claims.iss !== formatV1Issuer(bot.homeTenantId)) {
      throw new ApiFault(401, "Unauthorized", "Authorization has been denied for this request.");
    }
    const tenantId = readParameter(request, "tenantId");
    const organisation = directory.customers.find(({ id }) => id === tenantId);
    if (!organisation) throw new ApiFault(404, "ServiceError", "Unknown tenant in the service URL.");
    return organisation;
  }

  function demandRoster(place: Place): void {
    if (installations.isBotHere(place)) return;
    throw new ApiFault(403, "BotNotInConversationRoster", "The bot is not part of the conversation roster.");
  }

  return {
    demandBot,
    demandRoster,
    async demandConversation(request) {
      const organisation = await demandBot(request);
      const [id = "", ...options] = readParameter(request, "conversationId").split(";");
      const place = findPlace(directory, id);
      if (place?.organisation !== organisation) {
        throw new ApiFault(404, "ConversationNotFound", "Conversation not found.");
      }
      demandRoster(place);
      const rootId = options
        .map((option) => /^messageid=(\d+)$/.exec(option)?.[1])
        .find((root) => root !== undefined);
      return { place, rootId: place.kind === "channel" ? (rootId ?? null) : null };
    },
  };
}

/** The connector knows a personal chat by `a:…` alone, not by Graph's id. */
function findPlace(directory: Directory, id: string): Place | undefined {
  const place = directory.findPlace(id);
  return place?.kind === "chat" && place.chat.botConversationId !== id ? undefined : place;
}
