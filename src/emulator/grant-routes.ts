/** What the app was granted in one team or chat. */
import { ApiFault } from "./api-fault.ts";
import { readParameter, type ApiAnswer, type ApiRequest, type ApiRoutes } from "./api-route.ts";
import type { Directory } from "./directory.ts";
import { demandPermission, type GraphCaller, type GraphDoor, type Permission } from "./graph-access.ts";
import type { Installations } from "./installations.ts";
import type { BotIdentity } from "./tenant-model.ts";

const IN_TEAM = {
  oneOfGrants: ["TeamsAppInstallation.Read.Group", "TeamsApp.Read.Group"],
  oneOfRoles: ["ReadForTeam", "ReadWriteSelfForTeam", "ReadWriteForTeam"].map(formatRole),
};
const IN_CHAT = {
  oneOfGrants: ["TeamsAppInstallation.Read.Chat", "Chat.Manage.Chat"],
  oneOfRoles: ["ReadForChat", "ReadWriteSelfForChat", "ReadWriteForChat"].map(formatRole),
};
const GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000";

/**
 * Sources: https://learn.microsoft.com/graph/api/team-list-permissiongrants,
 * https://learn.microsoft.com/graph/api/chat-list-permissiongrants
 */
export function createGrantRoutes(needs: {
  readonly door: GraphDoor;
  readonly directory: Directory;
  readonly installations: Installations;
  readonly bot: BotIdentity;
}): ApiRoutes {
  const { door, directory, installations, bot } = needs;

  async function answer(
    request: ApiRequest,
    place: { id: string; isHere: (caller: GraphCaller) => boolean },
    permission: Pick<Permission, "oneOfGrants" | "oneOfRoles">,
  ): Promise<ApiAnswer> {
    const caller = await door(request);
    if (!place.isHere(caller)) throw new ApiFault(404, "NotFound", "The team or chat does not exist.");
    const grants = installations.listGrants(place.id);
    demandPermission(caller, { grants, ...permission });
    const [option] = request.query.keys();
    if (option !== undefined)
      throw new ApiFault(400, "BadRequest", `Query option '${option}' is not allowed.`);
    return { status: 200, json: { value: grants.map((grant) => formatGrant(grant, bot)) } };
  }

  return {
    area: "graph",
    handlers: {
      "GET /v1.0/teams/:teamId/permissionGrants": (request) => {
        const id = readParameter(request, "teamId");
        const isHere = ({ organisation }: GraphCaller) =>
          directory.findTeam(id)?.organisation === organisation;
        return answer(request, { id, isHere }, IN_TEAM);
      },
      "GET /v1.0/chats/:chatId/permissionGrants": (request) => {
        const id = readParameter(request, "chatId");
        const isHere = ({ organisation }: GraphCaller) => {
          const place = directory.findPlace(id);
          return place?.kind === "chat" && place.chat.id === id && place.organisation === organisation;
        };
        return answer(request, { id, isHere }, IN_CHAT);
      },
    },
  };
}

function formatRole(what: string): string {
  return `TeamsAppInstallation.${what}.All`;
}

/** Source: https://learn.microsoft.com/graph/api/resources/resourcespecificpermissiongrant */
function formatGrant(permission: string, bot: BotIdentity): object {
  return {
    id: Buffer.from(permission).toString("base64url"),
    clientAppId: bot.id,
    clientId: bot.id,
    resourceAppId: GRAPH_APP_ID,
    permissionType: "Application",
    permission,
    deletedDateTime: null,
  };
}
