/** What was once posted to the bot is sent again: it believes who can sign, and nobody else. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import type { Delivery } from "../../src/emulator/courier.ts";
import { runCommandLine } from "../../src/operator/command-line.ts";
import { createQuietEdges } from "../parts/quiet-edges.ts";
import { useTemporaryFolder } from "../parts/temporary-folder.ts";
import { PROJECT } from "./child-program.ts";
import { readReplies, setStage, type Stage } from "./stage.ts";

const MIRA = "Mira Lindqvist";

describe("earshot replay --payload", function () {
  this.timeout(60_000);
  const pathOf = useTemporaryFolder();
  let stage: Stage;
  beforeEach(async () => {
    stage = await setStage();
    await stage.waitForSubscriptions(5);
  });
  afterEach(() => stage.strike());

  const save = async (content: unknown) => {
    const file = pathOf("payload.json");
    await writeFile(file, JSON.stringify(content));
    return file;
  };
  const replay = async (file: string, ...words: readonly string[]) => {
    const out: string[] = [];
    const code = await runCommandLine(["replay", "--payload", file, "--json", ...words], {
      ...{ environment: { BOT_ENDPOINT: stage.botUrl }, projectDir: PROJECT, edges: createQuietEdges() },
      print: (line) => out.push(line),
      printFault: (line) => out.push(line),
      startTenant: () => assert.fail("it starts nothing"),
      untilAskedToEnd: () => assert.fail("it waits for nothing"),
    });
    return { code, sent: JSON.parse(out.join("\n")) as { kind: string; status: number; url: string } };
  };
  /** The deliveries of a message, one by each ear. */
  const sayAndRecord = async (text: string) => {
    const said = stage.tenant.say({ person: MIRA, conversation: "Outages", text });
    await stage.waitForOutcome(said);
    const find = (sender: Delivery["sender"]) =>
      stage.tenant.deliveries.find(
        (one) =>
          one.sender === sender && one.state === "delivered" && JSON.stringify(one.body).includes(said.id),
      );
    await stage.waitUntil("both deliveries", () => Boolean(find("graph") && find("bot-framework")));
    const [batch, activity] = [find("graph"), find("bot-framework")];
    assert.ok(batch && activity);
    return { said, batch, activity };
  };
  const countStored = (id: string, result: string) =>
    stage.traces.filter(
      (trace) => trace.step === "stored" && trace.message?.messageId === id && trace.result === result,
    ).length;

  it("of an activity is believed where the tenant signs it, and known for what it is", async () => {
    const { said, activity } = await sayAndRecord("the wifi is down");
    const before = countStored(said.id, "duplicate");
    // From a tenant that stood at another port.
    const old = { ...(activity.body as object), serviceUrl: "http://127.0.0.1:1/amer/" };
    const { code, sent } = await replay(await save(old), "--tenant", stage.tenant.url);
    assert.deepEqual(
      [code, sent.kind, sent.status, sent.url],
      [0, "activity", 200, `${stage.botUrl}/api/messages`],
    );
    await stage.waitUntil("the copy", () => countStored(said.id, "duplicate") === before + 1);
    assert.equal(readReplies(stage, "Outages").length, 1);

    const unsigned = await replay(await save(activity.body));
    assert.deepEqual([unsigned.code, unsigned.sent.status], [1, 401]);
  });

  it("of an activity that the bot has not heard is answered", async () => {
    const { said, activity } = await sayAndRecord("good morning");
    // Another line of the same thread, under an id of its own.
    const saved = activity.body as { text: string; conversation: { id: string } };
    const [channel] = saved.conversation.id.split(";");
    const other = {
      ...saved,
      ...{ id: String(Number(said.id) + 1), text: "I forgot my password" },
      conversation: { ...saved.conversation, id: `${channel};messageid=${said.id}` },
    };
    const { code } = await replay(await save(other), "--tenant", stage.tenant.url);
    assert.equal(code, 0);
    await stage.waitUntil("the answer", () =>
      readReplies(stage, "Outages").some(({ rootId }) => rootId === said.id),
    );
  });

  it("of a sealed batch is believed where the tenant signs it; else it is answered the same and dropped", async () => {
    const { said, batch } = await sayAndRecord("the lift is not working");
    const recording = {
      ...{ sender: batch.sender, url: batch.url, state: batch.state, status: 202, payload: batch.body },
    };
    const file = await save(recording);
    const before = countStored(said.id, "duplicate");
    const signed = await replay(file, "--tenant", stage.tenant.url);
    assert.deepEqual(
      [signed.code, signed.sent.kind, signed.sent.status, signed.sent.url],
      [0, "batch", 202, `${stage.botUrl}/api/notifications`],
    );
    await stage.waitUntil("the copy", () => countStored(said.id, "duplicate") === before + 1);

    const bare = { value: (batch.body as { value: unknown }).value };
    const refused = () =>
      stage.traces.filter(({ step, result }) => step === "admitted" && result === "refused");
    assert.deepEqual(refused(), []);
    const unsigned = await replay(await save(bare));
    assert.deepEqual([unsigned.code, unsigned.sent.status], [0, 202]);
    await stage.waitUntil("the refusal", () => refused().length === 1);
    assert.equal(countStored(said.id, "duplicate"), before + 1);
    assert.equal(readReplies(stage, "Outages").length, 1);
  });

  it("says what the tenant does not sign, and sends nothing", async () => {
    const { batch, activity } = await sayAndRecord("the printer is not working");
    const { value } = batch.body as { value: { tenantId: string; subscriptionId: string }[] };
    const posted = stage.tenant.deliveries.length;
    const cases: readonly (readonly [object, RegExp])[] = [
      [{ ...(activity.body as object), channelData: {}, conversation: {} }, /names no organisation/],
      [
        { value: [{ ...value[0], tenantId: "0e0e0e0e-0000-4000-8000-0000000000ff" }] },
        /is not emulated here/,
      ],
      [{ value: [{ ...value[0], subscriptionId: "gone" }] }, /No subscription of the batch lives/],
    ];
    for (const [payload, reason] of cases) {
      const { code, sent } = await replay(await save(payload), "--tenant", stage.tenant.url);
      assert.equal(code, 1);
      assert.match((sent as unknown as { fault: string }).fault, reason);
    }
    assert.equal(stage.tenant.deliveries.length, posted);
  });
});
