/** Two organisations at once: Graph is asked with a token of each, the connector with one of the bot's home. */
import assert from "node:assert/strict";
import { readReplies, setStage, type Stage } from "./stage.ts";

describe("several tenants", () => {
  let stage: Stage;
  before(async () => {
    stage = await setStage({ withSecondOrganisation: true });
  });
  after(() => stage.strike());

  it("listens and answers in both, and keeps them apart", async () => {
    const [contoso, fabrikam] = stage.tenant.organisations;
    const standard = [contoso!, fabrikam!].flatMap(({ teams }) => teams).flatMap(({ channels }) => channels);
    const channels = standard.filter(({ kind }) => kind === "standard").length;
    await stage.waitForSubscriptions(channels + 2);

    for (const { id, people, chats } of [contoso!, fabrikam!]) {
      const chat = chats.find(({ kind }) => kind === "group")!;
      const person = people.find((one) => chat.memberIds.includes(one.id))!;
      const said = stage.tenant.say({
        person: person.id,
        conversation: chat.id,
        text: "the intranet is down",
      });
      const outcome = await stage.waitForOutcome(said);
      assert.equal(outcome.message?.tenantId, id);
      assert.equal(readReplies(stage, chat.id).length, 1);
    }
    // Of shared and private channels Graph tells nothing; everywhere else it was let in.
    assert.deepEqual(
      stage.tenant.calls.filter(({ status }) => status >= 400 && status !== 403),
      [],
    );
  });
});
