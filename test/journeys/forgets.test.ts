/** What is forgotten, and when: after a while what was handled, on uninstall all of a place, and nothing else. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { useFakeTimers, type SinonFakeTimers } from "sinon";
import { readReplies, setStage, type Stage } from "./stage.ts";

const MIRA = "Mira Lindqvist";
const HOUR_MS = 60 * 60_000;

describe("forgetting", () => {
  let stage: Stage;
  /** The calendar alone is held: timers run. */
  let clock: SinonFakeTimers;
  beforeEach(async () => {
    clock = useFakeTimers({ now: Date.now(), toFake: ["Date"], shouldAdvanceTime: true });
    stage = await setStage();
    await stage.waitForSubscriptions(5);
  });
  afterEach(async () => {
    await stage.strike();
    clock.restore();
  });
  const pass = async (ms: number) => {
    await stage.stopBot();
    clock.setSystemTime(Date.now() + ms);
    await stage.startBot();
  };

  const say = async (conversation: string, text = "the wifi is down") => {
    const said = stage.tenant.say({ person: MIRA, conversation, text });
    await stage.waitForOutcome(said, 1);
    // Its own reply comes back through Graph, and is one more message that is handled and known.
    await stage.waitUntil(
      "its own words",
      () =>
        stage.traces.filter(({ step, code }) => step === "decided" && code === "own-message").length ===
        stage.tenant.sends.filter(({ kind, isTaken }) => kind === "reply" && isTaken).length,
    );
    return said;
  };
  /** What the database knows of each conversation: notifications and ledger entries. */
  const readKnown = () => {
    const database = new DatabaseSync(join(stage.dataDir, "earshot.db"), { readOnly: true });
    try {
      const rows = database
        .prepare(
          `SELECT conversation_id AS id FROM notification
           UNION SELECT DISTINCT substr(message_key, instr(message_key, '|') + 1) FROM ledger`,
        )
        .all();
      return [...new Set(rows.map(({ id }) => String(id).split("|")[0]!))];
    } finally {
      database.close();
    }
  };

  it("lets handled messages and their ledger go after the time that is set, and not before", async () => {
    const old = await say("Outages");
    assert.deepEqual(readKnown(), [old.conversationId]);
    await pass(71 * HOUR_MS);
    const young = await say("Lunch crew");
    assert.deepEqual(readKnown().toSorted(), [old.conversationId, young.conversationId].toSorted());

    await pass(2 * HOUR_MS);
    await stage.waitUntil("the sweep", () => readKnown().length === 1);
    assert.deepEqual(readKnown(), [young.conversationId]);
  });

  it("deletes all that is kept of a chat or team when the app is taken out of it, and nothing of others", async () => {
    const [chat, channel, other] = [
      await say("Lunch crew"),
      await say("Outages"),
      await say("Facilities/General"),
    ];
    assert.equal(readKnown().length, 3);

    await stage.tenant.uninstall("Lunch crew");
    await stage.waitUntil("the chat forgotten", () => !readKnown().includes(chat.conversationId));
    assert.deepEqual(readKnown().toSorted(), [channel.conversationId, other.conversationId].toSorted());

    const team = stage.tenant.organisations
      .flatMap(({ teams }) => teams)
      .find(({ channels }) => channels.some(({ id }) => id === channel.conversationId))!;
    await stage.tenant.uninstall(team.name);
    await stage.waitUntil("the team forgotten", () => !readKnown().includes(channel.conversationId));
    assert.deepEqual(
      readKnown(),
      team.channels.some(({ id }) => id === other.conversationId) ? [] : [other.conversationId],
    );
    assert.equal(readReplies(stage, "Outages").length, 1);
  });
});
