/** What is said stays sealed on disk, and out of logs, traces and metrics; so do the secrets. */
import assert from "node:assert/strict";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setStage, type Stage } from "./stage.ts";

const MIRA = "Mira Lindqvist";
/** Words that stand nowhere but in what is said. */
const TELLTALE = "Zwiebelkuchen";

describe("privacy", () => {
  let stage: Stage;
  before(async () => {
    stage = await setStage();
    await stage.waitForSubscriptions(5);
    const texts = [`${TELLTALE} is down`, `nothing but ${TELLTALE}`];
    for (const conversation of ["Outages", "Lunch crew", "personal"]) {
      for (const text of texts) {
        const said = stage.tenant.say({ person: MIRA, conversation, text });
        await stage.waitForTrace(
          "a decision",
          ({ step, message }) => step === "decided" && message?.messageId === said.id,
        );
      }
    }
  });
  after(() => stage.strike());

  const fetchText = async (path: string) => (await fetch(stage.adminUrl + path)).text();
  const readAll = async () => {
    const stream = await fetch(`${stage.adminUrl}/events`);
    const reader = stream.body!.getReader() as ReadableStreamDefaultReader<Uint8Array>;
    const { value } = await reader.read();
    await reader.cancel();
    return {
      log: stage.logLines.join("\n"),
      traces: JSON.stringify(stage.traces),
      events: new TextDecoder().decode(value),
      metrics: await fetchText("/metrics"),
      page: await fetchText("/"),
      readiness: await fetchText("/readyz"),
    };
  };

  it("shows no text, name or secret in logs, traces, metrics or pages", async () => {
    const secrets = [
      TELLTALE,
      "Lindqvist",
      stage.tenant.settings.BOT_PASSWORD!,
      "Bearer ",
      "eyJ",
      "PRIVATE KEY",
    ];
    for (const [where, text] of Object.entries(await readAll())) {
      assert.ok(text.length > 0, `${where} is empty, so this proves nothing`);
      for (const secret of secrets)
        assert.ok(!text.includes(secret), `${where} holds ${secret.slice(0, 8)}…`);
    }
    assert.match((await readAll()).log, /replied/);
  });

  it("has nothing that was said in its files, before or after it is handled", async () => {
    await stage.stopBot();
    const waiting = stage.tenant.say({ person: MIRA, conversation: "Outages", text: `${TELLTALE} again` });
    assert.ok(waiting);
    const files = (await readdir(stage.dataDir, { recursive: true })).map((name) =>
      join(stage.dataDir, name),
    );
    for (const file of files) {
      if (!(await stat(file)).isFile()) continue;
      const bytes = await readFile(file);
      for (const secret of [TELLTALE, stage.tenant.settings.BOT_PASSWORD!]) {
        assert.ok(!bytes.includes(secret), `${file} holds ${secret.slice(0, 8)}…`);
      }
    }
    assert.ok(files.some((file) => file.endsWith("earshot.db")));
    await stage.startBot();
    await stage.waitForOutcome(waiting, 1);
  });

  it("keeps its keys to itself", async () => {
    const keys = (await readdir(join(stage.dataDir, "keys"))).filter((name) => name.endsWith(".key.pem"));
    assert.equal(keys.length, 1);
    for (const name of keys)
      assert.equal((await stat(join(stage.dataDir, "keys", name))).mode & 0o777, 0o600);
  });
});
