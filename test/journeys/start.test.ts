/** `npm start` as a newcomer runs it: with nothing set, and with things set wrong. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "../../src/emulator/find-free-port.ts";
import { startProgram, type Program } from "./child-program.ts";

const GOOD = {
  BOT_ID: "b07b07b0-0000-4000-8000-0000000000b0",
  BOT_PASSWORD: "hunter2-and-more",
  BOT_TENANT_ID: "0e0e0e0e-0000-4000-8000-00000000000e",
  TEAMS_APP_ID: "6f0c7a52-5d0e-4c1f-9a7b-1d2e3f405162",
  BOT_ENDPOINT: "https://bot.example.com",
};

describe("npm start", function () {
  this.timeout(60_000);
  const programs: Program[] = [];
  const start = (environment: Record<string, string>) => {
    const program = startProgram(["start"], environment);
    programs.push(program);
    return program;
  };
  afterEach(async () => {
    for (const program of programs.splice(0)) await program.end("SIGKILL");
  });
  const freePorts = async () => ({
    PORT: String(await findFreePort()),
    ADMIN_PORT: String(await findFreePort()),
    EMULATOR_PORT: String(await findFreePort()),
  });

  it("with no settings prints one URL, answers there, and ends on SIGTERM within ten seconds", async () => {
    const ports = await freePorts();
    const program = start(ports);
    const [, url] = await program.waitFor(/Open (http:\/\/127\.0\.0\.1:\d+)/);
    assert.equal(program.output().match(/https?:\/\//g)?.length, 1, program.output());
    const page = await fetch(url!);
    assert.equal(page.status, 200);
    assert.match(page.headers.get("content-security-policy") ?? "", /default-src 'self'/);
    assert.equal((await fetch(`http://127.0.0.1:${ports.PORT}/healthz`)).status, 200);
    assert.equal((await fetch(`http://127.0.0.1:${ports.ADMIN_PORT}/readyz`)).status, 200);
    assert.match(await (await fetch(`http://127.0.0.1:${ports.ADMIN_PORT}/`)).text(), /<title>Earshot/);

    const begun = process.hrtime.bigint();
    await program.end("SIGTERM");
    assert.ok(process.hrtime.bigint() - begun < 10_000_000_000n);
    await assert.rejects(fetch(`http://127.0.0.1:${ports.PORT}/healthz`));
  });

  it("with a cloud's settings starts without the emulated tenant", async () => {
    const ports = await freePorts();
    const keysDir = await mkdtemp(join(tmpdir(), "earshot-start-"));
    const program = start({
      ...GOOD,
      PORT: ports.PORT,
      ADMIN_PORT: ports.ADMIN_PORT,
      DATABASE_URL: "sqlite::memory:",
      KEYS_DIR: keysDir,
    });
    await program.waitFor(/Earshot is listening on port \d+ for https:\/\/bot\.example\.com/);
    assert.doesNotMatch(program.output(), /emulated/);
    await program.end("SIGTERM");
    await rm(keysDir, { recursive: true });
    assert.doesNotMatch(program.output(), /hunter2/);
  });

  it("is refused with one report of every missing and every wrong setting", async () => {
    const program = start({
      BOT_ID: "mine",
      BOT_PASSWORD: "hunter2",
      PORT: "eighty",
      CLOUD: "moon",
      BOT_ENDPOINT: "http://example.com",
      LISTENER_FILE: "test/journeys/faulty-listener.yaml",
    });
    const { code, output } = await program.ended;
    assert.notEqual(code, 0);
    for (const name of ["BOT_ID", "BOT_TENANT_ID", "TEAMS_APP_ID", "BOT_ENDPOINT", "PORT", "CLOUD"]) {
      assert.match(output, new RegExp(`- ${name} `));
    }
    assert.match(output, /faulty-listener\.yaml:5 rule "broken"/);
    assert.doesNotMatch(output, /hunter2|at .*\.ts:\d/);
  });

  it("is refused with every fault of the rules, by file, line and rule", async () => {
    const program = start({ ...(await freePorts()), LISTENER_FILE: "test/journeys/faulty-listener.yaml" });
    const { code, output } = await program.ended;
    assert.notEqual(code, 0);
    assert.match(output, /faulty-listener\.yaml:5 rule "broken", when\.matches is not an RE2 pattern/);
    assert.match(
      output,
      /faulty-listener\.yaml:7 rule "broken", then\[0\] names the card nowhere\.json, which is not there/,
    );
  });

  it("names the setting to change where a port is taken", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as { port: number };
    try {
      for (const name of ["PORT", "ADMIN_PORT", "EMULATOR_PORT"]) {
        const { code, output } = await start({ ...(await freePorts()), [name]: String(port) }).ended;
        assert.notEqual(code, 0);
        assert.match(output, new RegExp(`port ${port}: EADDRINUSE.*set ${name}\\.`), output);
      }
    } finally {
      taken.close();
    }
  });

  it("calls an unknown command misuse", async () => {
    const program = startProgram(["start", "--", "dance"], {});
    programs.push(program);
    const { code, output } = await program.ended;
    assert.equal(code, 2);
    assert.match(output, /There is no command "dance"/);
  });
});
