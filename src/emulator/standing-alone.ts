/** `earshot tenant`: the tenant and nothing else, for a bot that somebody starts beside it. */
import type { Edges } from "../edges.ts";
import { startEmulatedTenant } from "./emulated-tenant.ts";
import { openLoopbackIdentity } from "./loopback-identity.ts";
import { makeRecordDir, recordDeliveries } from "./record-deliveries.ts";

export interface StandingAlone {
  /** The window, and the base of every emulated service. */
  readonly url: string;
  readonly bot: { readonly id: string; readonly name: string; readonly teamsAppId: string };
  /** Where the app can be installed. */
  readonly organisations: readonly {
    readonly id: string;
    readonly name: string;
    readonly catalogAppId: string;
  }[];
  /** As Earshot reads them from the environment. */
  readonly settings: Readonly<Record<string, string>>;
  /** The same by the names that botbuilder's `ConfigurationBotFrameworkAuthentication` reads. */
  readonly botbuilderSettings: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Throws `address-unavailable`, and `config-invalid` where a folder cannot be written. */
export async function startStandingAlone(needs: {
  readonly edges: Edges;
  readonly port: number;
  readonly botUrl: string;
  readonly seed: number;
  readonly organisations: 1 | 2;
  readonly rscPermissions: readonly string[];
  /** Folder for what is posted to the bot, a file each; null: it is not kept. */
  readonly recordDir: string | null;
  /** Folder for a certificate of this machine, and with it everything in https; null: plain http. */
  readonly tlsDir: string | null;
}): Promise<StandingAlone> {
  const { edges, port, botUrl, seed, rscPermissions, recordDir, tlsDir } = needs;
  if (recordDir !== null) await makeRecordDir(recordDir);
  const tls = tlsDir === null ? null : await openLoopbackIdentity(tlsDir, edges);
  const tenant = await startEmulatedTenant({
    ...{ edges, port, botUrl, seed, rscPermissions, tracesUrl: null },
    withSecondOrganisation: needs.organisations === 2,
    // As Graph does: who takes no care of its tokens hears nothing after an hour.
    lifecycle: {},
    ...(tls ? { tls } : {}),
  });
  const recording = recordDir === null ? null : recordDeliveries(tenant, recordDir, edges.log);
  const { url, bot } = tenant;
  const settings = { ...tenant.settings, ...(tls ? { NODE_EXTRA_CA_CERTS: tls.certificateFile } : {}) };
  return {
    ...{ url, settings, bot: { id: bot.id, name: bot.name, teamsAppId: bot.teamsAppId } },
    organisations: tenant.organisations.map(({ id, name, catalogAppId }) => ({ id, name, catalogAppId })),
    botbuilderSettings: {
      MicrosoftAppId: bot.id,
      MicrosoftAppPassword: tenant.settings.BOT_PASSWORD ?? "",
      MicrosoftAppType: "SingleTenant",
      MicrosoftAppTenantId: bot.homeTenantId,
      // Where one is given, botbuilder uses none of its defaults.
      ToChannelFromBotLoginUrl: `${url}/${bot.homeTenantId}`,
      ToChannelFromBotOAuthScope: "https://api.botframework.com",
      ToBotFromChannelTokenIssuer: "https://api.botframework.com",
      ToBotFromChannelOpenIdMetadataUrl: `${url}/v1/.well-known/openidconfiguration`,
      ToBotFromEmulatorOpenIdMetadataUrl: `${url}/common/v2.0/.well-known/openid-configuration`,
      OAuthUrl: url,
    },
    async stop() {
      await tenant.close();
      await recording?.close();
    },
  };
}
