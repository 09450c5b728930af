/** docs/scaling.md, its compose file, balancer and image keep their word: held against the code, without Docker. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import { parseConfig } from "../../src/config.ts";
import { SETTINGS } from "../../src/settings.ts";

const PROJECT = resolve(import.meta.dirname, "../..");
const SCALING = join(PROJECT, "docs", "scaling");
const read = (file: string) => readFileSync(join(PROJECT, file), "utf8");

interface Service {
  readonly build?: string;
  readonly image: string;
  readonly init?: boolean;
  readonly restart?: string;
  readonly stop_grace_period?: string;
  readonly environment?: Record<string, string>;
  readonly volumes?: readonly string[];
  readonly networks: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: object;
  readonly healthcheck?: { readonly test: readonly string[] };
}
interface Compose {
  readonly services: Record<string, Service>;
  readonly networks: Record<string, { internal?: boolean }>;
  readonly volumes: Record<string, object>;
}

const COMPOSE_TEXT = read("docs/scaling/compose.yaml");
const { services, networks, volumes } = parse(COMPOSE_TEXT, { merge: true }) as Compose;
const HAPROXY = read("docs/scaling/haproxy.cfg");
const DOCKERFILE = read("Dockerfile");
const DOC = read("docs/scaling.md");
const packageJson = JSON.parse(read("package.json")) as {
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
};

const bots = Object.entries(services).filter(([, { build }]) => build !== undefined);
const [, bot] = bots[0]!;
const readDefault = (name: string) =>
  SETTINGS.find((setting) => setting.name === name)!.byDefault.replaceAll("`", "");
const PORT = readDefault("PORT");
const ADMIN_PORT = readDefault("ADMIN_PORT");

/** What a deployer writes into `.env`, as the document's table names it. */
const [ENV_ROWS = ""] = /^\| in `\.env`.*\n(?:\|.*\n)+/m.exec(DOC) ?? [];
const ENV_TABLE = [...ENV_ROWS.matchAll(/^\| `([A-Z_]+)` +\|/gm)].map(([, name]) => name!);
const EXAMPLE: Record<string, string> = {
  BOT_ID: "b07b07b0-0000-4000-8000-0000000000b0",
  BOT_PASSWORD: "a-secret",
  BOT_TENANT_ID: "0e0e0e0e-0000-4000-8000-00000000000e",
  TEAMS_APP_ID: "6f0c7a52-5d0e-4c1f-9a7b-1d2e3f405162",
  BOT_ENDPOINT: "https://bot.example.com",
  POSTGRES_PASSWORD: "another-secret",
};
/** `${NAME}`, `${NAME:-default}` and `${NAME:?reason}`, which ends compose where NAME is unset or empty. */
const VARIABLE = /\$\{([A-Z_]+)(?::([-?])([^}]*))?\}/g;
const fill = (text: string, env: Record<string, string>) =>
  text.replace(VARIABLE, (_all, name: string, kind: string | undefined, rest: string) => {
    if (env[name]) return env[name];
    assert.notEqual(kind, "?", `${name} ${rest}`);
    return kind === "-" ? rest : "";
  });
const fillAll = (texts: Record<string, string>, env: Record<string, string>) =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, fill(text, env)]));

describe("the compose file", () => {
  it("has two bots that are the same, a balancer and a database, watched and restarted", () => {
    assert.deepEqual(Object.keys(services), ["bot-1", "bot-2", "balancer", "database"]);
    assert.deepEqual(
      bots.map(([name]) => name),
      ["bot-1", "bot-2"],
    );
    assert.deepEqual(bots[0]![1], bots[1]![1]);
    for (const [name, service] of Object.entries(services)) {
      assert.equal(service.restart, "unless-stopped", name);
      assert.ok(service.healthcheck, name);
      for (const needed of Array.isArray(service.depends_on)
        ? (service.depends_on as string[])
        : Object.keys(service.depends_on ?? {}))
        assert.ok(needed in services, `${name} depends on ${needed}`);
    }
    // Ten seconds are promised for an end in order.
    assert.ok(bot.init === true && Number.parseInt(bot.stop_grace_period ?? "", 10) > 10);
  });

  it("gives the bots settings that they know and start with", () => {
    const known = SETTINGS.map(({ name }) => name as string);
    assert.deepEqual(
      Object.keys(bot.environment!).filter((name) => !known.includes(name)),
      [],
    );
    const config = parseConfig(fillAll(bot.environment!, EXAMPLE));
    assert.ok(config.database.kind === "postgres");
    const url = new URL(config.database.url.reveal());
    assert.ok(url.hostname in services);
    const database = fillAll(services.database!.environment!, EXAMPLE);
    assert.deepEqual(
      [url.username, url.password, url.pathname],
      [database.POSTGRES_USER, database.POSTGRES_PASSWORD, `/${database.POSTGRES_DB}`],
    );
    // The balancer asks it for readiness, so loopback would not do.
    assert.equal(config.admin.host, "0.0.0.0");
    assert.deepEqual([String(config.port), String(config.admin.port)], [PORT, ADMIN_PORT]);
  });

  it("asks for all that is secret or one's own, and the document tells of each", () => {
    const asked = [...COMPOSE_TEXT.matchAll(VARIABLE)].map(([, name]) => name!);
    assert.deepEqual(new Set(asked), new Set(ENV_TABLE));
    for (const name of Object.keys(EXAMPLE)) {
      assert.throws(() => fill(COMPOSE_TEXT, { ...EXAMPLE, [name]: "" }), new RegExp(`${name} is missing`));
    }
    assert.doesNotThrow(() => fill(COMPOSE_TEXT, EXAMPLE));
    for (const [name, { environment = {} }] of Object.entries(services)) {
      for (const [setting, value] of Object.entries(environment)) {
        if (/PASSWORD|_URL/.test(setting))
          assert.match(value, /^\$\{\w+:\?[^}]+\}$|:\$\{\w+:\?[^}]+\}@/, `${name} ${setting}`);
      }
    }
    assert.ok(read("docs/scaling/.gitignore").split("\n").includes(".env"));
  });

  it("shares the keys and loses no data when a container is replaced", () => {
    const mounts = Object.values(services).flatMap((service) => service.volumes ?? []);
    for (const mount of mounts) {
      const [source = ""] = mount.split(":");
      assert.ok(source.startsWith(".") ? existsSync(join(SCALING, source)) : source in volumes, mount);
    }
    const [, workDir] = /^WORKDIR (\S+)$/m.exec(DOCKERFILE) ?? [];
    const keys = `${workDir}/${readDefault("KEYS_DIR")}`;
    assert.deepEqual(bot.volumes, [`keys:${keys}`]);
    // A volume takes the owner of the folder it is mounted on.
    assert.match(DOCKERFILE, /^RUN install --directory --owner=node .* data\/keys$/m);
    assert.deepEqual(services.database!.volumes, ["database:/var/lib/postgresql"]);
  });

  it("publishes the balancer alone, on loopback, and keeps the database among the bots", () => {
    const published = Object.entries(services).flatMap(([name, { ports = [] }]) =>
      ports.map((port) => [name, port]),
    );
    const [, bound] = /^ *bind :(\d+)$/m.exec(HAPROXY) ?? [];
    assert.deepEqual(published, [["balancer", `127.0.0.1:${bound}:${bound}`]]);
    assert.ok(DOC.includes(`\`127.0.0.1:${bound}\``));
    for (const { networks: joined } of Object.values(services))
      assert.deepEqual(
        joined.filter((name) => !(name in networks)),
        [],
      );
    assert.deepEqual(services.database!.networks, ["data"]);
    assert.equal(networks.data?.internal, true);
    assert.deepEqual(services.balancer!.networks, ["front"]);
    // The bots reach Microsoft.
    assert.ok(bot.networks.includes("front") && networks.front?.internal !== true);
  });

  it("watches each by a question that it answers", () => {
    assert.ok(bot.healthcheck!.test.at(-1)!.includes(`http://127.0.0.1:${ADMIN_PORT}/readyz`));
    assert.ok(services.balancer!.healthcheck!.test.includes("http://127.0.0.1:8080/healthz"));
  });
});

describe("the balancer", () => {
  const service = read("src/service.ts");

  it("sends to every bot, by the ports they listen on", () => {
    const servers = [...HAPROXY.matchAll(/^ *server (\S+) (\S+):(\d+)$/gm)].map(([, ...words]) => words);
    assert.deepEqual(
      servers,
      bots.map(([name]) => [name, name, PORT]),
    );
    assert.match(HAPROXY, new RegExp(`^ *default-server check port ${ADMIN_PORT} `, "m"));
  });

  it("passes on the public routes and no other, and asks for readiness where it is told", () => {
    const [, paths = ""] = /^ *acl known path (.+)$/m.exec(HAPROXY) ?? [];
    const routes = [...service.matchAll(/front\.route\([^,]+, "([^"]+)"/g)].map(([, path]) => path!);
    assert.ok(routes.length >= 4);
    assert.deepEqual(paths.split(" ").toSorted(), routes.toSorted());
    const [, readiness] = /^ *option httpchk GET (\S+)$/m.exec(HAPROXY) ?? [];
    assert.ok(service.includes(`admin.route("get", "${readiness}"`));
  });
});

describe("the image", () => {
  it("runs the program on Node of the pinned major, as nobody in particular", () => {
    const [, major] = /^FROM node:(\d+)-slim$/m.exec(DOCKERFILE) ?? [];
    assert.equal(major, packageJson.devDependencies.node?.split(".")[0]);
    const [, least] = /^const LEAST_MAJOR = (\d+);$/m.exec(read("bin/earshot.js")) ?? [];
    assert.ok(Number(major) >= Number(least));
    assert.match(DOCKERFILE, /^USER node\n[^]*^CMD /m);
    const [, command = "[]"] = /^CMD (.+)$/m.exec(DOCKERFILE) ?? [];
    assert.equal((JSON.parse(command) as string[]).join(" "), packageJson.scripts.start);
    assert.match(DOCKERFILE, new RegExp(`^EXPOSE ${PORT}$`, "m"));
  });

  it("holds what the program reads, and neither keys, data nor settings", () => {
    const rules = read(".dockerignore")
      .split("\n")
      .filter((line) => line && !line.startsWith("#"));
    assert.equal(rules[0], "*");
    const admitted = rules.filter((rule) => rule.startsWith("!")).map((rule) => rule.slice(1));
    assert.deepEqual(admitted.toSorted(), [
      "appPackage/",
      "appPackage/manifest.json",
      "bin/",
      "cards/",
      "listener.yaml",
      "package-lock.json",
      "package.json",
      "src/",
    ]);
    // Of this folder one file alone.
    assert.ok(rules.indexOf("appPackage/*") > rules.indexOf("!appPackage/"));
    for (const path of admitted) assert.ok(existsSync(join(PROJECT, path)), path);
  });

  it("has every package that the program imports, but for what only packages the app", () => {
    assert.match(DOCKERFILE, /^RUN npm ci --omit=dev /m);
    const imported = readImports("src/main.ts", ["src/operator/package-app.ts"]);
    assert.ok(imported.size > 15, [...imported].join(", "));
    const missing = [...imported].filter((name) => !(name in packageJson.dependencies));
    assert.deepEqual(missing, []);
    // And this look finds one that is missing: the packager's is.
    const all = readImports("src/main.ts", []);
    assert.deepEqual(
      [...all].filter((name) => !(name in packageJson.dependencies)),
      ["@microsoft/app-manifest"],
    );
  });
});

describe("docs/scaling.md", () => {
  it("links only to files that are there", () => {
    const links = [...DOC.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link!);
    assert.ok(links.length >= 3);
    assert.deepEqual(
      links.filter((link) => !existsSync(join(PROJECT, "docs", link))),
      [],
    );
  });

  it("shows commands on files and services that are there", () => {
    const commands = [...DOC.matchAll(/^docker compose --file (\S+) (.+)$/gm)];
    assert.ok(commands.length >= 4);
    for (const [command, file = "", words = ""] of commands) {
      assert.ok(existsSync(join(PROJECT, file)), command);
      const [, service] = /(bot-\d)/.exec(words) ?? [];
      assert.ok(service === undefined || service in services, command);
      const [, script] = / node (\S+)/.exec(words) ?? [];
      assert.ok(script === undefined || existsSync(join(PROJECT, script)), command);
    }
  });

  it("names settings that are there, and counts connections as the code does", () => {
    const known = new Set<string>([...SETTINGS.map(({ name }) => name), ...ENV_TABLE]);
    const named = [...DOC.matchAll(/`([A-Z]+(?:_[A-Z]+)+)[=`]/g)].map(([, name]) => name!);
    assert.ok(named.length >= 10);
    assert.deepEqual(
      named.filter((name) => !known.has(name)),
      [],
    );
    const [, pooled] = /^const CONNECTIONS = (\d+);$/m.exec(read("src/storage/postgres/database.ts")) ?? [];
    assert.ok(DOC.includes(`holds ${Number(pooled) + 1} at most, ${pooled} to work and 1 for its locks`));
  });
});

/** Packages that are loaded from a file on, types aside; what `except` names is not followed. */
function readImports(entry: string, except: readonly string[]): Set<string> {
  const packages = new Set<string>();
  const done = new Set<string>();
  const visit = (file: string) => {
    if (done.has(file) || except.includes(file)) return;
    done.add(file);
    const text = read(file);
    const pattern =
      /^(?:import|export)\s+(?!type\s)(?:[^"';]*?\sfrom\s+)?"([^"]+)";|import\("([^"]+)"\)|new URL\("(\.[^"]+\.ts)"/gm;
    for (const [, fixed, late, worker] of text.matchAll(pattern)) {
      const target = fixed ?? late ?? worker ?? "";
      if (target.startsWith(".")) visit(join(dirname(file), target));
      else if (!target.startsWith("node:")) packages.add(/^(@[^/]+\/)?[^/]+/.exec(target)![0]);
    }
  };
  visit(entry);
  return packages;
}
