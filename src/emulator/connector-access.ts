/** Who may speak through the connector, and where. */
import { ApiFault } from "./api-fault.ts";
import { readParameter, type ApiRequest } from "./api-route.ts";
import type { BotBlocks } from "./bot-blocks.ts";
import type { Directory } from "./directory.ts";
import type { Installations } from "./installations.ts";
import type { SigningKeys } from "./signing-keys.ts";
import type { BotIdentity, Organisation, Place, Team } from "./tenant-model.ts";
import { CONNECTOR_AUDIENCE, formatV1Issuer } from "./tokens.ts";

export interface ConnectorAccess {
  /**
   * Throws 401 without a token of the bot's home tenant for the connector, 404 for an unknown tenant, 403 where an
   * administrator of it has switched the bot off.
   */
  demandBot(request: ApiRequest): Promise<Organisation>;
  /** The conversation of the path. Throws 400, 401, 404 where there is none, 403 where the bot is not in it. */
  demandConversation(request: ApiRequest): Promise<Conversation>;
  /** The same, where the bot is heard. Throws 403 where the person has blocked it as well. */
  demandVoice(request: ApiRequest): Promise<Conversation>;
  /** The team of the path, by the id of its General channel. Throws as `demandConversation`. */
  demandTeam(request: ApiRequest): Promise<{ organisation: Organisation; team: Team }>;
  /** Throws 403 where the bot is not, or is blocked. */
  demandHeard(place: Place): void;
}

export interface Conversation {
  readonly place: Place;
  readonly rootId: string | null;
}

/** What a conversation's id ends with, in front of the id of a thread's root. */
const ROOT = "messageid=";

export function createConnectorAccess(needs: {
  readonly keys: SigningKeys;
  readonly directory: Directory;
  readonly installations: Installations;
  readonly blocks: BotBlocks;
  readonly bot: BotIdentity;
}): ConnectorAccess {
  const { keys, directory, installations, blocks, bot } = needs;

  async function demandBot(request: ApiRequest): Promise<Organisation> {
    const [, token = ""] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
    const claims = token === "" ? null : await keys.verify(token, CONNECTOR_AUDIENCE);
    if (claims?.appid !== bot.id || claims.iss !== formatV1Issuer(bot.homeTenantId)) {
      throw new ApiFault(401, "Unauthorized", "Authorization has been denied for this request.");
    }
    const tenantId = readParameter(request, "tenantId");
    const organisation = directory.customers.find(({ id }) => id === tenantId);
    if (!organisation) throw new ApiFault(404, "ServiceError", "Unknown tenant in the service URL.");
    if (blocks.isDisabled(organisation)) {
      throw new ApiFault(403, "BotDisabledByAdmin", "The tenant admin disabled this bot.");
    }
    return organisation;
  }

  function demandRoster(place: Place): void {
    if (installations.isBotHere(place)) return;
    throw new ApiFault(403, "BotNotInConversationRoster", "The bot is not part of the conversation roster.");
  }

  /** Source: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/conversation-messages#status-code-responses */
  function demandHeard(place: Place): void {
    demandRoster(place);
    if (blocks.findBlock(place) === null) return;
    throw new ApiFault(403, "ConversationBlockedByUser", "User blocked the conversation with the bot.");
  }

  async function demandPlace(request: ApiRequest, id: string): Promise<Place> {
    const organisation = await demandBot(request);
    const place = findPlace(directory, id);
    if (place?.organisation === organisation) return place;
    throw new ApiFault(404, "ConversationNotFound", "Conversation not found.");
  }

  async function demandConversation(request: ApiRequest): Promise<Conversation> {
    const [id = "", ...options] = readParameter(request, "conversationId").split(";");
    const place = await demandPlace(request, id);
    demandRoster(place);
    const rootId = options.find((option) => option.startsWith(ROOT))?.slice(ROOT.length);
    if (rootId !== undefined && !/^\d+$/.test(rootId)) {
      throw new ApiFault(400, "BadSyntax", "The conversation's messageid is not a number.");
    }
    return { place, rootId: place.kind === "channel" ? (rootId ?? null) : null };
  }

  return {
    demandBot,
    demandHeard,
    demandConversation,
    async demandVoice(request) {
      const conversation = await demandConversation(request);
      demandHeard(conversation.place);
      return conversation;
    },
    async demandTeam(request) {
      const id = readParameter(request, "teamId");
      const place = await demandPlace(request, id);
      if (place.kind !== "channel" || place.team.channels[0]?.id !== id) {
        throw new ApiFault(404, "ConversationNotFound", "Conversation not found.");
      }
      demandRoster(place);
      return { organisation: place.organisation, team: place.team };
    },
  };
}

/** The connector knows a personal chat by `a:…` alone, not by Graph's id. */
function findPlace(directory: Directory, id: string): Place | undefined {
  const place = directory.findPlace(id);
  return place?.kind === "chat" && place.chat.botConversationId !== id ? undefined : place;
}
