/** The app is put in and taken out, and the activities that tell of it come late, twice, or in the wrong order. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Delivery } from "../../src/emulator/courier.ts";
import type { PostedMessage } from "../../src/emulator/posted-message.ts";
import { setStage, type Stage } from "./stage.ts";

const MIRA = "Mira Lindqvist";
const TEAM = "Help Desk";
const CHAT = "Lunch crew";

describe("comings and goings", () => {
  let stage: Stage;
  /** While it is there, what takes leave is not posted. */
  let gate: PromiseWithResolvers<undefined> | null;
  beforeEach(async () => {
    gate = null;
    stage = await setStage({
      tenantFetch: async (input, init) => {
        if (typeof init?.body === "string" && isFarewell(JSON.parse(init.body))) await gate?.promise;
        return fetch(input, init);
      },
    });
    await stage.waitForSubscriptions(5);
  });
  afterEach(async () => {
    gate?.resolve(undefined);
    await stage.strike();
  });

  const isFarewell = (body: unknown) => {
    const { action, membersRemoved } = body as { action?: string; membersRemoved?: unknown };
    return action === "remove" || membersRemoved !== undefined;
  };
  const isComing = ({ body }: Delivery) => {
    const { action, membersAdded } = body as { action?: string; membersAdded?: unknown };
    return action === "add" || membersAdded !== undefined;
  };
  const read = (question: string) => {
    const database = new DatabaseSync(join(stage.dataDir, "earshot.db"), { readOnly: true });
    try {
      return database.prepare(question).all();
    } finally {
      database.close();
    }
  };
  const isKnown = (kind: "team" | "chat", name: string) => {
    const { teams, chats } = stage.tenant.organisations[0]!;
    const id =
      kind === "team"
        ? teams.find((team) => team.name === name)?.channels[0]?.id
        : chats.find((chat) => chat.name === name)?.id;
    assert.ok(id);
    return read(`SELECT place_id AS id FROM place WHERE kind = '${kind}'`).some((row) => row.id === id);
  };
  const listFarewells = (): Delivery[] => stage.tenant.deliveries.filter(({ body }) => isFarewell(body));
  const deliverAgain = async (deliveries: readonly Delivery[]) => {
    assert.ok(deliveries.length > 0);
    for (const { index } of deliveries) {
      const { state } = await stage.tenant.deliverAgain(index);
      assert.equal(state, "delivered");
    }
  };
  const isLogged = (what: string) => stage.logLines.some((line) => line.includes(what));
  const demandHeard = (conversation: string) =>
    stage.waitForOutcome(stage.tenant.say({ person: MIRA, conversation, text: "the wifi is down" }));
  const countStored = ({ id }: PostedMessage) =>
    stage.traces.filter(({ step, message }) => step === "stored" && message?.messageId === id).length;
  const waitForFewerSubscriptions = () =>
    stage.waitUntil("the team's subscriptions to go", () => {
      const heard = stage.tenant.subscriptions().filter(({ resource }) => /messages$/i.test(resource));
      return heard.length < 5;
    });

  it("stays where it was put in again, if the farewell from before comes only now", async () => {
    gate = Promise.withResolvers();
    const leaving = stage.tenant.uninstall(TEAM);
    const told = stage.tenant.deliveries.length;
    const coming = stage.tenant.install(TEAM);
    const isTold = ({ state }: Delivery) => state === "delivered";
    await stage.waitUntil("the coming to be told", () => {
      const comings = stage.tenant.deliveries.slice(told).filter(isComing);
      return comings.length === 2 && comings.every(isTold);
    });
    assert.ok(!listFarewells().some(isTold));
    gate.resolve(undefined);
    await Promise.all([leaving, coming]);

    assert.equal(listFarewells().length, 2);
    assert.ok(isLogged("a farewell from before the app came in again"));
    assert.ok(isKnown("team", TEAM));
    await demandHeard("Outages");
  });

  it("stays where it was taken out and put in at once", async () => {
    for (let round = 0; round < 5; round += 1) {
      await Promise.all([stage.tenant.uninstall(TEAM), stage.tenant.install(TEAM)]);
      assert.ok(isKnown("team", TEAM), `round ${round}`);
    }
    await stage.waitForSubscriptions(5);
    await demandHeard("Outages");
  });

  it("obeys a farewell once, and not its copies after the app is in again, across a restart too", async () => {
    await stage.tenant.uninstall(TEAM);
    assert.ok(!isKnown("team", TEAM));
    await waitForFewerSubscriptions();
    const farewells = listFarewells();
    await stage.tenant.install(TEAM);
    assert.ok(isKnown("team", TEAM));
    await stage.waitForSubscriptions(5);

    await deliverAgain(farewells);
    assert.ok(isKnown("team", TEAM));
    await stage.stopBot();
    await stage.startBot();
    await deliverAgain(farewells);
    assert.ok(isKnown("team", TEAM));
    await demandHeard("Outages");

    await stage.tenant.uninstall(TEAM);
    assert.ok(!isKnown("team", TEAM));
    await waitForFewerSubscriptions();
  });

  it("hears no late copy from a place that it left, and hears there again when it is back", async () => {
    const said = stage.tenant.say({ person: MIRA, conversation: CHAT, text: "the wifi is down" });
    await stage.waitForOutcome(said);
    const copies = stage.tenant.deliveries.filter(
      ({ sender, body }) => sender === "bot-framework" && (body as { id?: string }).id === said.id,
    );
    const comings = stage.tenant.deliveries.filter(isComing);
    const stored = countStored(said);
    const listKept = () =>
      read(`SELECT * FROM notification WHERE conversation_id = '${said.conversationId}'`);
    assert.ok(listKept().length > 0);

    await stage.tenant.uninstall(CHAT);
    assert.ok(!isKnown("chat", CHAT));
    await deliverAgain([...copies, ...comings]);
    assert.ok(!isKnown("chat", CHAT));
    assert.ok(isKnown("team", TEAM));
    assert.ok(isLogged("told of a place from before the app was taken out of it"));
    assert.deepEqual(listKept(), []);
    assert.equal(countStored(said), stored);

    await stage.tenant.install(CHAT);
    assert.ok(isKnown("chat", CHAT));
    await deliverAgain(copies);
    assert.equal(countStored(said), stored);
    await demandHeard(CHAT);
  });
});
