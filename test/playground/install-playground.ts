/** Microsoft 365 Agents Playground, fetched for one run into a folder of its own: its terms let nobody pass it on. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

export const PLAYGROUND = "@microsoft/m365agentsplayground@0.2.28";

const INSTALL_TIMEOUT_MS = 120_000;

/** Answers the path of its program; null, with the reason told, where the registry was not reached. */
export async function installPlayground(
  folder: string,
  print: (line: string) => void,
): Promise<string | null> {
  const words = [
    "install",
    "--prefix",
    folder,
    "--no-save",
    "--no-audit",
    "--no-fund",
    "--ignore-scripts",
    "--loglevel=error",
  ];
  try {
    await promisify(execFile)("npm", [...words, PLAYGROUND], { timeout: INSTALL_TIMEOUT_MS });
  } catch (error) {
    const { stderr = "" } = error as Error & { stderr?: string };
    const [reason = ""] = /npm error .*/.exec(stderr) ?? [];
    print(`${PLAYGROUND} could not be installed: is there a network? ${reason}`);
    return null;
  }
  const root = join(folder, "node_modules/@microsoft/m365agentsplayground");
  const { bin } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
    bin: Record<string, string>;
  };
  return join(root, bin.agentsplayground ?? "cli.js");
}
