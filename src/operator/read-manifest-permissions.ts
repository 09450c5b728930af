import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { Misuse } from "./command.ts";

/** As much of an app manifest as tells what a team or chat grants. Others' manifests have other versions. */
const Manifest = z.looseObject({
  authorization: z
    .looseObject({
      permissions: z
        .looseObject({
          resourceSpecific: z.array(z.looseObject({ name: z.string(), type: z.string() })).optional(),
        })
        .optional(),
    })
    .optional(),
});

/**
 * The resource-specific permissions that an app's manifest asks for; those of a person who is signed in are left out.
 * https://learn.microsoft.com/microsoftteams/platform/graph-api/rsc/resource-specific-consent
 */
export async function readManifestPermissions(file: string): Promise<readonly string[] | Misuse> {
  let manifest: unknown;
  try {
    manifest = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    return { misuse: `--manifest names ${file}, which cannot be read: ${describe(error)}.` };
  }
  const parsed = Manifest.safeParse(manifest);
  if (!parsed.success) return { misuse: `--manifest names ${file}, which is no app manifest.` };
  const asked = parsed.data.authorization?.permissions?.resourceSpecific ?? [];
  return asked.filter(({ type }) => type === "Application").map(({ name }) => name);
}

function describe(error: unknown): string {
  if (error instanceof SyntaxError) return "it is not JSON";
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
