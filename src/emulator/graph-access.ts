/** Who may ask Graph, and for what. */
import { ApiFault } from "./api-fault.ts";
import type { ApiRequest } from "./api-route.ts";
import type { Directory } from "./directory.ts";
import type { SigningKeys } from "./signing-keys.ts";
import type { BotIdentity, Organisation } from "./tenant-model.ts";
import { formatV1Issuer, GRAPH_AUDIENCE } from "./tokens.ts";

export interface GraphCaller {
  /** The tenant of the token; nothing outside it is seen. */
  readonly organisation: Organisation;
  readonly roles: readonly string[];
}

/** Resource-specific grants that the app holds on the thing asked for, and what would do. */
export interface Permission {
  readonly grants?: readonly string[];
  readonly oneOfGrants?: readonly string[];
  readonly oneOfRoles: readonly string[];
}

/** Returns the caller, whose call is counted from then on; throws 401 `InvalidAuthenticationToken`. */
export type GraphDoor = (request: ApiRequest) => Promise<GraphCaller>;

export function createGraphDoor(keys: SigningKeys, directory: Directory, bot: BotIdentity): GraphDoor {
  return async (request) => {
    const [, token = ""] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
    if (token === "") throw refuseToken("Access token is empty.");
    const claims = await keys.verify(token, GRAPH_AUDIENCE);
    if (!claims)
      throw refuseToken("Access token validation failure. Signature, audience or lifetime is wrong.");
    const tenantId = typeof claims.tid === "string" ? claims.tid : "";
    const organisation = directory.findOrganisation(tenantId);
    if (organisation?.id !== tenantId || claims.iss !== formatV1Issuer(tenantId) || claims.appid !== bot.id) {
      throw refuseToken("Access token validation failure. Invalid issuer or application.");
    }
    request.countCall?.(organisation.id);
    const roles = Array.isArray(claims.roles) ? claims.roles.map(String) : [];
    return { organisation, roles };
  };
}

/**
 * Throws 403 where neither a role of the token nor a grant on the resource allows it.
 * Wording: https://github.com/OfficeDev/Microsoft-Teams-Samples/issues/959
 */
export function demandPermission(caller: GraphCaller, permission: Permission): void {
  const { grants = [], oneOfGrants = [], oneOfRoles } = permission;
  if (oneOfRoles.some((role) => caller.roles.includes(role))) return;
  if (oneOfGrants.some((grant) => grants.includes(grant))) return;
  throw new ApiFault(
    403,
    "Forbidden",
    `Missing role permissions on the request. API requires one of '${[...oneOfRoles, ...oneOfGrants].join(", ")}'. ` +
      `Roles on the request '${caller.roles.join(", ")}'. ` +
      `Resource specific consent grants on the request '${grants.join(", ")}'.`,
  );
}

/** What the token says of itself, whether or not it is one; empty where it says nothing. */
export function readTokenClaims({ headers }: Pick<ApiRequest, "headers">): Readonly<Record<string, unknown>> {
  const [, payload = ""] = (headers.authorization ?? "").split(".");
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
    return typeof claims === "object" && claims !== null ? { ...claims } : {};
  } catch {
    return {};
  }
}

function refuseToken(message: string): ApiFault {
  return new ApiFault(401, "InvalidAuthenticationToken", message);
}
