/** Edits and deletions: while a message waits for its answer they change or cancel it, afterwards they change nothing. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import type { PostedMessage } from "../../src/emulator/posted-message.ts";
import { readAgain, readReplies, setStage, type Stage } from "./stage.ts";

const MIRA = "Mira Lindqvist";

for (const deletedForm of ["sealed", "bare"] as const) {
  describe(`a message that changes (deletions come ${deletedForm})`, () => {
    let stage: Stage;
    /** What is said does not reach the bot; what becomes of it does. */
    let isSaidLate: boolean;
    beforeEach(async () => {
      isSaidLate = false;
      stage = await setStage({
        deletedForm,
        tenantFetch: async (input, init) => {
          const body = typeof init?.body === "string" ? init.body : "";
          const isSaid = /"changeType":"created"|"type":"message"/.test(body);
          return isSaidLate && isSaid ? new Response(null, { status: 503 }) : fetch(input, init);
        },
      });
      await stage.waitForSubscriptions(5);
    });
    afterEach(() => stage.strike());

    const say = (text: string, conversation = "Outages") =>
      stage.tenant.say({ person: MIRA, conversation, text });
    /** Teams takes no send for now, so that the message waits, decided on and not answered. */
    const sayWhileTeamsIsBusy = async (text: string, conversation?: string) => {
      stage.tenant.setFaults({ seed: 1, sends: { throttle: 1 } });
      const said = say(text, conversation);
      await stage.waitForTrace("a retry", (trace) => isOf(said, trace) && trace.result === "retry");
      return said;
    };
    const isOf = (said: PostedMessage, { message }: { message?: { messageId: string } }) =>
      message?.messageId === said.id;
    const waitForChange = (said: PostedMessage, change: "updated" | "deleted") =>
      stage.waitForTrace(
        "the change",
        (trace) => isOf(said, trace) && trace.step === "stored" && trace.change === change,
      );
    const teamsIsFree = () => stage.tenant.setFaults(null);
    const readSealed = (said: PostedMessage) => {
      const database = new DatabaseSync(join(stage.dataDir, "earshot.db"), { readOnly: true });
      try {
        return database
          .prepare("SELECT change_type, state FROM notification WHERE message_id = ? AND sealed <> ''")
          .all(said.id);
      } finally {
        database.close();
      }
    };

    for (const conversation of ["Outages", "Lunch crew"]) {
      it(`edited before its answer is answered as it stands then, in ${conversation}`, async () => {
        const said = await sayWhileTeamsIsBusy("the wifi is down", conversation);
        stage.tenant.edit(said, { text: "the printer is down" });
        await waitForChange(said, "updated");
        teamsIsFree();
        await stage.waitForOutcome(said);
        const [reply, ...more] = readReplies(stage, conversation);
        assert.deepEqual(more, []);
        assert.match(JSON.stringify(reply?.cards), /the printer is down/);
      });
    }

    it("edited so that no rule fits is not answered", async () => {
      const said = await sayWhileTeamsIsBusy("the wifi is down");
      stage.tenant.edit(said, { text: "all is well" });
      await waitForChange(said, "updated");
      teamsIsFree();
      await stage.waitForTrace(
        "silence",
        (trace) => isOf(said, trace) && trace.step === "decided" && trace.code === "no-rule",
      );
      await stage.waitForOutcome(say("the door is down"));
      assert.equal(readReplies(stage, "Outages").length, 1);
      assert.deepEqual(readAgain(stage, said).reactions, []);
    });

    it("blocked by a policy before its answer is not answered", async () => {
      const said = await sayWhileTeamsIsBusy("the wifi is down");
      stage.tenant.blockByPolicy(said);
      await waitForChange(said, "updated");
      teamsIsFree();
      await stage.waitForTrace(
        "silence",
        (trace) => isOf(said, trace) && trace.step === "decided" && !trace.change && trace.code === "deleted",
      );
      await stage.waitForOutcome(say("the door is down"));
      assert.equal(readReplies(stage, "Outages").length, 1);
      assert.deepEqual(readAgain(stage, said).reactions, []);
    });

    it("deleted before its answer is not answered, and nothing of it is kept", async () => {
      const said = await sayWhileTeamsIsBusy("the wifi is down");
      assert.equal(readSealed(said).length, 1);
      stage.tenant.remove(said);
      await waitForChange(said, "deleted");
      teamsIsFree();
      await stage.waitForOutcome(say("the door is down"));
      assert.equal(readReplies(stage, "Outages").length, 1);
      assert.deepEqual(readSealed(said), []);
    });

    it("deleted first and delivered late is not answered", async () => {
      isSaidLate = true;
      const said = say("the wifi is down");
      stage.tenant.remove(said);
      await waitForChange(said, "deleted");
      isSaidLate = false;
      await stage.waitForTrace(
        "both deliveries",
        (trace) => isOf(said, trace) && trace.step === "stored" && !trace.change,
      );
      await stage.waitForOutcome(say("the door is down"));
      assert.equal(readReplies(stage, "Outages").length, 1);
      assert.deepEqual(readSealed(said), []);
    });

    it("edited or deleted after its answer is not answered again", async () => {
      const said = say("the wifi is down");
      await stage.waitForOutcome(said);
      stage.tenant.edit(said, { text: "the printer is down" });
      await stage.waitForTrace(
        "silence",
        (trace) => isOf(said, trace) && trace.change === "updated" && trace.code === "not-new",
      );
      stage.tenant.remove(said);
      await stage.waitForTrace(
        "silence",
        (trace) => isOf(said, trace) && trace.change === "deleted" && trace.step === "decided",
      );
      assert.equal(readReplies(stage, "Outages").length, 1);
    });

    it("reacted to by people is not said anew", async () => {
      const said = say("nothing in particular");
      await stage.waitForOutcome(said);
      stage.tenant.react({ person: MIRA, message: said, type: "like" });
      await stage.waitForTrace(
        "silence",
        (trace) => isOf(said, trace) && trace.change === "updated" && trace.code === "not-new",
      );
      assert.equal(readReplies(stage, "Outages").length, 0);
    });
  });
}
