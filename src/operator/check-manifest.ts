/** The official JSON Schema of the app manifest, asked without a network. */
import { readFile } from "node:fs/promises";

/**
 * Faults of a filled manifest by the schema of its own version, one sentence each; empty where it is valid.
 *
 * The schemas come from the development dependency `@microsoft/app-manifest`, which would fetch one that it does
 * not have: so the schema is read here and handed to it. Where the package or the schema is not installed, that is
 * the fault told. Does not reject.
 * https://github.com/OfficeDev/microsoft-365-agents-toolkit/tree/dev/packages/manifest
 */
export async function checkManifest(manifest: object, manifestVersion: string): Promise<readonly string[]> {
  if (!/^\d+\.\d+$/.test(manifestVersion))
    return [`/manifestVersion "${manifestVersion}" is no released version`];
  let schemas;
  try {
    schemas = await import("@microsoft/app-manifest");
  } catch {
    return [
      "the manifest cannot be checked: @microsoft/app-manifest is not installed. It is a development dependency: " +
        "run `npm install` without --omit=dev",
    ];
  }
  const path = `@microsoft/app-manifest/build/json-schemas/teams/v${manifestVersion}/MicrosoftTeams.schema.json`;
  let schema: Parameters<typeof schemas.AppManifestUtils.validateAgainstSchema>[1];
  try {
    const text = await readFile(new URL(import.meta.resolve(path)), "utf8");
    // Some patterns escape control characters in a way that JavaScript's regular expressions do not know:
    // https://github.com/OfficeDev/microsoft-teams-app-schema/issues/190
    schema = JSON.parse(text.replaceAll("\\a", "\\u0007").replaceAll("\\v", "\\u000b")) as typeof schema;
  } catch {
    return [`/manifestVersion ${manifestVersion} is unknown to the installed @microsoft/app-manifest`];
  }
  try {
    const faults = await schemas.AppManifestUtils.validateAgainstSchema(manifest as never, schema);
    return faults.map((fault) => fault.replace(/\. Details: (\{\})?$/, "").trim());
  } catch (thrown) {
    return [`the manifest cannot be checked: ${thrown instanceof Error ? thrown.message : String(thrown)}`];
  }
}
