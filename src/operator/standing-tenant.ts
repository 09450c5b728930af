/** The emulated tenant as a command sees it: the command line loads no part of the emulator, main does. */

export interface StandingTenant {
  readonly url: string;
  readonly bot: { readonly id: string; readonly name: string; readonly teamsAppId: string };
  readonly organisations: readonly {
    readonly id: string;
    readonly name: string;
    readonly catalogAppId: string;
  }[];
  /** As Earshot reads them from the environment. */
  readonly settings: Readonly<Record<string, string>>;
  /** The same by the names that botbuilder reads. */
  readonly botbuilderSettings: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export interface StandingTenantOptions {
  /** On 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  /** Base URL of the bot. */
  readonly botUrl: string;
  readonly seed: number;
  readonly organisations: 1 | 2;
  /** Granted in each team and chat where the app is installed. */
  readonly rscPermissions: readonly string[];
  /** Folder for what is posted to the bot; null: it is not kept. */
  readonly recordDir: string | null;
  /** Folder for a certificate of this machine, and with it everything in https; null: plain http. */
  readonly tlsDir: string | null;
}

/** Rejects with `address-unavailable` where the port is taken, `config-invalid` where a folder cannot be written. */
export type StartTenant = (options: StandingTenantOptions) => Promise<StandingTenant>;
