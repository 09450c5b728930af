/** Each thing that `listen:` can name: subscribed to, heard, renewed, and given back. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatChannelId, formatGroupChatId } from "../../src/emulator/thread-ids.ts";
import type { PostedMessage } from "../../src/emulator/posted-message.ts";
import type { Trace } from "../../src/model/trace.ts";
import { setStage, type Stage, type StageOptions } from "./stage.ts";

const MIRA = "Mira Lindqvist";
const MIRA_ID = "2f1c8d6e-9b34-4e7a-8c51-6d0f3a7be914";
const HANNAH = "Hannah Brandt";
const HANNAH_ID = "b6e80f43-d271-4c5e-93ab-2794fc1d6e08";
const HELP_DESK = "a2c47e19-5f80-4d3b-96e1-7b08d5f2c643";
const OUTAGES = formatChannelId("Help Desk Outages");
const LUNCH = formatGroupChatId("Lunch crew");

interface Row {
  /** As it stands under `listen:`. */
  readonly entry: string;
  readonly roles: readonly string[];
  readonly resources: readonly string[];
  /** Where something is said that is heard, and where not. */
  readonly heard: readonly Said[];
  readonly unheard: readonly Said[];
}
interface Said {
  readonly conversation: string;
  readonly person?: string;
  readonly text?: string;
  readonly mentioning?: string;
}

const TABLE: readonly Row[] = [
  {
    ...{ entry: "chats: all", roles: ["Chat.Read.All"], resources: ["/chats/getAllMessages"] },
    heard: [{ conversation: "Lunch crew" }, { conversation: "Weekly stand-up", person: HANNAH }],
    unheard: [{ conversation: "Building A" }],
  },
  {
    ...{ entry: "channels: all", roles: ["ChannelMessage.Read.All"], resources: ["/teams/getAllMessages"] },
    heard: [{ conversation: "Outages" }, { conversation: "Building A" }],
    unheard: [{ conversation: "Lunch crew" }],
  },
  {
    entry: `user: { id: ${HANNAH_ID} }`,
    roles: ["Chat.Read.All"],
    resources: [`/users/${HANNAH_ID}/chats/getAllMessages`],
    heard: [{ conversation: "Weekly stand-up" }],
    // She is not in it.
    unheard: [{ conversation: "Lunch crew" }],
  },
  {
    entry: `chat: { id: "${LUNCH}" }`,
    roles: ["Chat.Read.All"],
    resources: [`/chats/${LUNCH}/messages`],
    heard: [{ conversation: "Lunch crew" }],
    unheard: [{ conversation: "Weekly stand-up" }],
  },
  {
    entry: `chat: { id: "${LUNCH}", search: noodles }`,
    roles: ["Chat.Read.All"],
    resources: [`/chats/${LUNCH}/messages?$search="noodles"`],
    heard: [{ conversation: "Lunch crew", text: "More noodles today?" }],
    unheard: [{ conversation: "Lunch crew", text: "Rice today?" }],
  },
  {
    entry: `channel: { team: ${HELP_DESK}, channel: "${OUTAGES}", mentioning: ${MIRA_ID} }`,
    roles: ["ChannelMessage.Read.All"],
    resources: [
      `/teams/${HELP_DESK}/channels/${OUTAGES}/messages?$filter=mentions/any(u: u/mentioned/user/id eq '${MIRA_ID}')`,
    ],
    heard: [{ conversation: "Outages", person: HANNAH, mentioning: MIRA_ID }],
    unheard: [{ conversation: "Outages", person: HANNAH }],
  },
  {
    entry: `channel: { team: ${HELP_DESK}, channel: "${OUTAGES}" }`,
    roles: ["ChannelMessage.Read.All"],
    resources: [`/teams/${HELP_DESK}/channels/${OUTAGES}/messages`],
    heard: [{ conversation: "Outages" }],
    unheard: [{ conversation: "Help Desk/General" }],
  },
];

describe("every resource", () => {
  let stage: Stage;
  let folder: string;
  /** By how much the bot's clock is ahead. */
  let aheadMs: number;
  beforeEach(async () => {
    aheadMs = 0;
    folder = await mkdtemp(join(tmpdir(), "earshot-listen-"));
  });
  afterEach(async () => {
    await stage.strike();
    await rm(folder, { recursive: true });
  });
  const listenerFile = () => join(folder, "listener.yaml");
  const listen = (entries: readonly string[]) =>
    writeFile(listenerFile(), `listen:\n${entries.map((each) => `  - ${each}\n`).join("")}rules: []\n`);
  const start = async (entries: readonly string[], options: StageOptions = {}) => {
    await listen(entries);
    stage = await setStage({
      ...{ installEverywhere: false, settings: { LISTENER_FILE: listenerFile() } },
      edges: { now: () => Date.now() + aheadMs },
      // Teams does not bring what is said: whatever is heard came from Graph.
      rscPermissions: ["ChannelSettings.Read.Group"],
      ...options,
    });
    // The customer is known by a place, whatever is heard there.
    await stage.tenant.install("Facilities");
  };
  const say = ({ conversation, person = MIRA, text = "Nothing that a rule is about.", mentioning }: Said) =>
    stage.tenant.say({
      ...{ conversation, person },
      parts: [
        ...(mentioning ? [{ mention: { id: mentioning, name: MIRA } }] : []),
        { text: mentioning ? ` ${text}` : text },
      ],
    });
  /** Ids repeat from conversation to conversation. */
  const isOf =
    ({ id, conversationId }: PostedMessage) =>
    (trace: Trace) =>
      trace.message?.messageId === id && trace.message.conversationId === conversationId;
  const hear = async (message: PostedMessage) => {
    const own = isOf(message);
    await stage.waitForTrace(
      "Graph's word",
      (trace) => own(trace) && trace.step === "stored" && trace.ear === "graph",
    );
    await stage.waitForTrace("a decision", (trace) => own(trace) && trace.step === "decided");
  };
  const find = (resource: string) => stage.tenant.subscriptions().find((each) => each.resource === resource);
  const subscribed = (resources: readonly string[]) =>
    stage.waitUntil(resources.join(", "), () => resources.every(find));

  /** Long enough after the last time for Graph to take a renewal. */
  const renew = async (resources: readonly string[]) => {
    aheadMs += 15 * 60_000;
    for (const resource of resources) {
      const { id } = find(resource)!;
      await stage.tenant.sendLifecycle(id, "reauthorizationRequired");
      await stage.waitUntil(`the renewal of ${resource}`, () =>
        stage.tenant.calls.some(
          ({ method, path, status }) => method === "PATCH" && path.endsWith(id) && status === 200,
        ),
      );
    }
  };
  /** Asked for no more. */
  const giveBack = async (resources: readonly string[]) => {
    await stage.stopBot();
    await listen([`chat: { id: "19:another@thread.v2" }`]);
    await stage.startBot();
    await stage.waitUntil("all to be given back", () => !resources.some(find));
  };

  for (const { entry, roles, resources, heard, unheard } of TABLE) {
    for (const content of ["encrypted", "fetch"] as const) {
      it(`hears ${entry}, content ${content === "fetch" ? "fetched" : "sealed"}`, async () => {
        await start([`${entry}\n    content: ${content}`], { consentedAppRoles: roles });
        await subscribed(resources);
        const missed = unheard.map(say);
        for (const each of heard) await hear(say(each));
        const edited = say(heard[0]!);
        await hear(edited);
        stage.tenant.edit(edited, { text: "More noodles, edited." });
        stage.tenant.remove(edited);
        if (!entry.includes("search") && !entry.includes("mentioning")) {
          await stage.waitForTrace(
            "the deletion",
            (trace) => trace.change === "deleted" && isOf(edited)(trace),
          );
        }
        for (const message of missed) assert.ok(!stage.traces.some(isOf(message)));
        const sealed = stage.tenant.subscriptions().find(({ resource }) => resource === resources[0]);
        assert.equal(sealed?.includeResourceData, content === "encrypted");
        await renew(resources);
        await hear(say(heard[0]!));
        await giveBack(resources);
      });
    }
  }

  it("makes anew what Graph has removed", async () => {
    await start(["chats: all"], { consentedAppRoles: ["Chat.Read.All"] });
    await subscribed(["/chats/getAllMessages"]);
    const { id } = find("/chats/getAllMessages")!;
    await stage.tenant.sendLifecycle(id, "subscriptionRemoved");
    await stage.waitUntil("another", () => {
      const other = find("/chats/getAllMessages");
      return other !== undefined && other.id !== id;
    });
    await hear(say({ conversation: "Lunch crew" }));
  });

  it("says which permission is missing, and takes up what is consented to later", async () => {
    await start(["chats: all"], { consentedAppRoles: [] });
    await stage.waitUntil("a refusal", () => stage.logLines.some((line) => line.includes("Chat.Read.All")));
    assert.equal(find("/chats/getAllMessages"), undefined);
    stage.tenant.consent("Contoso", "Chat.Read.All");
    // An install has the keeper look again at once; by itself it does within the hour.
    await stage.tenant.install("Lunch crew");
    await subscribed(["/chats/getAllMessages"]);
  });

  describe("of teams and channels", () => {
    for (const [entries, resources] of [
      [["teams: all"], ["/teams", "/teams/getAllChannels"]],
      [[`team: { id: ${HELP_DESK} }`], [`/teams/${HELP_DESK}`, `/teams/${HELP_DESK}/channels`]],
      [["installed"], [`/teams/${HELP_DESK}/channels`]],
    ] as const) {
      it(`learns from ${entries.join()} what comes and goes, though Bot Framework is silent`, async () => {
        await start([...new Set([...entries, "installed"])], {
          consentedAppRoles: ["Channel.ReadBasic.All", "Team.ReadBasic.All"],
          rscPermissions: ["ChannelSettings.Read.Group", "ChannelMessage.Read.Group"],
          // Nothing of Teams' own word on teams reaches the bot.
          tenantFetch: async (input, init) => {
            const text = typeof init?.body === "string" ? init.body : "";
            const isWord = text.includes('"conversationUpdate"') && text.includes("channel");
            return isWord ? new Response(null, { status: 200 }) : fetch(input, init);
          },
        });
        await stage.tenant.install("Help Desk");
        await subscribed(resources);
        const { id } = stage.tenant.addChannel("Help Desk", "Printers");
        const printers = `/teams/${HELP_DESK}/channels/${id}/messages`;
        await subscribed([printers]);
        await hear(say({ conversation: "Printers" }));
        stage.tenant.deleteChannel("Printers");
        await stage.waitUntil("the end of it", () => !find(printers));
        stage.tenant.restoreChannel("Printers");
        await subscribed([printers]);
        await renew(resources);
        await giveBack(resources);
      });
    }
  });
});
