/** `npm run package`: the zip that people install in Teams, built from `appPackage/` and one environment. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { zipSync } from "fflate";
import { z } from "zod";
import { checkIcon, ICON_SIZES_PX, type IconKind } from "./check-icon.ts";
import { checkManifest } from "./check-manifest.ts";
import { fillManifest } from "./fill-manifest.ts";

export interface PackageAppNeeds {
  /** Folder that holds `appPackage/` and `env/`. */
  readonly projectDir: string;
  /** `dev` reads `env/.env.dev` and builds `earshot.dev.zip`. */
  readonly envName: string;
  /** Values that go before those of the env file; an empty one does not count. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly print: (line: string) => void;
}

/** 0 = built and valid, 1 = a fault found and told, 2 = misuse. */
export type PackageAppExit = 0 | 1 | 2;

/** The environment whose ids belong to the emulated tenant. */
const EMULATED = "emulated";

/** Who writes a value into the env file: https://aka.ms/teamsfx-actions; a test compares this with teamsapp.yml. */
export const PROVISIONED_BY: Readonly<Record<string, string>> = {
  TEAMS_APP_ID: "teamsApp/create",
  BOT_ID: "aadApp/create",
  BOT_OBJECT_ID: "aadApp/create",
  BOT_TENANT_ID: "aadApp/create",
};

/** The same files give the same bytes: a zip holds local time, and so does this instant, in whatever zone it is read. */
const FILE_TIME = "2000-01-01T12:00:00";

const Manifest = z.looseObject({
  manifestVersion: z.string(),
  version: z.string(),
  icons: z.looseObject({ color: z.string(), outline: z.string() }),
});

/**
 * Builds `appPackage/build/earshot.<envName>.zip`: fills the manifest, checks it against the official schema and
 * the icons against Teams' rules, and writes nothing that is not valid. Every fault found is printed. Resolves to
 * the exit code and does not reject.
 * https://learn.microsoft.com/en-us/microsoftteams/platform/concepts/build-and-test/apps-package
 */
export async function packageApp(needs: PackageAppNeeds): Promise<PackageAppExit> {
  try {
    return await build(needs);
  } catch (thrown) {
    needs.print(
      `The app package was not built: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
    );
    return 1;
  }
}

async function build({ projectDir, envName, environment, print }: PackageAppNeeds): Promise<PackageAppExit> {
  const envFile = `env/.env.${envName}`;
  const known = await readEnvNames(projectDir);
  if (!known.includes(envName)) {
    print(`There is no environment "${envName}": ${envFile} does not exist.`);
    print(known.length === 0 ? "The folder env/ holds none at all." : `There are: ${known.join(", ")}.`);
    print("Name one with `npm run package -- --env <name>`.");
    return 2;
  }

  const fromFile = parseEnv(await readFile(join(projectDir, envFile), "utf8"));
  const overlay = Object.fromEntries(Object.entries(environment).filter(([, value]) => value));
  const template = await readJson(join(projectDir, "appPackage", "manifest.json"));
  if ("fault" in template) {
    print(`appPackage/manifest.json is not JSON: ${template.fault}`);
    return 1;
  }

  const { manifest, names, missing } = fillManifest(template.value, { ...fromFile, ...overlay });
  if (missing.length > 0) {
    reportMissing(missing, envName, envFile, print);
    return 1;
  }
  const shape = Manifest.safeParse(manifest);
  if (!shape.success) {
    print("appPackage/manifest.json is not an app manifest:");
    for (const issue of shape.error.issues) print(`  /${issue.path.join("/")} ${issue.message}`);
    return 1;
  }

  const { manifestVersion, version, icons } = shape.data;
  const faults = [...(await checkManifest(shape.data, manifestVersion))];
  const files: Record<string, Uint8Array> = {
    "manifest.json": Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`),
  };
  for (const kind of Object.keys(ICON_SIZES_PX) as IconKind[]) {
    const icon = await readFile(join(projectDir, "appPackage", icons[kind])).catch(() => null);
    const fault = icon === null ? `the ${kind} icon does not exist` : checkIcon(kind, icon);
    if (fault !== null) faults.push(`${icons[kind]}: ${fault}`);
    if (icon !== null) files[icons[kind]] = icon;
  }
  if (faults.length > 0) {
    print(`The app package for "${envName}" was not built. Faults in appPackage/:`);
    for (const fault of faults) print(`  ${fault}`);
    return 1;
  }

  const zip = zipSync(files, { level: 9, mtime: FILE_TIME });
  const path = join("appPackage", "build", `earshot.${envName}.zip`);
  await mkdir(join(projectDir, "appPackage", "build"), { recursive: true });
  await writeFile(join(projectDir, path), zip);
  print(`${path}: app version ${version}, manifest ${manifestVersion}, ${zip.length} bytes, valid.`);
  for (const name of names) {
    if (overlay[name] !== undefined && overlay[name] !== fromFile[name]) {
      print(`${name} came from the environment, not from ${envFile}.`);
    }
  }
  if (envName === EMULATED) {
    print("This package is for the emulated tenant; Microsoft Teams does not know its ids.");
    print("For a real tenant provision first, then: npm run package -- --env dev");
  }
  return 0;
}

/** Names of the environments in `env/`, sorted. Does not reject: no folder, no names. */
async function readEnvNames(projectDir: string): Promise<string[]> {
  const names = await readdir(join(projectDir, "env")).catch(() => []);
  return names.flatMap((name) => /^\.env\.([\w-]+)$/.exec(name)?.[1] ?? []).sort();
}

async function readJson(file: string): Promise<{ value: unknown } | { fault: string }> {
  const text = await readFile(file, "utf8");
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (thrown) {
    return { fault: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

function reportMissing(
  missing: readonly string[],
  envName: string,
  envFile: string,
  print: (line: string) => void,
): void {
  print(
    `The app package for "${envName}" was not built: appPackage/manifest.json needs values that are not there.`,
  );
  for (const name of missing) {
    const action = PROVISIONED_BY[name];
    print(
      action
        ? `  ${name}: provisioning writes it to ${envFile} (${action})`
        : `  ${name}: set it in ${envFile}`,
    );
  }
  if (missing.some((name) => name in PROVISIONED_BY)) {
    const how =
      envName === "local" ? "press F5 in Visual Studio Code" : "use Provision in the Agents Toolkit";
    print(`To provision, ${how} or run: atk provision --env ${envName}`);
  }
}
