/** What is left where one ear is deaf, and the other forms that Graph may choose. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { openStorage } from "../../src/storage/open-storage.ts";
import { MANIFEST_PERMISSIONS, readReplies, setStage, type Stage, type StageOptions } from "./stage.ts";

const MIRA = "Mira Lindqvist";
const STATUS = {
  parts: [{ mention: { id: "b07b07b0-0000-4000-8000-0000000000b0", name: "Earshot" } }, { text: "status" }],
};

describe("with one ear", () => {
  const stages: Stage[] = [];
  const set = async (options: StageOptions) => {
    const stage = await setStage(options);
    stages.push(stage);
    return stage;
  };
  afterEach(async () => {
    for (const stage of stages.splice(0)) await stage.strike();
  });

  it("hears chats through Graph alone where Teams does not deliver them", async () => {
    const stage = await set({
      rscPermissions: MANIFEST_PERMISSIONS.filter((name) => name !== "ChatMessage.Read.Chat"),
    });
    await stage.waitForSubscriptions(5);
    const said = stage.tenant.say({ person: MIRA, conversation: "Lunch crew", text: "the oven is down" });
    const outcome = await stage.waitForOutcome(said, 1);
    assert.equal(outcome.ear, "graph");
    assert.equal(readReplies(stage, "Lunch crew").length, 1);
  });

  it("hears chats through Bot Framework alone where nobody consented, and says so", async () => {
    const stage = await set({ consentedAppRoles: [] });
    await stage.waitForSubscriptions(4);
    const said = stage.tenant.say({ person: MIRA, conversation: "Lunch crew", text: "the oven is down" });
    const outcome = await stage.waitForOutcome(said, 1);
    assert.equal(outcome.ear, "bot-framework");
    await stage.waitForOutcome(stage.tenant.say({ person: MIRA, conversation: "Lunch crew", ...STATUS }), 1);
    const [, status] = readReplies(stage, "Lunch crew");
    assert.match(
      JSON.stringify(status?.cards),
      /Bot Framework alone: AppCatalog\.Read\.All is not consented to/,
    );
  });

  it("hears chats through Bot Framework where the catalog may be read and the chats may not", async () => {
    const stage = await set({ consentedAppRoles: ["AppCatalog.Read.All"] });
    await stage.waitForSubscriptions(4);
    await untilToldDeaf(stage);
    await stage.waitForOutcome(stage.tenant.say({ person: MIRA, conversation: "Lunch crew", ...STATUS }), 1);
    assert.match(
      JSON.stringify(readReplies(stage, "Lunch crew")[0]?.cards),
      /heard through Bot Framework alone: .*Chat\.Read\.WhereInstalled/,
    );
  });

  it("believes validation tokens of the second form as it does those of the first", async () => {
    const stage = await set({ validationTokenForm: "v2" });
    await stage.waitForSubscriptions(5);
    const said = stage.tenant.say({ person: MIRA, conversation: "Outages", text: "the wifi is down" });
    await stage.waitForOutcome(said);
    assert.deepEqual(
      stage.traces.filter(({ result }) => result === "refused"),
      [],
    );
  });
});

/** What Graph refused is written down at the end of the keeper's look. */
async function untilToldDeaf({ dataDir }: Stage): Promise<void> {
  const storage = await openStorage({ kind: "sqlite", file: join(dataDir, "earshot.db") }, "tool");
  try {
    while ((await storage.listDeafSpots({})).every(({ state }) => state !== "bot-framework"))
      await setImmediate();
  } finally {
    await storage.close();
  }
}
