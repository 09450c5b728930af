/** Every kind of message goes through Earshot: nothing is parked, and what is read is what was said. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PostedMessage } from "../../src/emulator/posted-message.ts";
import { SYSTEM_EVENTS } from "../../src/emulator/system-events.ts";
import type { Trace } from "../../src/model/trace.ts";
import { readReplies, readText, setStage, type Stage } from "./stage.ts";

const MIRA = "Mira Lindqvist";
const TOMAS = "Tomás Herrera";
const LUNCH = "Lunch crew";
const CARD = { type: "AdaptiveCard", version: "1.5", body: [{ type: "TextBlock", text: "lock the card" }] };
const JIRA = { id: "5d1a7a3e-9c57-4be0-8a36-7c1f20b9e644", name: "Jira" };
/** Echoes what it read, where the word is in it. */
const LISTENER = `
listen:
  - installed
rules:
  - name: echo
    when: { text: lock }
    then:
      - reply: "[\${message.text}]"
`;

describe("every kind of message", () => {
  let stage: Stage;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "earshot-kinds-"));
    const LISTENER_FILE = join(folder, "listener.yaml");
    await writeFile(LISTENER_FILE, LISTENER);
    // Many messages are said at once, about something else than Graph's limits.
    stage = await setStage({ settings: { LISTENER_FILE }, graphLimits: false });
    await stage.waitForSubscriptions(5);
  });
  after(async () => {
    // Fails where anything was parked.
    await stage.strike();
    await rm(folder, { recursive: true, force: true });
  });

  const isOf = (message: PostedMessage) => (trace: Trace) =>
    trace.message?.messageId === message.id && trace.message.conversationId === message.conversationId;

  async function readEcho(message: PostedMessage): Promise<string> {
    const decided = await stage.waitForOutcome(message);
    assert.equal(decided.step, "replied", `it was ${decided.result} ${decided.code}`);
    const replies = readReplies(stage, message.conversationId).filter(
      ({ rootId, id }) =>
        rootId === (message.rootId ?? message.id) || (rootId === null && Number(id) > Number(message.id)),
    );
    return readText(replies.at(-1)!);
  }

  const ECHOED: Readonly<Record<string, readonly [say: () => PostedMessage, text: string]>> = {
    "a file": [
      () => stage.tenant.say({ ...at("Outages"), text: "lock this", attachments: [{ file: "plan.docx" }] }),
      "lock this",
    ],
    "a card": [
      () => stage.tenant.say({ ...at("Outages"), text: "lock that", attachments: [{ card: CARD }] }),
      "lock that",
    ],
    code: [
      () => stage.tenant.say({ ...at("Outages"), text: "lock it", attachments: [{ code: "lock()" }] }),
      "lock it",
    ],
    "a subject, urgently": [
      () => stage.tenant.say({ ...at("Outages"), text: "lock now", subject: "Locks", importance: "urgent" }),
      "lock now",
    ],
    "a quote": [
      () => {
        const quoting = stage.tenant.say({ ...at(LUNCH), text: "which one?" });
        return stage.tenant.say({ ...at(LUNCH), text: "the lock", quoting });
      },
      "the lock",
    ],
    "a forwarded message": [
      () => {
        const forwarding = stage.tenant.say({ ...at("Outages"), text: "the door" });
        return stage.tenant.say({ ...at(LUNCH), text: "lock, see there", forwarding });
      },
      "lock, see there",
    ],
    "a name of two words": [
      () => {
        const tomas = stage.tenant.organisations[0]?.people.find(({ name }) => name === TOMAS);
        const parts = [{ mention: { id: tomas?.id ?? "", name: TOMAS } }, { text: " has the lock" }];
        return stage.tenant.say({ ...at("Outages"), parts });
      },
      "Tomás Herrera has the lock",
    ],
  };
  for (const [what, [say, text]] of Object.entries(ECHOED)) {
    it(`is read and answered: ${what}`, async () => {
      assert.equal(await readEcho(say()), `[${text}]`);
    });
  }

  it("is read and answered: a picture, whose words Graph's ear alone has", async () => {
    const images = [{ alt: "a map" }];
    const said = stage.tenant.say({ ...at("Outages"), text: "lock here", images });
    assert.match(await readEcho(said), /^\[lock here(\na map)?\]$/);
  });

  const SILENT: Readonly<Record<string, readonly [say: () => PostedMessage, reason: string]>> = {
    "what another program says": [
      () => stage.tenant.sayAsApp({ app: JIRA, conversation: "Outages", text: "lock" }),
      "from-a-bot",
    ],
    "what a connector says": [
      () =>
        stage.tenant.sayAsApp({
          ...{ app: { ...JIRA, type: "office365Connector" }, conversation: LUNCH, text: "lock" },
          attachments: [{ card: CARD }],
        }),
      "from-a-bot",
    ],
    "that a chat was named": [
      () => {
        stage.tenant.renameChat(LUNCH, "lock");
        stage.tenant.renameChat("lock", LUNCH);
        return stage.tenant.readMessages(LUNCH).at(-1)!;
      },
      "system-event",
    ],
  };
  for (const [what, [say, reason]] of Object.entries(SILENT)) {
    it(`is heard and not answered: ${what}`, async () => {
      const decided = await stage.waitForOutcome(say(), 1);
      assert.deepEqual([decided.result, decided.code], ["silent", reason]);
    });
  }

  it("is heard and not answered: the words of a quote and of a forwarded message", async () => {
    const words = stage.tenant.say({ ...at(LUNCH), text: "lock the door" });
    await stage.waitForOutcome(words);
    for (const more of [{ quoting: words }, { forwarding: words }]) {
      const decided = await stage.waitForOutcome(stage.tenant.say({ ...at(LUNCH), text: "agreed", ...more }));
      assert.deepEqual([decided.result, decided.code], ["silent", "no-rule"]);
    }
  });

  it("is heard and not answered: each thing that Teams says of itself", async () => {
    const posted = SYSTEM_EVENTS.flatMap((event) =>
      [LUNCH, "Outages"].flatMap((conversation) => {
        try {
          return [stage.tenant.postSystemEvent({ conversation, event, members: [TOMAS], name: "lock" })];
        } catch {
          return []; // Not in such a place.
        }
      }),
    );
    assert.ok(posted.length > SYSTEM_EVENTS.length);
    for (const event of posted) {
      const decided = await stage.waitForOutcome(event, 1);
      assert.deepEqual([decided.result, decided.code], ["silent", "system-event"]);
    }
  });

  it("is heard and not answered anew: what a policy did, and a deletion undone", async () => {
    const said = stage.tenant.say({ ...at("Outages"), text: "lock 4111" });
    await stage.waitForOutcome(said);
    const before = readReplies(stage, "Outages").length;
    const changes = [
      () => stage.tenant.blockByPolicy(said, { action: "notifySender" }),
      () => stage.tenant.remove(said),
      () => stage.tenant.undelete(said),
      () => stage.tenant.blockByPolicy(said),
    ];
    for (const [index, change] of changes.entries()) {
      change();
      await stage.waitUntil(
        `change ${index} to be decided on`,
        () =>
          stage.traces.filter((one) => isOf(said)(one) && one.change && one.step === "decided").length >
          index,
      );
    }
    assert.equal(readReplies(stage, "Outages").length, before);
  });

  function at(conversation: string) {
    return { person: MIRA, conversation };
  }
});
