import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { parse as parseYaml } from "yaml";
import {
  SUBSCRIPTION_PERMISSIONS,
  SUBSCRIPTIONS_BY_KIND,
  WIDER_ROLES,
  type SubscriptionKind,
} from "../../src/graph/listen-permissions.ts";
import { APP_ROLES, GRAPH_RESOURCE_APP_ID, RSC_PERMISSIONS } from "../../src/graph/permissions.ts";
import type { ListenKind } from "../../src/model/listen.ts";
import { LISTEN_FORMS } from "../../src/rules/listen-grammar.ts";
import { checkIcon } from "../../src/operator/check-icon.ts";
import { checkManifest } from "../../src/operator/check-manifest.ts";
import { fillManifest } from "../../src/operator/fill-manifest.ts";
import { PROVISIONED_BY } from "../../src/operator/package-app.ts";

const PROJECT_DIR = join(import.meta.dirname, "..", "..");

/** Settings that the service knows. */
const SETTINGS = [
  "BOT_ID",
  "BOT_PASSWORD",
  "BOT_TYPE",
  "BOT_TENANT_ID",
  "TEAMS_APP_ID",
  "BOT_ENDPOINT",
  "PORT",
  "ADMIN_PORT",
  "ADMIN_HOST",
  "DATABASE_URL",
  "LISTENER_FILE",
  "CLOUD",
  "LOGIN_ENDPOINT",
  "GRAPH_ENDPOINT",
  "BOT_LOGIN_ENDPOINT",
  "SERVICE_URL_HOSTS",
  "KEYS_DIR",
  "LOG_LEVEL",
];
/** Set by the Toolkit itself before it runs any action. */
const TOOLKIT_NAMES = ["TEAMSFX_ENV"];
const SAMPLE_VALUES = {
  TEAMS_APP_ID: "3a3a3a3a-1111-4111-8111-111111111111",
  BOT_ID: "4b4b4b4b-2222-4222-8222-222222222222",
  BOT_OBJECT_ID: "5c5c5c5c-3333-4333-8333-333333333333",
  APP_NAME_SUFFIX: "",
};

interface Action {
  uses: string;
  with: Record<string, unknown>;
  writeToEnvironmentFile?: Record<string, string>;
}
interface Stages {
  version: string;
  environmentFolderPath: string;
  provision: Action[];
  deploy: Action[];
  publish?: Action[];
}
interface AppManifest {
  manifestVersion: string;
  id: string;
  name: { short: string };
  bots: {
    botId: string;
    scopes: string[];
    commandLists: { scopes: string[]; commands: { title: string }[] }[];
  }[];
  webApplicationInfo: { id: string; resource: string };
  authorization: { permissions: { resourceSpecific: { name: string; type: string }[] } };
  icons: { color: string; outline: string };
}
interface EntraManifest {
  displayName: string;
  signInAudience: string;
  api: { requestedAccessTokenVersion: number };
  requiredResourceAccess: { resourceAppId: string; resourceAccess: { id: string; type: string }[] }[];
}

const readText = (path: string) => readFile(join(PROJECT_DIR, path), "utf8");
const readJson = async <T>(path: string) => JSON.parse(await readText(path)) as T;
const readStages = async (path: string) => parseYaml(await readText(path)) as Stages;
const readEnv = async (name: string) => parseEnv(await readText(`env/.env.${name}`));
const findNames = (text: string) => [...text.matchAll(/\$\{\{\s*(\w+)\s*\}\}/g)].map((match) => match[1]!);
const fill = <T>(template: unknown, values: Record<string, string>) =>
  fillManifest(template, values).manifest as T;
const sorted = (items: Iterable<string>) => [...items].sort();

/** Each file that deploys the app, with the environment it is for and what else writes to that. */
const DEPLOYMENTS = [
  { file: "teamsapp.yml", env: "dev", alsoWritten: [] as string[] },
  { file: "teamsapp.local.yml", env: "local", alsoWritten: ["BOT_ENDPOINT", "BOT_DOMAIN"] },
];

describe("app manifest", () => {
  it("is valid by the official schema in every environment", async () => {
    const template = await readJson("appPackage/manifest.json");
    const files = await readdir(join(PROJECT_DIR, "env"));
    const names = files.flatMap((file) => /^\.env\.([\w-]+)$/.exec(file)?.[1] ?? []);
    for (const name of ["local", "dev", "emulated"]) assert.ok(names.includes(name), name);
    for (const name of names) {
      const manifest = fill<AppManifest>(template, {
        ...SAMPLE_VALUES,
        ...withoutEmpty(await readEnv(name)),
      });
      assert.deepEqual(await checkManifest(manifest, manifest.manifestVersion), [], name);
      assert.ok(manifest.name.short.length <= 30, manifest.name.short);
    }
  });

  it("is told apart from one that breaks the schema", async () => {
    const manifest = fill<AppManifest>(await readJson("appPackage/manifest.json"), SAMPLE_VALUES);
    manifest.name.short = "x".repeat(31);
    const faults = await checkManifest(manifest, manifest.manifestVersion);
    assert.equal(faults.length, 1);
    assert.match(faults[0]!, /^\/name\/short .*30/);
  });

  it("asks for exactly the resource-specific permissions that the code uses", async () => {
    const manifest = await readJson<AppManifest>("appPackage/manifest.json");
    const asked = manifest.authorization.permissions.resourceSpecific;
    assert.deepEqual(
      sorted(asked.map(({ name }) => name)),
      sorted(Object.values(RSC_PERMISSIONS).map(({ name }) => name)),
    );
    for (const { name, type } of asked) assert.equal(type, "Application", name);
  });

  it("names one Entra app as bot and as holder of the permissions", async () => {
    const manifest = fill<AppManifest>(await readJson("appPackage/manifest.json"), SAMPLE_VALUES);
    assert.equal(manifest.id, SAMPLE_VALUES.TEAMS_APP_ID);
    assert.equal(manifest.bots[0]?.botId, SAMPLE_VALUES.BOT_ID);
    assert.equal(manifest.webApplicationInfo.id, SAMPLE_VALUES.BOT_ID);
  });

  it("offers the bot and its commands in teams, chats and in person", async () => {
    const [bot] = (await readJson<AppManifest>("appPackage/manifest.json")).bots;
    assert.deepEqual(sorted(bot!.scopes), ["groupChat", "personal", "team"]);
    for (const scope of bot!.scopes) {
      const commands = bot!.commandLists
        .filter((list) => list.scopes.includes(scope))
        .flatMap((list) => list.commands);
      assert.deepEqual(sorted(commands.map(({ title }) => title)), ["help", "status"], scope);
    }
  });

  it("comes with icons as Teams wants them, the outline with an alpha channel", async () => {
    const { icons } = await readJson<AppManifest>("appPackage/manifest.json");
    const color = await readFile(join(PROJECT_DIR, "appPackage", icons.color));
    const outline = await readFile(join(PROJECT_DIR, "appPackage", icons.outline));
    assert.equal(checkIcon("color", color), null);
    assert.equal(checkIcon("outline", outline), null);
    const COLOUR_TYPE_OFFSET = 25;
    const RGBA = 6;
    assert.equal(outline[COLOUR_TYPE_OFFSET], RGBA);
    assert.match(checkIcon("outline", color) ?? "", /192x192 pixels; Teams wants 32x32/);
    assert.match(checkIcon("color", Buffer.from("GIF89a")) ?? "", /no PNG/);
  });
});

describe("Entra manifest", () => {
  it("asks for exactly the app roles that the code uses", async () => {
    const manifest = await readJson<EntraManifest>("aad.manifest.json");
    assert.equal(manifest.requiredResourceAccess.length, 1);
    const [graph] = manifest.requiredResourceAccess;
    assert.equal(graph!.resourceAppId, GRAPH_RESOURCE_APP_ID);
    assert.deepEqual(
      sorted(graph!.resourceAccess.map(({ id, type }) => `${type} ${id}`)),
      sorted(Object.values(APP_ROLES).map(({ id }) => `Role ${id}`)),
    );
    assert.equal(manifest.api.requestedAccessTokenVersion, 2);
  });

  it("has the name and the audience with which provisioning makes the app", async () => {
    const manifest = await readJson<EntraManifest>("aad.manifest.json");
    for (const { file } of DEPLOYMENTS) {
      const create = (await readStages(file)).provision.find(({ uses }) => uses === "aadApp/create")!;
      assert.equal(create.with.name, manifest.displayName, file);
      assert.equal(create.with.signInAudience, manifest.signInAudience, file);
    }
  });
});

describe("permissions for `listen:`", () => {
  const asked: readonly string[] = [...Object.values(APP_ROLES), ...Object.values(RSC_PERMISSIONS)].map(
    ({ name }) => name,
  );
  const byHand: readonly string[] = Object.values(WIDER_ROLES).map(({ name }) => name);

  it("are each either asked for by the package, or added by an administrator by hand", () => {
    assert.deepEqual(
      byHand.filter((name) => asked.includes(name)),
      [],
    );
    const used: string[] = Object.values(SUBSCRIPTION_PERMISSIONS).flatMap(({ rsc, role }) => [
      rsc?.name ?? role,
      role,
    ]);
    for (const name of used) assert.ok(asked.includes(name) || byHand.includes(name), name);
    for (const name of byHand) assert.ok(used.includes(name), name);
  });

  it("are all asked for where `installed` is all there is", () => {
    for (const kind of SUBSCRIPTIONS_BY_KIND.installed) {
      const { rsc, role } = SUBSCRIPTION_PERMISSIONS[kind];
      assert.ok(asked.includes(rsc?.name ?? role), kind);
    }
  });

  it("are those that the README names, entry by entry", async () => {
    const table =
      /<!-- listen[^>]*-->([\s\S]*?)<!-- \/listen -->/.exec(await readText("README.md"))?.[1] ?? "";
    const rows = table
      .split("\n")
      .filter((line) => line.startsWith("| `"))
      .map((line) =>
        line
          .split("|")
          .slice(1, -1)
          .map((cell) => cell.trim()),
      )
      .map(([entry, , permissions]) => [entry, permissions]);
    assert.deepEqual(
      rows,
      (Object.keys(LISTEN_FORMS) as ListenKind[]).map((kind) => [
        `\`${LISTEN_FORMS[kind]}\``,
        SUBSCRIPTIONS_BY_KIND[kind].map(describePermission).join("; "),
      ]),
    );
  });

  /** Consent in one place where Graph takes it today, or the role. */
  function describePermission(kind: SubscriptionKind): string {
    const { rsc, role } = SUBSCRIPTION_PERMISSIONS[kind];
    return rsc?.api === "v1.0" ? `\`${rsc.name}\` or \`${role}\`` : `\`${role}\``;
  }
});

describe("Toolkit files", () => {
  it("provision the same things locally and in a tenant", async () => {
    const [remote, local] = await Promise.all(DEPLOYMENTS.map(({ file }) => readStages(file)));
    assert.deepEqual(local!.provision, remote!.provision);
    assert.equal(local!.version, remote!.version);
  });

  for (const { file, env, alsoWritten } of DEPLOYMENTS) {
    it(`find every value they use: ${file}`, async () => {
      const stages = await readStages(file);
      const inEnvFile = await readEnv(env);
      const all = [...stages.provision, ...stages.deploy, ...(stages.publish ?? [])];
      const writtenLater = new Set(all.flatMap(writtenBy));
      const known = new Set([...TOOLKIT_NAMES, ...alsoWritten]);
      for (const action of all) {
        for (const name of await usedBy(action)) {
          // A blank one in the env file counts only where it waits for a person, not for an action further down.
          const filledIn = name in inEnvFile && (inEnvFile[name] !== "" || !writtenLater.has(name));
          assert.ok(known.has(name) || filledIn, `${action.uses} uses ${name}, which nothing provides`);
        }
        for (const name of writtenBy(action)) known.add(name);
      }
      for (const name of known) {
        if (!name.startsWith("SECRET_"))
          assert.ok(name in inEnvFile, `env/.env.${env} has no place for ${name}`);
      }
    });

    it(`hand the service only settings that it has: ${file}`, async () => {
      const written = (await readStages(file)).deploy.filter(({ uses }) =>
        uses.startsWith("file/createOrUpdateEnv"),
      );
      assert.equal(written.length, 1);
      const names = Object.keys(written[0]!.with.envs as object);
      assert.ok(names.includes("BOT_ID") && names.includes("BOT_PASSWORD"));
      for (const name of names) assert.ok(SETTINGS.includes(name), name);
    });

    it(`write what the packager says they write: ${file}`, async () => {
      const { provision } = await readStages(file);
      for (const [name, uses] of Object.entries(PROVISIONED_BY)) {
        const writer = provision.find((action) => writtenBy(action).includes(name));
        assert.equal(writer?.uses, uses, name);
      }
    });
  }

  it("keep every secret out of the env files that are committed", async () => {
    for (const name of ["local", "dev", "emulated"]) {
      assert.deepEqual(
        Object.keys(await readEnv(name)).filter((key) => /SECRET|PASSWORD/.test(key)),
        [],
        name,
      );
    }
  });
});

describe("Visual Studio Code files", () => {
  interface Launch {
    configurations: { name: string; port?: number; cascadeTerminateToConfigurations?: string[] }[];
    compounds: { configurations: string[]; preLaunchTask: string }[];
  }
  interface Task {
    label: string;
    command?: string;
    dependsOn?: string[];
    args?: { portOccupancy?: number[]; ports?: { portNumber: number }[] };
  }

  it("start, and attach to, what they name", async () => {
    const { configurations, compounds } = await readJson<Launch>(".vscode/launch.json");
    const { tasks } = await readJson<{ tasks: Task[] }>(".vscode/tasks.json");
    const labels = tasks.map(({ label }) => label);
    const launches = configurations.map(({ name }) => name);
    for (const { dependsOn = [] } of tasks)
      for (const label of dependsOn) assert.ok(labels.includes(label), label);
    for (const { cascadeTerminateToConfigurations: others = [] } of configurations)
      for (const name of others) assert.ok(launches.includes(name), name);
    for (const compound of compounds) {
      assert.ok(labels.includes(compound.preLaunchTask), compound.preLaunchTask);
      for (const name of compound.configurations) assert.ok(launches.includes(name), name);
    }
    assert.ok(await readJson(".vscode/settings.json"));
    assert.ok(await readJson(".vscode/extensions.json"));
  });

  it("agree with the scripts and the settings on ports and files", async () => {
    const { scripts } = await readJson<{ scripts: Record<string, string> }>("package.json");
    const { tasks } = await readJson<{ tasks: Task[] }>(".vscode/tasks.json");
    const { configurations } = await readJson<Launch>(".vscode/launch.json");
    const { deploy } = await readStages("teamsapp.local.yml");
    const settingsFile = deploy.at(-1)!.with as { target: string; envs: { PORT: number } };
    const script = /--env-file=(\S+) --inspect=(\d+)/.exec(scripts["dev:teamsfx"]!)!;
    assert.equal(settingsFile.target, `./${script[1]}`);
    const inspectorPort = Number(script[2]);
    assert.deepEqual(
      configurations.flatMap(({ port }) => port ?? []),
      [inspectorPort],
    );
    const occupied = tasks.flatMap(({ args }) => args?.portOccupancy ?? []);
    assert.deepEqual(occupied, [settingsFile.envs.PORT, inspectorPort]);
    const tunnelled = tasks.flatMap(({ args }) => args?.ports ?? []).map(({ portNumber }) => portNumber);
    assert.deepEqual(tunnelled, [settingsFile.envs.PORT]);
    for (const { command = "" } of tasks) {
      const name = /^npm run (\S+)$/.exec(command)?.[1];
      if (name) assert.ok(name in scripts, command);
    }
  });
});

function writtenBy(action: Action): string[] {
  return Object.values(action.writeToEnvironmentFile ?? {});
}

/** Names in an action, and in the manifest that it fills where it does. */
async function usedBy(action: Action): Promise<string[]> {
  const { manifestPath } = action.with;
  const filled = typeof manifestPath === "string" ? await readText(manifestPath) : "";
  return findNames(JSON.stringify(action.with) + filled);
}

function withoutEmpty(values: NodeJS.Dict<string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
}
