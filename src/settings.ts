/** Every setting, in the order the README shows them. `config.ts` reads them; a test holds README and this list equal. */

export interface Setting {
  readonly name: string;
  readonly meaning: string;
  /** As it is shown; empty where there is none. */
  readonly byDefault: string;
}

export const SETTINGS = [
  {
    name: "BOT_ID",
    meaning: "client id of the Entra app that is bot and Graph client",
    byDefault: "unset: the emulated tenant",
  },
  { name: "BOT_PASSWORD", meaning: "its client secret", byDefault: "" },
  {
    name: "BOT_TYPE",
    meaning: "`SingleTenant`, `MultiTenant` or `UserAssignedMSI`",
    byDefault: "`SingleTenant`",
  },
  { name: "BOT_TENANT_ID", meaning: "home tenant of the bot", byDefault: "" },
  {
    name: "TEAMS_APP_ID",
    meaning: "app id in the manifest; the catalog id of each tenant is found from it",
    byDefault: "",
  },
  {
    name: "BOT_ENDPOINT",
    meaning: "public https base URL; Graph and Bot Framework send to it",
    byDefault: "",
  },
  { name: "PORT", meaning: "public listener", byDefault: "`3978`" },
  { name: "ADMIN_PORT", meaning: "private listener: live page, metrics, readiness", byDefault: "`3979`" },
  {
    name: "ADMIN_HOST",
    meaning: "address the private listener binds to; loopback in the emulated tenant",
    byDefault: "`127.0.0.1`",
  },
  {
    name: "DATABASE_URL",
    meaning:
      "`sqlite:<file>`, or `postgres://…` for several instances; a temporary one while `BOT_ID` is unset",
    byDefault: "`sqlite:data/earshot.db`",
  },
  {
    name: "DONE_RETENTION_HOURS",
    meaning:
      "how long a handled message is known, without its text, so that a late copy is not answered again",
    byDefault: "`72`",
  },
  {
    name: "PARKED_RETENTION_HOURS",
    meaning: "how long a message that was set aside is kept, sealed, for `earshot replay`",
    byDefault: "`720`",
  },
  {
    name: "ANSWER_WITHIN_HOURS",
    meaning:
      "how old a message may be when it arrives, and still be answered; at most `DONE_RETENTION_HOURS`",
    byDefault: "`24`, or less with that",
  },
  {
    name: "CHAT_SUBSCRIPTIONS",
    meaning:
      "`off`, or `beta`: one subscription a chat by Graph's beta, while there is no consent to one for all",
    byDefault: "`off`",
  },
  { name: "LISTENER_FILE", meaning: "what to listen to and how to answer", byDefault: "`listener.yaml`" },
  { name: "CLOUD", meaning: "`global`, `gcch`, `dod` or `china`", byDefault: "`global`" },
  { name: "LOGIN_ENDPOINT", meaning: "base URL instead of the cloud's own Entra", byDefault: "by `CLOUD`" },
  { name: "GRAPH_ENDPOINT", meaning: "base URL instead of the cloud's own Graph", byDefault: "by `CLOUD`" },
  {
    name: "BOT_LOGIN_ENDPOINT",
    meaning: "base URL instead of the cloud's own Bot Framework login",
    byDefault: "by `CLOUD`",
  },
  {
    name: "SERVICE_URL_HOSTS",
    meaning: "host names, comma-separated and without port, that a serviceUrl may name",
    byDefault: "Teams' own, by `CLOUD`",
  },
  {
    name: "KEYS_DIR",
    meaning:
      "private keys and certificates for encrypted notifications; made at first start; temporary ones while `BOT_ID` is unset",
    byDefault: "`data/keys`",
  },
  { name: "KEY_BITS", meaning: "RSA keys made from now on: `2048`, `3072` or `4096`", byDefault: "`2048`" },
  {
    name: "KEY_ROTATION_DAYS",
    meaning: "how long a certificate is given to subscriptions before a new one is made; `0`: until it ends",
    byDefault: "`90`",
  },
  {
    name: "LOG_LEVEL",
    meaning: "`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`",
    byDefault: "`info`",
  },
  {
    name: "EMULATOR_PORT",
    meaning: "the window, while `BOT_ID` is unset",
    byDefault: "`3980`, or any free one",
  },
] as const satisfies readonly Setting[];

export type SettingName = (typeof SETTINGS)[number]["name"];
