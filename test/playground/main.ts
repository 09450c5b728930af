/**
 * `npm run playground`: Earshot under Microsoft 365 Agents Playground, a client of `/api/messages` that nobody here has
 * written. Exits with 0 where every step was seen, 1 where one was not, 2 where there is no playground or no browser.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEdges } from "../../src/edges.ts";
import { startEmulatedTenant } from "../../src/emulator/emulated-tenant.ts";
import { openBrowser } from "../journeys/browser.ts";
import { startProgram, type Program } from "../journeys/child-program.ts";
import { SILENT_LOG } from "../journeys/emulator-fake-bot.ts";
import { findPorts } from "../soak/find-ports.ts";
import { installPlayground, PLAYGROUND } from "./install-playground.ts";
import { startSigningRelay } from "./signing-relay.ts";
import { startPlayground } from "./start-playground.ts";
import { planSteps } from "./walk-through.ts";

type Browser = NonNullable<Awaited<ReturnType<typeof openBrowser>>>;

const print = (line: string) => void process.stdout.write(`${line}\n`);
/** What was made; last made, first ended. */
const endings: (() => Promise<unknown>)[] = [];
const endAll = async () => {
  for (const end of endings.splice(0).toReversed()) await end();
};

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    // The bot is a group of its own and hears no Ctrl+C.
    void endAll().finally(() => process.exit(130));
  });
}
process.exitCode = await run().finally(endAll);

async function run(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "earshot-playground-"));
  endings.push(() => rm(folder, { recursive: true, force: true }));
  print(`fetching ${PLAYGROUND} …`);
  const program = await installPlayground(folder, print);
  const browser = program === null ? null : await openBrowser();
  if (program === null || !browser) {
    print("VERDICT: not run.");
    return 2;
  }
  endings.push(() => browser.close());
  return (await walk(folder, program, browser)) ? 0 : 1;
}

async function walk(folder: string, program: string, browser: Browser): Promise<boolean> {
  const [port = 0, adminPort = 0, playgroundPort = 0] = await findPorts(3);
  const botUrl = `http://127.0.0.1:${port}`;
  // For what the playground has not: a login and Graph. Its own places are not in there.
  const tenant = await startEmulatedTenant({
    ...{ edges: createEdges(SILENT_LOG), port: 0, botUrl, tracesUrl: null, rscPermissions: [] },
  });
  endings.push(tenant.close);
  const relay = await startSigningRelay({
    ...{ botId: tenant.bot.id, botUrl, playgroundUrl: `http://localhost:${playgroundPort}` },
  });
  endings.push(relay.close);

  let earshot: Program;
  const startBot = async () => {
    earshot = startProgram(["start"], {
      ...tenant.settings,
      ...{ BOT_LOGIN_ENDPOINT: relay.url, PORT: String(port), ADMIN_PORT: String(adminPort) },
      ...{ DATABASE_URL: `sqlite:${join(folder, "earshot.db")}`, KEYS_DIR: join(folder, "keys") },
    });
    await earshot.waitFor(/Earshot is listening/);
  };
  endings.push(() => earshot.end());
  await startBot();
  const [organisation] = tenant.organisations;
  if (!organisation) return false;
  const playground = await startPlayground({
    ...{ program, folder, port: playgroundPort, botId: tenant.bot.id, organisation },
    ...{ appEndpoint: `${relay.url}/api/messages`, serviceUrl: `${relay.url}/_connector` },
  });
  endings.push(playground.stop);

  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  const pictures = await mkdtemp(join(tmpdir(), "earshot-playground-pictures-"));
  const restartBot = async () => {
    await earshot.end();
    await startBot();
  };
  const steps = planSteps({ page, url: playground.url, relay, pictures, restartBot });
  const failed: string[] = [];
  for (const step of steps) {
    try {
      await step.run();
      print(`  well    ${step.name}`);
    } catch (error) {
      failed.push(step.name);
      print(`  FAILED  ${step.name}: ${error instanceof Error ? error.message : String(error)}`);
      await page.screenshot({ path: join(pictures, `${step.name}-failed.png`) });
    }
  }
  print(`pictures: ${pictures}`);
  if (failed.length === 0) {
    print("VERDICT: Earshot and the playground understand each other.");
    return true;
  }
  for (const { to, method, path, activity, status } of relay.calls) {
    print(`${to} ${method} ${path} ${activity.type ?? ""} → ${status}`);
  }
  print(earshot!.output());
  print(`VERDICT: ${failed.length} of ${steps.length} steps failed: ${failed.join(", ")}.`);
  return false;
}
