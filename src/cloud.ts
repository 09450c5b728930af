/**
 * The addresses of each Microsoft cloud.
 * Sources: https://learn.microsoft.com/graph/deployments,
 * https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
 */

export const CLOUD_NAMES = ["global", "gcch", "dod", "china"] as const;
export type CloudName = (typeof CLOUD_NAMES)[number];

export interface Cloud {
  readonly login: string;
  readonly graph: string;
  readonly botLogin: string;
  /** Audience of tokens for the connector, and issuer of the tokens it sends us. */
  readonly botFramework: string;
  /** Issuer prefixes of Entra's two token forms; `{prefix}/{tenant}/` and `{prefix}/{tenant}/v2.0`. */
  readonly issuerV1: string;
  readonly issuerV2: string;
  /** Hosts that a Teams serviceUrl may name, and where to send while none is known. */
  readonly serviceHosts: readonly string[];
  readonly defaultServiceUrl: string | null;
}

export const CLOUDS: Readonly<Record<CloudName, Cloud>> = {
  global: {
    login: "https://login.microsoftonline.com",
    graph: "https://graph.microsoft.com",
    botLogin: "https://login.botframework.com",
    botFramework: "https://api.botframework.com",
    issuerV1: "https://sts.windows.net",
    issuerV2: "https://login.microsoftonline.com",
    serviceHosts: ["smba.trafficmanager.net", "smba.infra.gcc.teams.microsoft.com"],
    defaultServiceUrl: "https://smba.trafficmanager.net/teams",
  },
  gcch: {
    login: "https://login.microsoftonline.us",
    graph: "https://graph.microsoft.us",
    botLogin: "https://login.botframework.azure.us",
    botFramework: "https://api.botframework.us",
    issuerV1: "https://sts.windows.net",
    issuerV2: "https://login.microsoftonline.us",
    serviceHosts: ["smba.infra.gov.teams.microsoft.us"],
    defaultServiceUrl: "https://smba.infra.gov.teams.microsoft.us/teams",
  },
  dod: {
    login: "https://login.microsoftonline.us",
    graph: "https://dod-graph.microsoft.us",
    botLogin: "https://login.botframework.azure.us",
    botFramework: "https://api.botframework.us",
    issuerV1: "https://sts.windows.net",
    issuerV2: "https://login.microsoftonline.us",
    serviceHosts: ["smba.infra.dod.teams.microsoft.us"],
    defaultServiceUrl: "https://smba.infra.dod.teams.microsoft.us/teams",
  },
  china: {
    login: "https://login.partner.microsoftonline.cn",
    graph: "https://microsoftgraph.chinacloudapi.cn",
    botLogin: "https://login.botframework.azure.cn",
    botFramework: "https://api.botframework.azure.cn",
    issuerV1: "https://sts.chinacloudapi.cn",
    issuerV2: "https://login.partner.microsoftonline.cn",
    // No host is published for this cloud: SERVICE_URL_HOSTS names it.
    serviceHosts: [],
    defaultServiceUrl: null,
  },
};
