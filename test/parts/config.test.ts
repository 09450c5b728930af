import assert from "node:assert/strict";
import { CLOUDS } from "../../src/cloud.ts";
import {
  checkSettings,
  parseConfig,
  parseLogLevel,
  type Config,
  type Environment,
} from "../../src/config.ts";
import { EarshotError } from "../../src/errors.ts";
import { SETTINGS } from "../../src/settings.ts";

const GUID = "0a1b2c3d-0000-4000-8000-00000000000a";
const HTTPS = "an https:// URL without query (http:// on loopback alone), such as https://bot.example.com";

/** All that a start needs. */
const good: Environment = {
  BOT_ID: GUID,
  BOT_PASSWORD: "s3cret",
  BOT_TENANT_ID: "0a1b2c3d-0000-4000-8000-00000000000b",
  TEAMS_APP_ID: "0a1b2c3d-0000-4000-8000-00000000000c",
  BOT_ENDPOINT: "https://bot.example.com",
};
const parse = (change: Environment = {}): Config => parseConfig({ ...good, ...change });

/** The report's faults, a row each; empty where there is none. */
function readFaults(
  environment: Environment,
  read: (environment: Environment) => unknown = parseConfig,
): string[] {
  try {
    read(environment);
  } catch (error) {
    assert.ok(error instanceof EarshotError, String(error));
    assert.equal(error.code, "config-invalid");
    assert.equal(error.disposition, "stop");
    return [...error.message.matchAll(/^ {2}- (.*)$/gm)].map(([, row]) => row ?? "");
  }
  return [];
}

describe("settings", () => {
  /** As the contract fixes them, and some more; a value that is refused, what it must be, and a value that is well. */
  const CONTRACT: readonly [name: string, bad: string, must: string, accepted: string][] = [
    ["BOT_ID", "my-bot", "a GUID, such as 00000000-0000-0000-0000-000000000000", GUID.toUpperCase()],
    ["BOT_TYPE", "singletenant", "one of SingleTenant, MultiTenant, UserAssignedMSI", "MultiTenant"],
    ["BOT_TENANT_ID", "contoso.com", "a GUID, such as 00000000-0000-0000-0000-000000000000", GUID],
    ["TEAMS_APP_ID", `{${GUID}}`, "a GUID, such as 00000000-0000-0000-0000-000000000000", GUID],
    ["BOT_ENDPOINT", "bot.example.com", HTTPS, "https://bot.example.com:8443/base/"],
    ["PORT", "65536", "a port number from 0 to 65535", "65535"],
    ["ADMIN_PORT", "80 81", "a port number from 0 to 65535", "0"],
    ["ADMIN_HOST", "http://localhost", "a host name or IP address", "::1"],
    [
      "DATABASE_URL",
      "mysql://db",
      "sqlite:<file> or postgres://<user>:<password>@<host>/<database>",
      "sqlite:a.db",
    ],
    ["DONE_RETENTION_HOURS", "5", "whole hours, at least 6", "6"],
    ["PARKED_RETENTION_HOURS", "1.5", "whole hours, at least 6", "9000"],
    ["ANSWER_WITHIN_HOURS", "0", "whole hours, at least 1", "1"],
    ["CHAT_SUBSCRIPTIONS", "on", "one of off, beta", "beta"],
    ["CLOUD", "Global", "one of global, gcch, dod, china", "gcch"],
    ["LOGIN_ENDPOINT", "http://login.example.com", HTTPS, "http://localhost:1"],
    ["GRAPH_ENDPOINT", "ftp://127.0.0.1", HTTPS, "http://127.0.0.1:1"],
    ["BOT_LOGIN_ENDPOINT", "https://x?y=z", HTTPS, "http://[::1]:1"],
    [
      "SERVICE_URL_HOSTS",
      "smba.example.com:443",
      "host names without port, separated by commas",
      "smba.example.com, Other.example.com",
    ],
    ["KEY_BITS", "1024", "one of 2048, 3072, 4096", "3072"],
    ["KEY_ROTATION_DAYS", "1.5", "whole days, or 0", "30"],
    ["LOG_LEVEL", "verbose", "one of trace, debug, info, warn, error, fatal, silent", "debug"],
    ["EMULATOR_PORT", "-1", "a port number from 0 to 65535", "3980"],
  ];
  for (const [name, bad, must, accepted] of CONTRACT) {
    it(`${name} is refused by form, with what was found`, () => {
      assert.deepEqual(readFaults({ ...good, [name]: bad }), [
        `${name} must be ${must}. Found: ${JSON.stringify(bad)}.`,
      ]);
      assert.deepEqual(readFaults({ ...good, [name]: accepted }), []);
    });
  }

  const FREE = ["BOT_PASSWORD", "LISTENER_FILE", "KEYS_DIR"];
  it("are those of the contract, none missing", () => {
    assert.deepEqual(
      SETTINGS.map(({ name }) => name).sort(),
      [...CONTRACT.map(([name]) => name), ...FREE].sort(),
    );
  });

  it("have the contract's defaults", () => {
    const { bot, cloud, endpoints, serviceHosts, ...others } = parse();
    const { port, admin, database, retention, chatSubscriptions, listenerFile, keys } = others;
    assert.deepEqual(
      { port, admin, database, retention, chatSubscriptions, listenerFile, keys, type: bot.type },
      {
        port: 3978,
        admin: { port: 3979, host: "127.0.0.1" },
        database: { kind: "sqlite", file: "data/earshot.db" },
        retention: { doneMs: 72 * 3_600_000, parkedMs: 720 * 3_600_000 },
        chatSubscriptions: "off",
        listenerFile: "listener.yaml",
        keys: { dir: "data/keys", bits: 2048, rotationMs: 90 * 86_400_000 },
        type: "SingleTenant",
      },
    );
    assert.equal(cloud, CLOUDS.global);
    assert.deepEqual(endpoints, {
      bot: "https://bot.example.com",
      login: "https://login.microsoftonline.com",
      graph: "https://graph.microsoft.com",
      botLogin: "https://login.botframework.com",
    });
    assert.ok(serviceHosts.includes("smba.trafficmanager.net"));
    assert.equal(parseLogLevel({}), "info");
  });

  it("are read as they are given", () => {
    const config = parse({
      BOT_ID: ` ${GUID.toUpperCase()} `,
      PORT: "0",
      ADMIN_PORT: "4001",
      ADMIN_HOST: "0.0.0.0",
      DATABASE_URL: "sqlite:my data/x.db",
      DONE_RETENTION_HOURS: "6",
      PARKED_RETENTION_HOURS: "24",
      CHAT_SUBSCRIPTIONS: "beta",
      LISTENER_FILE: "my/listener.yaml",
      KEYS_DIR: "/keys",
      KEY_BITS: "4096",
      KEY_ROTATION_DAYS: "0",
      CLOUD: "china",
      SERVICE_URL_HOSTS: "A.example.com ,b.example.com",
      GRAPH_ENDPOINT: "HTTPS://Graph.Example.com:443/base//",
    });
    assert.equal(config.bot.id, GUID);
    assert.deepEqual([config.port, config.admin], [0, { port: 4001, host: "0.0.0.0" }]);
    assert.deepEqual(config.database, { kind: "sqlite", file: "my data/x.db" });
    assert.deepEqual(config.retention, { doneMs: 6 * 3_600_000, parkedMs: 24 * 3_600_000 });
    assert.equal(config.chatSubscriptions, "beta");
    assert.equal(config.listenerFile, "my/listener.yaml");
    assert.deepEqual(config.keys, { dir: "/keys", bits: 4096, rotationMs: 0 });
    assert.equal(config.endpoints.login, "https://login.partner.microsoftonline.cn");
    assert.equal(config.endpoints.graph, "https://graph.example.com/base");
    assert.deepEqual(config.serviceHosts, ["a.example.com", "b.example.com"]);
  });

  it("tell for how long a message is answered, never longer than it is known to have been answered", () => {
    const hours = (change: Environment) => parse(change).answerWithinMs / 3_600_000;
    assert.equal(hours({}), 24);
    assert.equal(hours({ DONE_RETENTION_HOURS: "12" }), 12);
    assert.equal(hours({ ANSWER_WITHIN_HOURS: "72" }), 72);
    assert.equal(hours({ ANSWER_WITHIN_HOURS: "100", DONE_RETENTION_HOURS: "100" }), 100);
    const fault =
      'ANSWER_WITHIN_HOURS must be at most DONE_RETENTION_HOURS, which is 72: what is forgotten by then, and read back later, would be answered twice. Found: "73".';
    assert.deepEqual(readFaults({ ...good, ANSWER_WITHIN_HOURS: "73" }), [fault]);
    assert.deepEqual(readFaults({ ANSWER_WITHIN_HOURS: "73" }, checkSettings), [fault]);
    // Where one of the two is wrong by itself, that is the fault.
    assert.equal(readFaults({ ...good, ANSWER_WITHIN_HOURS: "73", DONE_RETENTION_HOURS: "5" }).length, 1);
  });

  it("that are empty or blank are as if unset", () => {
    const blank: Environment = Object.fromEntries(SETTINGS.map(({ name }) => [name, "  "]));
    assert.deepEqual(readFaults(blank), readFaults({}));
    assert.deepEqual(readFaults({ ...blank, ...good }), []);
    assert.equal(parse({ PORT: "", CLOUD: " " }).port, 3978);
  });

  it("that are not ours are not looked at", () => {
    assert.equal(JSON.stringify(parse({ PATH: "/bin", bot_id: "x", BOT_IDS: "x" })), JSON.stringify(parse()));
  });
});

describe("a base URL", () => {
  const REFUSED = [
    "http://bot.example.com",
    "http://localhost.evil.example",
    "http://127.0.0.1.evil.example",
    "http://127.0.0.1@evil.example",
    "http://0.0.0.0:3978",
    "http://10.0.0.1",
    "ws://localhost",
    "javascript:alert(1)",
    "https://",
    "https://bot.example.com/#top",
    "https://bot.example.com/?a=b",
    "https://user@bot.example.com",
    "https://bot example.com",
    "//bot.example.com",
  ];
  for (const url of REFUSED) {
    it(`is refused: ${url}`, () => {
      for (const name of ["BOT_ENDPOINT", "LOGIN_ENDPOINT", "GRAPH_ENDPOINT", "BOT_LOGIN_ENDPOINT"]) {
        const [fault, ...others] = readFaults({ ...good, [name]: url });
        assert.ok(fault?.startsWith(`${name} must be ${HTTPS}.`), fault);
        assert.deepEqual(others, []);
      }
    });
  }

  const ACCEPTED: readonly [url: string, read: string][] = [
    ["https://bot.example.com", "https://bot.example.com"],
    ["https://bot.example.com/", "https://bot.example.com"],
    ["https://bot.example.com/a/b//", "https://bot.example.com/a/b"],
    ["https://bot.example.com/?", "https://bot.example.com"],
    ["https://bot.example.com#", "https://bot.example.com"],
    ["https://bot.\nexample.com", "https://bot.example.com"],
    ["http://localhost:3978", "http://localhost:3978"],
    ["http://127.0.0.1:80/", "http://127.0.0.1"],
    ["http://127.8.9.1:1", "http://127.8.9.1:1"],
    ["http://[::1]:1", "http://[::1]:1"],
  ];
  for (const [url, read] of ACCEPTED) {
    it(`is accepted: ${JSON.stringify(url)}`, () => {
      assert.equal(parse({ BOT_ENDPOINT: url }).endpoints.bot, read);
    });
  }
});

describe("what a start needs", () => {
  const missing = (environment: Environment) =>
    readFaults(environment).map((row) => /^(\w+) is missing\. It is .+\.$/.exec(row)?.[1] ?? row);

  const CASES: readonly [title: string, environment: Environment, missing: readonly string[]][] = [
    ["everything", {}, ["BOT_ID", "TEAMS_APP_ID", "BOT_ENDPOINT", "BOT_PASSWORD", "BOT_TENANT_ID"]],
    ["nothing more", good, []],
    ["no password for a managed identity", { ...good, BOT_TYPE: "UserAssignedMSI", BOT_PASSWORD: "" }, []],
    ["a password for the others", { ...good, BOT_TYPE: "MultiTenant", BOT_PASSWORD: "" }, ["BOT_PASSWORD"]],
    ["no tenant for a bot of many", { ...good, BOT_TYPE: "MultiTenant", BOT_TENANT_ID: "" }, []],
    [
      "a tenant for the others",
      { ...good, BOT_TYPE: "UserAssignedMSI", BOT_TENANT_ID: "" },
      ["BOT_TENANT_ID"],
    ],
    ["the hosts in China, which publishes none", { ...good, CLOUD: "china" }, ["SERVICE_URL_HOSTS"]],
    ["no hosts elsewhere", { ...good, CLOUD: "dod" }, []],
  ];
  for (const [title, environment, names] of CASES) {
    it(`is ${title}`, () => {
      assert.deepEqual(missing(environment), names);
    });
  }

  it("is said in one report, with every other fault", () => {
    const faults = readFaults({
      BOT_ID: "x",
      PORT: "x",
      CLOUD: "x",
      BOT_PASSWORD: "s3cret",
      GRAPH_ENDPOINT: "x",
    });
    assert.deepEqual(
      faults.map((row) => row.split(" ").slice(0, 3).join(" ")),
      ["BOT_ID must be", "PORT must be", "CLOUD must be", "GRAPH_ENDPOINT must be"].concat([
        "TEAMS_APP_ID is missing.",
        "BOT_ENDPOINT is missing.",
        "BOT_TENANT_ID is missing.",
      ]),
    );
    assert.throws(() => parseConfig({}), { message: /5 settings need attention[^]*env\/\.env\.<name>/ });
    assert.throws(() => parse({ PORT: "x" }), { message: /one setting needs attention/ });
  });

  it("can be done without, which is said where BOT_ID is set", () => {
    const without = "To try Earshot without a tenant, leave BOT_ID unset.";
    assert.throws(
      () => parse({ PORT: "x" }),
      ({ message }: Error) => message.endsWith(without),
    );
    for (const unset of [{ PORT: "x" }, { PORT: "x", BOT_ID: " " }]) {
      assert.throws(
        () => checkSettings(unset),
        ({ message }: Error) => message.includes("PORT must be") && !message.includes(without),
      );
    }
  });

  it("is not asked for where the settings are only checked", () => {
    assert.deepEqual(readFaults({}, checkSettings), []);
    assert.deepEqual(readFaults({ ADMIN_PORT: "4001" }, checkSettings), []);
    assert.equal(readFaults({ ADMIN_PORT: "x", LOG_LEVEL: "x" }, checkSettings).length, 2);
  });
});

describe("the log level alone", () => {
  const LEVELS: readonly [given: string | undefined, level: string][] = [
    ["debug", "debug"],
    [" warn ", "warn"],
    ["", "info"],
    [undefined, "info"],
    ["verbose", "info"],
  ];
  for (const [given, level] of LEVELS) {
    it(`is ${level} where ${JSON.stringify(given)} is given`, () => {
      assert.equal(parseLogLevel({ ...(given === undefined ? {} : { LOG_LEVEL: given }) }), level);
    });
  }
});
