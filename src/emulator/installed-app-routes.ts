/**
 * Where the app is installed, as Graph lists it. Of all apps there is this one.
 * Sources: https://learn.microsoft.com/graph/api/team-list-installedapps,
 * https://learn.microsoft.com/graph/api/chat-list-installedapps,
 * https://learn.microsoft.com/graph/api/userteamwork-list-installedapps
 */
import { ApiFault } from "./api-fault.ts";
import { readParameter, type ApiAnswer, type ApiRequest, type ApiRoutes } from "./api-route.ts";
import type { Directory } from "./directory.ts";
import { demandPermission, type GraphCaller, type GraphDoor, type Permission } from "./graph-access.ts";
import { findPersonOf, type GraphPlaces } from "./graph-places.ts";
import type { Installations } from "./installations.ts";
import { demandKnownOptions } from "./read-page.ts";
import type { BotIdentity, Organisation } from "./tenant-model.ts";

/** What may be asked for beside the id of an installation. */
const EXPANDABLE = ["teamsApp", "teamsAppDefinition"];
const SELECTABLE = ["id", "consentedPermissionSet"];
const OPTIONS = ["$expand", "$filter", "$select"];
const METADATA = "https://graph.microsoft.com/v1.0/$metadata#";

const KINDS = ["Read", "ReadWriteSelf", "ReadWrite", "ReadWriteAndConsentSelf", "ReadWriteAndConsent"];
const IN_TEAM = {
  oneOfGrants: ["TeamsAppInstallation.Read.Group"],
  oneOfRoles: [
    ...listRoles("Team"),
    "TeamsAppInstallation.ManageSelectedForTeam.All",
    "TeamsAppInstallation.Read.All",
  ],
};
const IN_CHAT = {
  oneOfGrants: ["TeamsAppInstallation.Read.Chat", "Chat.Manage.Chat"],
  oneOfRoles: [...listRoles("Chat"), "TeamsAppInstallation.ManageSelectedForChat.All"],
};
const FOR_USER = {
  oneOfGrants: [],
  oneOfRoles: [...listRoles("User"), "TeamsAppInstallation.ReadWriteSelectedForUser.All"],
};

export function createInstalledAppRoutes(needs: {
  readonly door: GraphDoor;
  readonly directory: Directory;
  readonly places: GraphPlaces;
  readonly installations: Installations;
  readonly bot: BotIdentity;
}): ApiRoutes {
  const { door, directory, places, installations, bot } = needs;

  /** `ids`: where it is installed, if it is; `path` names the list. */
  function answer(
    request: ApiRequest,
    caller: GraphCaller,
    found: { readonly id: string | undefined; readonly path: string },
    permission: Pick<Permission, "oneOfGrants" | "oneOfRoles">,
  ): ApiAnswer {
    const { id = "", path } = found;
    const grants = installations.listGrants(id);
    demandPermission(caller, { grants, ...permission });
    demandKnownOptions(request, OPTIONS);
    const expand = readNames(request, "$expand", EXPANDABLE);
    const select = readNames(request, "$select", SELECTABLE);
    const isMeant = readFilter(request, caller.organisation, bot);
    const value =
      isMeant && installations.isInstalled(id)
        ? [formatInstallation(id, { grants, expand, select, organisation: caller.organisation, bot })]
        : [];
    const asked = [...select, ...expand.map((one) => `${one}()`)];
    const context = `${METADATA}${path}/installedApps${asked.length > 0 ? `(${asked.join(",")})` : ""}`;
    return { status: 200, json: { "@odata.context": context, "@odata.count": value.length, value } };
  }

  return {
    area: "graph",
    handlers: {
      "GET /v1.0/teams/:teamId/installedApps": async (request) => {
        const caller = await door(request);
        const { id } = places.demandTeam(caller, readParameter(request, "teamId"));
        return answer(request, caller, { id, path: `teams('${id}')` }, IN_TEAM);
      },
      "GET /v1.0/chats/:chatId/installedApps": async (request) => {
        const caller = await door(request);
        const { id } = places.demandChat(caller, readParameter(request, "chatId")).chat;
        return answer(request, caller, { id, path: `chats('${encodeURIComponent(id)}')` }, IN_CHAT);
      },
      "GET /v1.0/users/:userId/teamwork/installedApps": async (request) => {
        const caller = await door(request);
        demandPermission(caller, FOR_USER);
        const person = findPersonOf(directory, caller, readParameter(request, "userId"));
        const { chats } = caller.organisation;
        const own = chats.find(({ kind, memberIds }) => kind === "personal" && memberIds.includes(person.id));
        return answer(request, caller, { id: own?.id, path: `users('${person.id}')/teamwork` }, FOR_USER);
      },
    },
  };
}

/** Names with commas between them. Throws 400 for one that is not there. */
function readNames({ query }: ApiRequest, option: string, known: readonly string[]): readonly string[] {
  const names = (query.get(option) ?? "").split(",").map((name) => name.trim());
  const asked = names.filter((name) => name !== "");
  const strange = asked.find((name) => !known.includes(name));
  if (strange === undefined) return asked;
  const type = "microsoft.graph.teamsAppInstallation";
  throw new ApiFault(400, "BadRequest", `Could not find a property named '${strange}' on type '${type}'.`);
}

/** Whether this app is meant. Throws 501 for a filter that is not emulated. */
function readFilter({ query }: ApiRequest, organisation: Organisation, bot: BotIdentity): boolean {
  const filter = query.get("$filter");
  if (filter === null) return true;
  const [, name, id = ""] = /^\s*teamsApp\/(externalId|id)\s+eq\s+'([^']*)'\s*$/i.exec(filter) ?? [];
  if (name === undefined) {
    throw new ApiFault(501, "NotEmulated", `installedApps: $filter=${filter} is not emulated.`);
  }
  const own = name.toLowerCase() === "id" ? organisation.catalogAppId : bot.teamsAppId;
  return id.toLowerCase() === own.toLowerCase();
}

/** An installation's own id is neither the catalog's nor the manifest's. */
function formatInstallation(
  installId: string,
  asked: {
    readonly grants: readonly string[];
    readonly expand: readonly string[];
    readonly select: readonly string[];
    readonly organisation: Organisation;
    readonly bot: BotIdentity;
  },
): object {
  const { grants, expand, select, organisation, bot } = asked;
  const resourceSpecificPermissions = grants.map((permissionValue) => ({
    ...{ permissionValue, permissionType: "application" },
  }));
  return {
    id: formatId(installId, organisation.catalogAppId),
    ...(select.includes("consentedPermissionSet")
      ? { consentedPermissionSet: grants.length > 0 ? { resourceSpecificPermissions } : null }
      : {}),
    ...(expand.includes("teamsApp") ? { teamsApp: formatCatalogApp(organisation, bot) } : {}),
    ...(expand.includes("teamsAppDefinition")
      ? { teamsAppDefinition: formatDefinition(organisation, bot) }
      : {}),
  };
}

/** `id` is the catalog's in this organisation, `externalId` the manifest's. Source: https://learn.microsoft.com/graph/api/resources/teamsapp */
export function formatCatalogApp({ catalogAppId: id }: Organisation, bot: BotIdentity): object {
  return { id, externalId: bot.teamsAppId, displayName: bot.name, distributionMethod: "organization" };
}

/** Source: https://learn.microsoft.com/graph/api/resources/teamsappdefinition */
function formatDefinition({ catalogAppId }: Organisation, bot: BotIdentity): object {
  const version = "1.0.0";
  return {
    id: formatId(catalogAppId, version),
    teamsAppId: catalogAppId,
    azureADAppId: bot.id,
    displayName: bot.name,
    version,
    requiredResourceSpecificApplicationPermissions: [],
    publishingState: "published",
    shortDescription: bot.name,
    description: bot.name,
    lastModifiedDateTime: null,
    createdBy: null,
  };
}

function formatId(...parts: readonly string[]): string {
  return Buffer.from(parts.join("##")).toString("base64");
}

function listRoles(where: string): string[] {
  return KINDS.map((kind) => `TeamsAppInstallation.${kind}For${where}.All`);
}
