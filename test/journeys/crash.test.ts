/** The bot as a program of its own, killed in the middle of its work: nothing lost, nothing said twice. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createEdges } from "../../src/edges.ts";
import { startEmulatedTenant, type EmulatedTenant } from "../../src/emulator/emulated-tenant.ts";
import { findFreePort } from "../../src/emulator/find-free-port.ts";
import { startProgram, type Program } from "./child-program.ts";
import { createMemoryLog, MANIFEST_PERMISSIONS } from "./stage.ts";

const MESSAGES = 80;
const PLACES = ["Lunch crew", "Outages"];
/** After so many replies the program is killed, and started again. */
const KILLS = [7, 31, 52];

describe("crash", function () {
  this.timeout(120_000);
  let dataDir: string;
  let tenant: EmulatedTenant;
  let program: Program;
  let adminPort: number;
  let start: () => Promise<Program>;

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "earshot-crash-"));
    const port = await findFreePort();
    adminPort = await findFreePort();
    tenant = await startEmulatedTenant({
      edges: createEdges(createMemoryLog([])),
      port: 0,
      botUrl: `http://127.0.0.1:${port}`,
      tracesUrl: null,
      rscPermissions: MANIFEST_PERMISSIONS,
    });
    start = async () => {
      const started = startProgram(["start"], {
        ...tenant.settings,
        PORT: String(port),
        ADMIN_PORT: String(adminPort),
        DATABASE_URL: `sqlite:${join(dataDir, "earshot.db")}`,
        KEYS_DIR: join(dataDir, "keys"),
        LOG_LEVEL: "warn",
      });
      await started.waitFor(/Earshot is listening/);
      return started;
    };
    program = await start();
    await tenant.installEverywhere();
    await waitUntil(() => tenant.subscriptions().length === 5);
  });
  after(async () => {
    await program.end("SIGKILL");
    await tenant.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  /** What the tenant heard as answer to a line. */
  const readAnswers = (line: string) =>
    PLACES.flatMap((place) => tenant.readMessages(place)).filter(
      ({ sender, cards }) => sender.isBot && JSON.stringify(cards).includes(`"${line}"`),
    );
  const countReplies = () =>
    PLACES.flatMap((place) => tenant.readMessages(place)).filter(({ sender }) => sender.isBot).length;
  const readRows = async (state: string): Promise<number> => {
    const metrics = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
    return Number(new RegExp(`earshot_inbox_rows\\{state="${state}"\\} (\\d+)`).exec(metrics)?.[1]);
  };

  it("loses nothing and says nothing twice when it is killed and started again", async () => {
    const lines = Array.from({ length: MESSAGES }, (_, index) => `line ${index} is down`);
    for (const [index, text] of lines.entries()) {
      tenant.say({ person: "Mira Lindqvist", conversation: PLACES[index % PLACES.length]!, text });
    }
    for (const replies of KILLS) {
      await waitUntil(() => countReplies() >= replies);
      await program.end("SIGKILL");
      program = await start();
    }
    const isDelivered = () =>
      tenant.deliveries.every(({ sender, state }) => sender !== "graph" || state === "delivered");
    await waitUntil(
      async () => isDelivered() && (await readRows("waiting")) + (await readRows("claimed")) === 0,
    );

    const twice = lines.filter((line) => readAnswers(line).length > 1);
    assert.deepEqual(twice, []);
    // A reply that was on its way when the program died may have been sent or not: it is parked, never repeated.
    const unanswered = lines.filter((line) => readAnswers(line).length === 0);
    const parked = await readRows("parked");
    assert.ok(unanswered.length <= parked, `${unanswered.length} unanswered, ${parked} parked`);
    assert.ok(parked <= KILLS.length * PLACES.length, `${parked} parked`);
    assert.ok(unanswered.length < MESSAGES / 4);
  });
});

async function waitUntil(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let looks = 0; looks < 3_000; looks += 1) {
    if (await holds()) return;
    await pause(20);
  }
  assert.fail("waited in vain");
}
