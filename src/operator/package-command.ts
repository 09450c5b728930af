import type { Command } from "./command.ts";
import { parseWords } from "./parse-words.ts";

export const packageCommand: Command = {
  name: "package",
  summary: "builds the Teams app package of an environment",
  help: [
    "Usage: earshot package [--env <name>]",
    "",
    "Builds appPackage/build/earshot.<name>.zip from appPackage/ and env/.env.<name>, and checks it against the",
    "official schema. Without --env the package is for the emulated tenant.",
  ].join("\n"),
  run: async (words, { environment, projectDir, print }) => {
    const parsed = parseWords(words, { env: { type: "string", default: "emulated" } });
    if ("misuse" in parsed) return parsed;
    // Here, since the schemas it checks against are a development package, which an image may be without.
    const { packageApp } = await import("./package-app.ts");
    return packageApp({ projectDir, envName: parsed.values.env, environment, print });
  },
};
