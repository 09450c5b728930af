/** `npx earshot` as an operator runs it: a process of its own, beside the bot or without one. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { findFreePort } from "../../src/emulator/find-free-port.ts";
import { openStorage } from "../../src/storage/open-storage.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { useTemporaryFolder } from "../parts/temporary-folder.ts";
import { createNotification } from "../parts/waiting-notification.ts";
import { PROJECT } from "./child-program.ts";

interface Result {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

const PINNED_NODE = join(PROJECT, "node_modules", "node", "bin", "node");

/** Starts it with this environment and no settings of ours. */
function start(
  command: string,
  words: readonly string[],
  environment: Record<string, string>,
  cwd = PROJECT,
) {
  const child = spawn(command, [...words], {
    cwd,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  const listeners = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    for (const listener of listeners) listener();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  const ended = once(child, "close").then((end): Result => {
    const [code, signal] = end as [number | null, NodeJS.Signals | null];
    return { code, signal, out, err };
  });
  const printed = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(out);
        if (match) resolve(match);
      };
      listeners.add(look);
      look();
      void ended.then(() => {
        reject(new Error(`it ended without printing ${pattern}:\n${out}${err}`));
      });
    });
  return { child, ended, printed };
}

const earshot = (words: readonly string[], environment: Record<string, string> = {}) =>
  start(process.execPath, [join(PROJECT, "bin", "earshot.js"), ...words], environment).ended;

describe("npx earshot", function () {
  this.timeout(60_000);
  const pathOf = useTemporaryFolder();

  it("is found by npx in the checkout, without a network, and from a folder within it", async () => {
    const environment = { npm_config_cache: pathOf("cache"), npm_config_offline: "true" };
    for (const folder of [PROJECT, join(PROJECT, "src")]) {
      const words = ["--no-install", "earshot", "replay", "--help"];
      const { code, out, err } = await start("npx", words, environment, folder).ended;
      assert.equal(code, 0, err);
      assert.match(out, /^Usage: earshot replay /);
    }
    const { code, err } = await start("npx", ["--no-install", "earshot", "dance"], environment).ended;
    assert.equal(code, 2, err);
  });

  it("lists its commands, and tells of each", async () => {
    const list = await earshot(["--help"]);
    assert.equal(list.code, 0);
    assert.equal(list.err, "");
    const names = [...list.out.matchAll(/^ {2}(\w+) {2}/gm)].map(([, name]) => name ?? "");
    assert.deepEqual(names, names.toSorted());
    assert.ok(names.includes("replay") && names.includes("package"));
    for (const name of names) {
      const help = await earshot([name, "--help"]);
      assert.equal(help.code, 0);
      assert.match(help.out, new RegExp(`^Usage: earshot ${name}\\b`));
    }
  });

  it("calls an unknown command, and words that a command does not know, misuse", async () => {
    const unknown = await earshot(["dance", "--json"]);
    assert.equal(unknown.code, 2);
    assert.equal(unknown.out, "");
    assert.match(unknown.err, /^There is no command "dance"\.\n\nUsage: earshot .*^ {2}replay /ms);
    for (const words of [
      ["replay", "everything"],
      ["replay", "--forget"],
      ["replay", "--id", "first"],
      ["replay", "--payload", "none.json"],
      ["tenant", "--port", "http"],
      ["package", "--envv", "dev"],
    ]) {
      const { code, out, err } = await earshot(words, { DATABASE_URL: `sqlite:${pathOf("none.db")}` });
      assert.deepEqual([code, out], [2, ""], words.join(" "));
      // Every way to call it, and no more of its help.
      const { out: help } = await earshot([words[0] ?? "", "--help"]);
      const [usage = ""] = help.split("\n\n");
      assert.match(usage, new RegExp(`^Usage: earshot ${words[0]} `));
      assert.match(err, /^\S.+\.\nUsage: /);
      assert.equal(err.slice(err.indexOf("\n") + 1), `${usage}\n`);
      if (words[0] === "replay") assert.match(err, /--payload <file>/);
    }
    assert.deepEqual(await readdir(pathOf(".")), []);
  });

  it("passes the exit code of the package command on", async () => {
    const { code, out } = await earshot(["package", "--env", "nowhere"]);
    assert.equal(code, 2);
    assert.match(out, /There is no environment "nowhere"/);
  });

  it("without a command starts the bot, which ends in order when the command is told to", async () => {
    const [port, adminPort, emulatorPort] = [
      await findFreePort(),
      await findFreePort(),
      await findFreePort(),
    ];
    const bot = start(process.execPath, [join(PROJECT, "bin", "earshot.js")], {
      PORT: String(port),
      ADMIN_PORT: String(adminPort),
      EMULATOR_PORT: String(emulatorPort),
    });
    try {
      await bot.printed(/Open http:\/\/127\.0\.0\.1:\d+/);
      assert.equal((await fetch(`http://127.0.0.1:${adminPort}/readyz`)).status, 200);
    } finally {
      // To the command alone, not to its group: it hands the signal on, and waits.
      bot.child.kill("SIGTERM");
    }
    const { code, signal } = await bot.ended;
    assert.deepEqual([code, signal], [0, null]);
    await assert.rejects(fetch(`http://127.0.0.1:${port}/healthz`));
  });
});

describe("npx earshot's launcher", function () {
  this.timeout(60_000);
  const pathOf = useTemporaryFolder();
  const launch = (words: readonly string[], environment: Record<string, string> = {}) =>
    start(process.execPath, [pathOf("bin/earshot.js"), ...words], environment, pathOf("src"));

  beforeEach(async () => {
    await cp(join(PROJECT, "bin"), pathOf("bin"), { recursive: true });
    await mkdir(pathOf("src"));
    await writeFile(pathOf("package.json"), '{ "type": "module" }');
    await writeFile(
      pathOf("src/main.ts"),
      `const [act, code]: string[] = process.argv.slice(2);
       process.on("SIGTERM", () => process.exit(5));
       process.on("SIGINT", () => process.exit(6));
       process.stdout.write(JSON.stringify({ node: process.execPath, folder: process.cwd() }) + "\\n");
       if (act === "exit") process.exit(Number(code));
       if (act === "die") process.kill(process.pid, "SIGKILL");
       setInterval(() => undefined, 1_000);`,
    );
  });
  const pin = async () => {
    await mkdir(pathOf("node_modules/node/bin"), { recursive: true });
    await symlink(PINNED_NODE, pathOf("node_modules/node/bin/node"));
  };
  /** The launcher believes to run on this version of Node; the program is not told. */
  const pretend = async (version: string) => {
    await writeFile(
      pathOf("pretend.cjs"),
      `Object.defineProperty(process, "version", { value: "v${version}" });
       Object.defineProperty(process, "versions", { value: { node: "${version}" } });`,
    );
    return { NODE_OPTIONS: `--require ${pathOf("pretend.cjs")}` };
  };

  it("runs the program on the pinned Node, in the project's folder, and ends as it ends", async () => {
    await pin();
    const { code, out } = await launch(["exit", "7"], await pretend("20.20.2")).ended;
    assert.equal(code, 7);
    // The pinned Node is linked here, and Node tells the real path of itself.
    assert.deepEqual(JSON.parse(out), { node: PINNED_NODE, folder: pathOf(".").replace(/\/\.?$/, "") });
    assert.equal((await launch(["exit", "0"]).ended).code, 0);
  });

  it("dies of the signal that the program died of", async () => {
    await pin();
    const { code, signal } = await launch(["die"]).ended;
    assert.deepEqual([code, signal], [null, "SIGKILL"]);
  });

  for (const [signal, expected] of [
    ["SIGTERM", 5],
    ["SIGINT", 6],
  ] as const) {
    it(`hands ${signal} to the program and waits for its end`, async () => {
      await pin();
      const running = launch(["wait"]);
      await running.printed(/\}\n/);
      running.child.kill(signal);
      assert.equal((await running.ended).code, expected);
    });
  }

  it("runs on its own Node where none is pinned and it is new enough, and says so where it is not", async () => {
    const ours = await launch(["exit", "0"], await pretend("24.0.0")).ended;
    assert.deepEqual([ours.code, ours.err], [0, ""]);
    const old = await launch(["exit", "0"], await pretend("22.23.3")).ended;
    assert.deepEqual([old.code, old.out], [1, ""]);
    assert.match(
      old.err,
      /^Earshot needs Node 24\. Looked in .*node_modules.* v22\.23\.3\. Run `npm install` in /,
    );
  });
});

describe("npx earshot replay", function () {
  this.timeout(60_000);
  const pathOf = useTemporaryFolder();
  let bot: Storage;
  /** The other settings are the bot's business; the command must not ask for them. */
  const replay = (words: readonly string[], database = `sqlite:${pathOf("earshot.db")}`) =>
    earshot(["replay", ...words], { DATABASE_URL: database, BOT_ID: "mine", PORT: "eighty" });

  beforeEach(async () => {
    bot = await openStorage({ kind: "sqlite", file: pathOf("earshot.db") }, "bot");
  });
  afterEach(() => bot.close());

  /** Parks a message of each of these conversations, as the bot does. */
  const park = async (conversations: readonly string[], code: string) => {
    await bot.addNotifications(
      conversations.map((conversationId) =>
        createNotification({ conversationId }, { sealed: '{"data":"what-was-said"}' }),
      ),
    );
    const claims = await bot.claimNotifications({ limit: 10, now: 1 });
    for (const { id } of claims) await bot.parkNotification({ id, now: Date.UTC(2026, 10, 20), code });
    return claims.map(({ id }) => Number(id));
  };

  it("shows what the running bot parked, and brings it back to it", async () => {
    const [first, second] = await park(["19:a", "19:b"], "token-refused");
    const [third] = await park(["19:c"], "wire-shape");

    const list = await replay([]);
    assert.equal(list.code, 1, list.err);
    assert.match(list.out, /^Parked: 3\.$/m);
    assert.match(
      list.out,
      new RegExp(`^${second} +2026-11-20 00:00:00 +token-refused +graph +tenant +19:b +1000$`, "m"),
    );
    const asJson = await replay(["--json"]);
    assert.equal(asJson.code, 1);
    const { listed } = JSON.parse(asJson.out) as { listed: { id: number }[] };
    assert.deepEqual(
      listed.map(({ id }) => id),
      [first, second, third],
    );
    assert.doesNotMatch(list.out + asJson.out + list.err, /what-was-said|sealed"/);
    assert.deepEqual(await bot.readCounts({}), { waiting: 0, claimed: 0, done: 0, parked: 3 });

    const one = await replay(["--id", String(second)]);
    assert.equal(one.code, 0, one.err);
    assert.match(one.out, /^Brought back: 1\..*\nStill parked: 2\.\n$/);
    const [back] = await bot.claimNotifications({ limit: 10, now: 1 });
    assert.deepEqual([back?.id, back?.attempts, back?.message.conversationId], [second, 1, "19:b"]);
    assert.deepEqual((await replay(["--id", String(second)])).code, 1);

    assert.deepEqual(JSON.parse((await replay(["--all", "--json"])).out), { replayed: 2, parked: 0 });
    assert.deepEqual((await bot.claimNotifications({ limit: 10, now: 1 })).length, 2);
    const empty = await replay([]);
    assert.deepEqual([empty.code, empty.out], [0, "Nothing is parked.\n"]);
  });

  it("makes no database where there is none, and says what it looked for", async () => {
    const { code, out, err } = await replay([], `sqlite:${pathOf("deep/none.db")}`);
    assert.deepEqual([code, out], [1, ""]);
    assert.ok(err.includes(`the SQLite file ${pathOf("deep/none.db")}, which is not there`), err);
    assert.match(err, /Set DATABASE_URL as the bot has it/);
    assert.ok((await readdir(pathOf("."))).every((name) => name.startsWith("earshot.db")));
    const inMemory = await replay([], "sqlite::memory:");
    assert.deepEqual([inMemory.code, inMemory.out], [1, ""]);
    assert.match(inMemory.err, /a database in memory/);
  });

  it("is refused by a database of a later Earshot, in words and for a machine", async () => {
    await bot.close();
    const database = new DatabaseSync(pathOf("earshot.db"));
    database.exec("PRAGMA user_version = 999");
    database.close();
    const before = await readFile(pathOf("earshot.db"));
    const { code, out, err } = await replay([]);
    assert.deepEqual([code, out], [1, ""]);
    assert.match(err, /^\S+earshot\.db has schema 999, written by a later Earshot.*\n$/);
    const asJson = await replay(["--all", "--json"]);
    assert.deepEqual([asJson.code, asJson.err], [1, ""]);
    const { fault } = JSON.parse(asJson.out) as { fault: { code: string; message: string } };
    assert.deepEqual(fault, { code: "storage-schema-newer", message: err.trimEnd() });
    assert.ok(before.equals(await readFile(pathOf("earshot.db"))));
  });

  it("says what DATABASE_URL should look like, without its password", async () => {
    const { code, err } = await replay([], "mysql://me:hunter2@db/earshot");
    assert.equal(code, 1);
    assert.match(err, /DATABASE_URL must be sqlite:<file> or postgres:/);
    assert.doesNotMatch(err, /hunter2|BOT_ID must|PORT must/);
  });

  it("lets its reader leave before the end", async () => {
    await park(["19:a", "19:b", "19:c"], "wire-shape");
    const piped = start(
      "sh",
      ["-c", `"${process.execPath}" bin/earshot.js replay; echo "ended with $?" >&2`],
      {
        DATABASE_URL: `sqlite:${pathOf("earshot.db")}`,
      },
    );
    piped.child.stdout.destroy();
    const { err } = await piped.ended;
    assert.equal(err, "ended with 1\n");
  });
});
