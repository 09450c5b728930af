/** `earshot tenant`: its words, and what it prints. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseEnv } from "node:util";
import { EarshotError } from "../../src/errors.ts";
import { runCommandLine } from "../../src/operator/command-line.ts";
import type { StandingTenant, StandingTenantOptions } from "../../src/operator/standing-tenant.ts";
import { describeTenant, formatTenant, parseTenantWords } from "../../src/operator/tenant-command.ts";
import { createQuietEdges } from "./quiet-edges.ts";
import { useTemporaryFolder } from "./temporary-folder.ts";

const PROJECT = resolve(import.meta.dirname, "../..");

const TENANT: StandingTenant = {
  url: "http://127.0.0.1:3980",
  bot: { id: "b07", name: "Earshot", teamsAppId: "6f0c" },
  organisations: [{ id: "7c9f", name: "Contoso", catalogAppId: "c1d8" }],
  settings: {
    BOT_ID: "b07",
    BOT_PASSWORD: "s3cret",
    BOT_ENDPOINT: "http://127.0.0.1:3978",
    GRAPH_ENDPOINT: "http://127.0.0.1:3980",
  },
  botbuilderSettings: { MicrosoftAppId: "b07" },
  stop: async () => undefined,
};

describe("earshot tenant", () => {
  const pathOf = useTemporaryFolder();
  const parse = (...words: string[]) => parseTenantWords(words, PROJECT);
  const readMisuse = async (...words: string[]) => {
    const parsed = await parse(...words);
    assert.ok("misuse" in parsed, `${words.join(" ")} was taken`);
    return parsed.misuse;
  };
  const readOptions = async (...words: string[]): Promise<StandingTenantOptions> => {
    const parsed = await parse(...words);
    assert.ok(!("misuse" in parsed), "misuse" in parsed ? parsed.misuse : "");
    return parsed.options;
  };

  it("needs no word: one organisation, the usual ports, and what Earshot's manifest asks for", async () => {
    const options = await readOptions();
    assert.deepEqual(
      { ...options, rscPermissions: [] },
      {
        ...{ port: 3980, botUrl: "http://127.0.0.1:3978", seed: 1, organisations: 1 },
        ...{ rscPermissions: [], recordDir: null, tlsDir: null },
      },
    );
    assert.ok(options.rscPermissions.includes("ChannelMessage.Read.Group"));
  });

  it("takes each word, and refuses what does not fit it", async () => {
    const cases = [
      [["--port", "0"], ["--port", "65536"], /^--port is a port from 0 to 65535\. Found: "65536"\.$/],
      [
        ["--bot-url", "https://bot.example"],
        ["--bot-url", "bot.example"],
        /^--bot-url is an http or https URL/,
      ],
      [["--bot-url", "http://[::1]:5/bot"], ["--bot-url", "http://a/?b=1"], /without a query/],
      [["--organisations", "2"], ["--organisations", "3"], /^--organisations is 1 or 2\. Found: "3"\.$/],
      [["--seed", "0"], ["--seed", "-1"], /^Option '--seed' argument is ambiguous|^--seed is a whole number/],
      [["--seed", "999999999"], ["--seed", "1.5"], /^--seed is a whole number from 0 to 999999999/],
      [
        ["--permissions", "ChannelMessage.Read.Group, ChatMessage.Read.Chat"],
        ["--permissions", "Chat.Read.All"],
        /^--permissions are names such as .* Found: "Chat\.Read\.All"\.$/,
      ],
      [["--record", "kept"], ["--record"], /--record/],
      [["--json"], ["--xml"], /--xml/],
    ] as const;
    for (const [good, bad, reason] of cases) {
      await readOptions(...good);
      assert.match(await readMisuse(...bad), reason);
    }
    assert.deepEqual((await readOptions("--permissions", "")).rscPermissions, []);
  });

  it("reads what any manifest asks for in a place's name, and says what is wrong with a file that is none", async () => {
    const file = pathOf("manifest.json");
    const asked = [
      { name: "ChatMessage.Read.Chat", type: "Application" },
      { name: "ChatSettings.Read.Chat", type: "Delegated" },
    ];
    await writeFile(file, JSON.stringify({ authorization: { permissions: { resourceSpecific: asked } } }));
    assert.deepEqual((await readOptions("--manifest", file)).rscPermissions, ["ChatMessage.Read.Chat"]);
    await writeFile(file, "{}");
    assert.deepEqual((await readOptions("--manifest", file)).rscPermissions, []);
    await writeFile(file, '{"authorization":[]}');
    assert.match(await readMisuse("--manifest", file), /which is no app manifest\.$/);
    await writeFile(file, "{");
    assert.match(await readMisuse("--manifest", file), /cannot be read: it is not JSON\.$/);
    assert.match(await readMisuse("--manifest", pathOf("none.json")), /cannot be read: ENOENT\.$/);
    assert.match(await readMisuse("--manifest", file, "--permissions", ""), /^--permissions and --manifest/);
  });

  it("prints an .env file whose other lines are comments, and as JSON the same", () => {
    const text = formatTenant(TENANT);
    assert.deepEqual({ ...parseEnv(text) }, { ...TENANT.settings, ...TENANT.botbuilderSettings });
    for (const line of text.split("\n")) assert.match(line, /^(#.*|\w+=.*|)$/);
    assert.match(text, /^# {3}Contoso {2}7c9f$/m);
    const json = JSON.parse(JSON.stringify(describeTenant(TENANT))) as typeof TENANT;
    assert.deepEqual(json.settings, TENANT.settings);
    assert.deepEqual(json.organisations, TENANT.organisations);
  });

  describe("as a command", () => {
    const run = async (words: readonly string[], startTenant: () => Promise<StandingTenant>) => {
      const out: string[] = [];
      const err: string[] = [];
      const asked = Promise.withResolvers<undefined>();
      const code = await runCommandLine(["tenant", ...words], {
        ...{ environment: {}, projectDir: PROJECT, edges: createQuietEdges(), startTenant },
        print: (line) => {
          out.push(line);
          // It is up; whoever started it wants it to end.
          asked.resolve(undefined);
        },
        printFault: (line) => err.push(line),
        untilAskedToEnd: () => asked.promise,
      });
      return { code, out: out.join("\n"), err: err.join("\n") };
    };

    it("prints, waits until it is asked to end, and ends all that it started", async () => {
      let stopped = 0;
      const stop = async () => void (stopped += 1);
      const { code, out, err } = await run(["--json"], async () => ({ ...TENANT, stop }));
      assert.deepEqual([code, stopped, err], [0, 1, ""]);
      assert.equal((JSON.parse(out) as { url: string }).url, TENANT.url);
    });

    it("says what went wrong where it cannot start", async () => {
      const taken = async () => {
        throw new EarshotError("address-unavailable", "The port is taken.");
      };
      const message = "The port is taken. Free the port, or choose another with --port.";
      assert.deepEqual(await run([], taken), { code: 1, out: "", err: message });
      const forMachine = await run(["--json"], taken);
      assert.equal(forMachine.code, 1);
      assert.deepEqual(JSON.parse(forMachine.out), {
        fault: { code: "address-unavailable", message },
      });
    });
  });
});
