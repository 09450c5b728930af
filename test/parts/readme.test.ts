/** The README keeps its word: settings, commands, files and the rule it shows. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { runCommandLine } from "../../src/operator/command-line.ts";
import { LISTEN_FORMS } from "../../src/rules/listen-grammar.ts";
import { parseRuleBook } from "../../src/rules/rule-book.ts";
import { SETTINGS } from "../../src/settings.ts";
import { createQuietEdges } from "./quiet-edges.ts";

const PROJECT = resolve(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(join(PROJECT, file), "utf8");
const README = read("README.md");
const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };

const readBlocks = (language: string) =>
  [...README.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(
    ([, text]) => text ?? "",
  );

describe("README", () => {
  it("has the settings table of src/settings.ts, row by row", () => {
    const table = /<!-- settings[^>]*-->([\s\S]*?)<!-- \/settings -->/.exec(README)?.[1] ?? "";
    const rows = table
      .split("\n")
      .filter((line) => line.startsWith("| `"))
      .map((line) =>
        line
          .split(/(?<!\\)\|/)
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    assert.deepEqual(
      rows,
      SETTINGS.map(({ name, meaning, byDefault }) => [`\`${name}\``, meaning, byDefault]),
    );
  });

  it("names only commands that are there", async () => {
    const commands = readBlocks("sh").flatMap((block) =>
      block
        .trim()
        .split(/\n|&&/)
        .map((line) => line.trim()),
    );
    assert.ok(commands.length >= 4);
    for (const command of commands) {
      const [, ours] = /^npx earshot ([\w-]+)/.exec(command) ?? [];
      if (ours !== undefined) {
        assert.equal(await askForHelp(ours), 0, command);
        continue;
      }
      const [, script] = /^npm (?:run )?([\w-]+)/.exec(command) ?? [];
      assert.ok(script && (script === "install" || script in scripts), command);
    }
  });

  it("gives the test command that CI runs, word for word", () => {
    assert.ok(readBlocks("sh").some((block) => block.split("\n").includes("npm install && npm test")));
    assert.match(read(".ci/run"), /^npm install && npm test/m);
    assert.match(read(".ci/run"), /^npm run check/m);
  });

  it("links only to files that are there", () => {
    const links = [...README.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, link]) => link ?? "");
    assert.ok(links.length > 10);
    assert.deepEqual(
      links.filter((link) => !existsSync(join(PROJECT, link))),
      [],
    );
  });

  it("shows an entry of each kind of `listen:`, which work as they stand", () => {
    const [, entries = ""] = readBlocks("yaml");
    const { listen } = parseRuleBook({
      file: "README.md",
      text: `${entries}rules: []`,
      readCard: () => null,
    });
    assert.deepEqual(listen.map(({ kind }) => kind).toSorted(), Object.keys(LISTEN_FORMS).toSorted());
  });

  it("shows a rule that works as it stands, in ten lines", () => {
    const [rule = ""] = readBlocks("yaml");
    assert.ok(rule.trim().split("\n").length <= 10);
    const book = parseRuleBook({ file: "README.md", text: rule, readCard: () => null });
    assert.equal(book.findRule("I have lost my badge!")?.name, "badge");
    assert.equal(book.findRule("I have lost my keys!"), null);
  });
});

/** Answers as the command line does: 2 where there is no such command. */
function askForHelp(command: string): Promise<number> {
  const ignore = () => undefined;
  const told = { print: ignore, printFault: ignore };
  const surroundings = {
    ...{ environment: {}, projectDir: PROJECT, edges: createQuietEdges(), ...told },
    startTenant: () => assert.fail("help starts nothing"),
    untilAskedToEnd: () => assert.fail("help waits for nothing"),
  };
  return runCommandLine([command, "--help"], surroundings);
}
