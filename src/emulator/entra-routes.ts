/** Entra: metadata, keys and app tokens. Issuers keep their official names, whatever the base URL. */
import { timingSafeEqual } from "node:crypto";
import { ApiFault } from "./api-fault.ts";
import { readParameter, type ApiRequest, type ApiRoutes } from "./api-route.ts";
import type { Consents } from "./consents.ts";
import type { Directory } from "./directory.ts";
import type { Installations } from "./installations.ts";
import type { SigningKeys } from "./signing-keys.ts";
import type { BotIdentity, Organisation } from "./tenant-model.ts";
import { CONNECTOR_AUDIENCE, formatV1Issuer, formatV2Issuer, GRAPH_AUDIENCE, type Tokens } from "./tokens.ts";

export interface EntraNeeds {
  /** Base URL of this listener; known once it listens. */
  readonly readUrl: () => string;
  readonly directory: Directory;
  readonly installations: Installations;
  readonly tokens: Tokens;
  readonly keys: SigningKeys;
  readonly bot: BotIdentity;
  readonly clientSecret: string;
  readonly consents: Consents;
}

/** Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
export function createEntraRoutes(needs: EntraNeeds): ApiRoutes {
  const { readUrl, directory, installations, tokens, keys, bot, clientSecret, consents } = needs;

  function demandOrganisation(request: ApiRequest): Organisation {
    const name = readParameter(request, "tenant");
    const organisation = directory.findOrganisation(name);
    if (organisation) return organisation;
    throw new ApiFault(400, "invalid_request", `Tenant '${name}' not found.`, 90002);
  }

  function answerMetadata(request: ApiRequest, version: "v1" | "v2") {
    const tenant = readParameter(request, "tenant");
    const tenantId = tenant === "common" ? "{tenantid}" : demandOrganisation(request).id;
    const base = `${readUrl()}/${tenant}`;
    return {
      status: 200,
      json: {
        issuer: version === "v1" ? formatV1Issuer(tenantId) : formatV2Issuer(tenantId),
        authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
        token_endpoint: `${base}/oauth2/v2.0/token`,
        jwks_uri: version === "v1" ? `${base}/discovery/keys` : `${base}/discovery/v2.0/keys`,
        token_endpoint_auth_methods_supported: ["client_secret_post"],
        response_types_supported: ["token"],
        subject_types_supported: ["pairwise"],
        id_token_signing_alg_values_supported: ["RS256"],
        tenant_region_scope: null,
      },
    };
  }

  function answerKeys(request: ApiRequest) {
    if (readParameter(request, "tenant") !== "common") demandOrganisation(request);
    return { status: 200, json: keys.keySet };
  }

  /** A tenant knows the app once an administrator consented, or once it was installed with grants. */
  function knowsApp(organisation: Organisation): boolean {
    const isConsented = consents.listRoles(organisation.id).length > 0;
    return organisation === directory.home || isConsented || installations.hasAnyGrant(organisation);
  }

  function demandClient(form: URLSearchParams, organisation: Organisation): void {
    if (form.get("client_id") !== bot.id || !knowsApp(organisation)) {
      const message = `Application with identifier '${form.get("client_id")}' was not found in the directory '${organisation.name}'.`;
      throw new ApiFault(400, "unauthorized_client", message, 700016);
    }
    if (!isSame(form.get("client_secret") ?? "", clientSecret)) {
      const message = `Invalid client secret provided for app '${bot.id}'.`;
      throw new ApiFault(401, "invalid_client", message, 7000215);
    }
  }

  async function answerToken(request: ApiRequest) {
    const organisation = demandOrganisation(request);
    const form = readForm(request);
    demandClient(form, organisation);
    const audience = readAudience(form);
    if (audience === CONNECTOR_AUDIENCE && organisation !== directory.home) {
      // A single-tenant bot speaks to the connector as its home tenant and as no other.
      const message = `The resource principal named ${audience} was not found in the tenant named ${organisation.name}.`;
      throw new ApiFault(400, "invalid_resource", message, 500011);
    }
    const isCustomer = audience === GRAPH_AUDIENCE && organisation !== directory.home;
    // The token only says that there are grants; which, Graph looks up for each team or chat.
    const marker = installations.hasAnyGrant(organisation) ? ["Group.Selected"] : [];
    const roles = isCustomer ? [...consents.listRoles(organisation.id), ...marker] : [];
    return {
      status: 200,
      headers: { "cache-control": "no-store" },
      json: {
        token_type: "Bearer",
        expires_in: tokens.lifetimeS,
        ext_expires_in: tokens.lifetimeS,
        access_token: await tokens.issueAccessToken(audience, organisation.id, roles),
      },
    };
  }

  return {
    area: "entra",
    handlers: {
      "GET /:tenant/v2.0/.well-known/openid-configuration": (request) => answerMetadata(request, "v2"),
      "GET /:tenant/.well-known/openid-configuration": (request) => answerMetadata(request, "v1"),
      "GET /:tenant/discovery/v2.0/keys": answerKeys,
      "GET /:tenant/discovery/keys": answerKeys,
      "POST /:tenant/oauth2/v2.0/token": answerToken,
    },
  };
}

function readForm(request: ApiRequest): URLSearchParams {
  const form = new URLSearchParams(request.body.toString("utf8"));
  for (const name of ["grant_type", "client_id", "client_secret", "scope"]) {
    if (form.get(name)) continue;
    const message = `The request body must contain the following parameter: '${name}'.`;
    throw new ApiFault(400, "invalid_request", message, 900144);
  }
  if (form.get("grant_type") !== "client_credentials") {
    const message = `The app requested an unsupported grant type '${form.get("grant_type")}'.`;
    throw new ApiFault(400, "unsupported_grant_type", message, 70003);
  }
  return form;
}

function readAudience(form: URLSearchParams): string {
  // MSAL adds the scopes of sign-in, which mean nothing to an app.
  const scopes = (form.get("scope") ?? "")
    .split(" ")
    .filter((scope) => !["openid", "profile", "offline_access"].includes(scope));
  const [scope = ""] = scopes;
  const audience = [GRAPH_AUDIENCE, CONNECTOR_AUDIENCE].find((one) => scope === `${one}/.default`);
  if (audience && scopes.length === 1) return audience;
  const message = `The provided request must include a 'scope' input parameter. The provided value '${scopes.join(" ")}' is not valid.`;
  throw new ApiFault(400, "invalid_scope", message, 1002012);
}

function isSame(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
