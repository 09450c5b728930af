/** The bot is gone for a while: what was said meanwhile is answered, what was said before is not answered again. */
import assert from "node:assert/strict";
import { readReplies, setStage, type Stage } from "./stage.ts";

const MIRA = "Mira Lindqvist";

describe("restart", () => {
  let stage: Stage;
  before(async () => {
    stage = await setStage();
    await stage.waitForSubscriptions(5);
  });
  after(() => stage.strike());

  it("answers what was said while it was down, once, and makes no subscription anew", async () => {
    const earlier = stage.tenant.say({ person: MIRA, conversation: "Outages", text: "the wifi is down" });
    await stage.waitForOutcome(earlier);
    await stage.stopBot();
    const writes = () =>
      stage.tenant.calls.filter(({ area, method }) => area === "graph" && method !== "GET").length;
    const writesBefore = writes();

    const meanwhile = stage.tenant.say({
      person: MIRA,
      conversation: "Outages",
      text: "the printer is down",
    });
    await stage.waitUntil("a delivery in vain", () =>
      stage.tenant.deliveries.some(({ sender, state, attempts }) => {
        return sender === "graph" && state === "pending" && attempts.length > 0;
      }),
    );
    await stage.startBot();
    await stage.waitForOutcome(meanwhile, 1);

    const roots = readReplies(stage, "Outages").map(({ rootId }) => rootId);
    assert.deepEqual(roots, [earlier.id, meanwhile.id]);
    assert.equal(writes(), writesBefore);
  });

  it("goes on in a thread whose first messages it heard before", async () => {
    const said = stage.tenant.say({ person: MIRA, conversation: "Outages", text: "thank you" });
    await stage.waitForOutcome(said);
  });
});
