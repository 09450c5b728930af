/** A message that both ears bring is one message, whichever comes first and however late the other. */
import assert from "node:assert/strict";
import { formatGroupChatId } from "../../src/emulator/thread-ids.ts";
import { createGate, type Gate } from "./gate.ts";
import { readReplies, setStage, type Stage } from "./stage.ts";

const MIRA = "Mira Lindqvist";
/** Teams tells no name of a chat. */
const LUNCH = formatGroupChatId("Lunch crew");
const GRAPH = "/api/notifications";
const BOT_FRAMEWORK = "/api/messages";

describe("both ears", () => {
  let stage: Stage;
  let gate: Gate;
  beforeEach(async () => {
    gate = createGate();
    stage = await setStage({ tenantFetch: gate.fetch });
    await stage.waitForSubscriptions(5);
  });
  afterEach(async () => {
    for (const path of [GRAPH, BOT_FRAMEWORK]) gate.letGo(path);
    await stage.strike();
  });

  const readMetric = async (line: RegExp) => {
    const text = await (await fetch(`${stage.adminUrl}/metrics`)).text();
    return Number(line.exec(text)?.[1] ?? 0);
  };
  /** Once Graph has told the bot its own replies, too. */
  const readAlone = async () => {
    await stage.waitUntil(
      "its own words",
      () =>
        stage.traces.filter(({ step, code }) => step === "decided" && code === "own-message").length ===
        stage.tenant.sends.filter(({ kind, isTaken }) => kind === "reply" && isTaken).length,
    );
    return readEach();
  };
  const readEach = async () => ({
    graph: await readMetric(/^earshot_heard_alone\{ear="graph"\} (\d+)$/m),
    "bot-framework": await readMetric(/^earshot_heard_alone\{ear="bot-framework"\} (\d+)$/m),
  });

  const ORDERS = [
    { first: "graph", late: BOT_FRAMEWORK },
    { first: "bot-framework", late: GRAPH },
  ] as const;
  for (const { first, late } of ORDERS) {
    for (const conversation of ["Outages", "Lunch crew"]) {
      it(`${first} first, the other long after it was answered, in ${conversation}`, async () => {
        // What Graph does not bring is not read back either: that was done before.
        await stage.waitForReadBack(conversation === "Outages" ? "Help Desk › Outages" : LUNCH);
        gate.hold(late);
        const said = stage.tenant.say({ person: MIRA, conversation, text: "the wifi is down" });
        const outcome = await stage.waitForOutcome(said, 1);
        assert.equal(outcome.ear, first);
        assert.equal((await (late === GRAPH ? readEach() : readAlone()))[first], 1);

        // Meanwhile others speak, and are answered.
        gate.letGo(late);
        const stored = await stage.waitForTrace(
          "the other ear",
          ({ step, code, message }) =>
            step === "stored" && code === "second-ear" && message?.messageId === said.id,
        );
        assert.notEqual(stored.ear, first);
        const next = stage.tenant.say({ person: MIRA, conversation, text: "the door is down" });
        await stage.waitForOutcome(next);
        assert.equal(readReplies(stage, conversation).length, 2);
        assert.deepEqual(await readAlone(), { graph: 0, "bot-framework": 0 });
      });
    }
  }

  it("counts what one ear brings again and again as heard by that ear alone", async () => {
    await stage.waitForReadBack("Help Desk › Outages");
    gate.hold(BOT_FRAMEWORK);
    const said = stage.tenant.say({ person: MIRA, conversation: "Outages", text: "the wifi is down" });
    await stage.waitForOutcome(said, 1);
    const { index } = stage.tenant.deliveries.findLast(({ sender, body }) => {
      const [item] =
        (body as { value?: { resourceData?: { id: string }; changeType?: string }[] }).value ?? [];
      return sender === "graph" && item?.changeType === "created" && item.resourceData?.id === said.id;
    })!;
    await stage.tenant.deliverAgain(index);
    assert.deepEqual(
      stage.traces
        .filter(({ step, message, change }) => step === "stored" && !change && message?.messageId === said.id)
        .map(({ result, code }) => [result, code]),
      [
        ["ok", undefined],
        ["duplicate", undefined],
      ],
    );
    assert.deepEqual(await readAlone(), { graph: 1, "bot-framework": 0 });
    gate.letGo(BOT_FRAMEWORK);
  });

  it("answers from the other ear's copy where Graph's cannot be opened", async () => {
    await stage.waitForReadBack(LUNCH);
    gate.hold(BOT_FRAMEWORK);
    stage.tenant.setFaults({ seed: 1, deliveries: { poison: 1 } });
    const said = stage.tenant.say({ person: MIRA, conversation: "Lunch crew", text: "the oven is down" });
    await stage.waitUntil("the poison", () =>
      stage.traces.some(({ step, message }) => step === "parked" && message?.messageId === said.id),
    );
    stage.tenant.setFaults(null);
    gate.letGo(BOT_FRAMEWORK);
    const outcome = await stage.waitForOutcome(said);
    assert.equal(outcome.ear, "bot-framework");
    assert.equal(readReplies(stage, "Lunch crew").length, 1);
    assert.equal(await readMetric(/^earshot_inbox_rows\{state="parked"\} (\d+)$/m), 0);
    // It was parked for as long as nothing better was known.
    stage.forgive();
  });
});
