/** Each kind of message as Graph tells and shows it: the notification's content, and the same by GET. */
import assert from "node:assert/strict";
import type { PostedMessage } from "../../src/emulator/posted-message.ts";
import { SYSTEM_EVENTS } from "../../src/emulator/system-events.ts";
import { startSubscriber, type Subscriber } from "./emulator-subscriber.ts";

const MIRA = "Mira Lindqvist";
const TOMAS = "Tomás Herrera";
const LUNCH = "Lunch crew";

interface Shown {
  readonly id: string;
  readonly messageType: string;
  readonly subject: string | null;
  readonly importance: string;
  readonly lastEditedDateTime: string | null;
  readonly deletedDateTime: string | null;
  readonly from: Record<string, unknown> | null;
  readonly body: { readonly contentType: string; readonly content: string };
  readonly attachments: readonly {
    readonly id: string;
    readonly contentType: string;
    readonly contentUrl: string | null;
    readonly content: string | null;
    readonly name: string | null;
  }[];
  readonly mentions: readonly {
    readonly id: number;
    readonly mentionText: string;
    readonly mentioned: Record<string, Record<string, unknown> | null>;
  }[];
  readonly reactions: readonly object[];
  readonly messageHistory: readonly {
    readonly actions: string;
    readonly reaction: {
      readonly reactionType: string;
      readonly displayName: string;
      readonly user: { readonly user: { readonly id: string } | null };
    };
  }[];
  readonly policyViolation: Record<string, unknown> | null;
  readonly eventDetail: Record<string, unknown> | null;
}

describe("emulated tenant: kinds of messages", () => {
  let subscriber: Subscriber;

  beforeEach(async () => {
    subscriber = await startSubscriber({
      consentedAppRoles: ["Chat.Read.All", "ChannelMessage.Read.All"],
    });
    for (const resource of ["/chats/getAllMessages", "/teams/getAllMessages"]) {
      const { status } = await subscriber.subscribe(resource);
      assert.equal(status, 201);
    }
  });
  afterEach(() => subscriber.close());

  const readResource = ({ conversationId, rootId, id }: PostedMessage): string => {
    const team = subscriber.places.contoso.teams.find(({ channels }) =>
      channels.some((channel) => channel.id === conversationId),
    );
    if (!team) return `chats('${conversationId}')/messages('${id}')`;
    const messages = `teams('${team.id}')/channels('${conversationId}')/messages`;
    return rootId === null ? `${messages}('${id}')` : `${messages}('${rootId}')/replies('${id}')`;
  };

  /** What the notification had in it; a GET must show the same, but for what only a notification has. */
  async function readShown(message: PostedMessage, changeType = "created"): Promise<Shown> {
    const resource = readResource(message);
    const { item } = await subscriber.take(changeType, resource);
    const told = subscriber.open(item);
    const path = resource.replace(/\('([^']+)'\)/g, "/$1");
    const { status, json } = await subscriber.graph("GET", `v1.0/${path}`);
    assert.equal(status, 200);
    const { replies, hostedContents, "@odata.context": context, ...rest } = told;
    assert.deepEqual([replies, hostedContents], [[], []]);
    assert.match(String(context), /\$metadata#.*\/\$entity$/);
    assert.deepEqual(omit(json, "@odata.context", "messageType"), omit(rest, "messageType"));
    return told as unknown as Shown;
  }

  describe("what Teams says of itself", () => {
    it("is of nobody and has its event's detail", async () => {
      const { tenant, places } = subscriber;
      const said = tenant.postSystemEvent({
        ...{ conversation: LUNCH, event: "membersAdded", by: MIRA, members: [TOMAS] },
      });
      assert.deepEqual(said.parts, [{ text: "Mira Lindqvist added Tomás Herrera." }]);
      const shown = await readShown(said);
      assert.equal(shown.messageType, "systemEventMessage");
      assert.equal(shown.from, null);
      assert.deepEqual(shown.body, { contentType: "html", content: "<systemEventMessage/>" });
      const [mira, tomas] = places.contoso.people;
      const user = (id = "") => ({ id, displayName: null, userIdentityType: "aadUser" });
      assert.deepEqual(shown.eventDetail, {
        "@odata.type": "#microsoft.graph.membersAddedEventMessageDetail",
        visibleHistoryStartDateTime: "0001-01-01T00:00:00Z",
        members: [user(tomas?.id)],
        initiator: { application: null, device: null, user: user(mira?.id) },
      });
    });

    it("is called by its name only to whoever asks for values not yet known", async () => {
      const { tenant, places } = subscriber;
      const said = tenant.postSystemEvent({ conversation: LUNCH, event: "callStarted" });
      const path = `v1.0/chats/${places.chat(LUNCH).id}/messages`;
      for (const [prefer, expected] of [
        [undefined, "unknownFutureValue"],
        ["include-unknown-enum-members", "systemEventMessage"],
        ["odata.maxpagesize=5, include-unknown-enum-members", "systemEventMessage"],
      ] as const) {
        const headers: Record<string, string> = prefer ? { prefer } : {};
        const one = await subscriber.graph("GET", `${path}/${said.id}`, undefined, headers);
        assert.equal(one.json.messageType, expected);
        const list = await subscriber.graph("GET", path, undefined, headers);
        const found = (list.json.value as Shown[]).find(({ id }) => id === said.id);
        assert.equal(found?.messageType, expected);
      }
    });

    it("comes in each kind, where Teams has it", async () => {
      const { tenant } = subscriber;
      for (const event of SYSTEM_EVENTS) {
        const posted = [LUNCH, "Outages"].flatMap((conversation) => {
          try {
            return [tenant.postSystemEvent({ conversation, event, members: [TOMAS], name: "New name" })];
          } catch (error) {
            assert.equal((error as { status: number }).status, 400);
            return [];
          }
        });
        assert.ok(posted.length > 0, event);
        for (const said of posted) {
          const shown = await readShown(said);
          const type = `#microsoft.graph.${event}EventMessageDetail`;
          assert.equal(shown.eventDetail?.["@odata.type"], type);
          assert.ok(shown.eventDetail?.initiator, event);
        }
      }
    });

    it("follows by itself where people, channels and names change", async () => {
      const { tenant, places } = subscriber;
      const readTypes = (conversation: string) =>
        tenant.readMessages(conversation).flatMap(({ systemEvent }) => (systemEvent ? [systemEvent] : []));
      assert.deepEqual(readTypes("Help Desk/General"), []);
      const kinds: string[] = [];
      const forget = tenant.onChange(({ kind }) => kinds.push(kind));
      tenant.renameChat(LUNCH, "Dinner crew");
      forget();
      assert.deepEqual(kinds, ["state", "message"], "the window shows the new name");
      const told = await readShown(tenant.readMessages("Dinner crew").at(-1)!);
      assert.equal(told.eventDetail?.chatDisplayName, "Dinner crew");
      await tenant.addMember({ person: "Jonas Okafor", place: "Dinner crew", by: MIRA });
      await tenant.removeMember({ person: "Jonas Okafor", place: "Dinner crew", by: MIRA });
      await tenant.addMember({ person: "Jonas Okafor", place: "Dinner crew", by: MIRA });
      await tenant.removeMember({ person: "Jonas Okafor", place: "Dinner crew", by: "Jonas Okafor" });
      assert.deepEqual(readTypes("Dinner crew"), [
        ...["chatRenamed", "membersAdded", "membersDeleted", "membersAdded", "membersLeft"],
      ]);
      const added = tenant.addChannel("Help Desk", "Lisbon");
      tenant.addChannel("Help Desk", "Secret", "private");
      tenant.renameChannel("Help Desk/Lisbon", "Porto");
      tenant.renameTeam("Help Desk", "Service Desk");
      tenant.archiveTeam("Service Desk");
      tenant.unarchiveTeam("Service Desk");
      assert.deepEqual(readTypes("Service Desk/General"), [
        ...["channelAdded", "teamRenamed", "teamArchived", "teamUnarchived"],
      ]);
      assert.deepEqual(readTypes("Service Desk/Porto"), ["channelRenamed"]);
      const [first] = tenant.readMessages("Service Desk/General").filter(({ systemEvent }) => systemEvent);
      const { eventDetail } = await readShown(first!);
      assert.deepEqual(omit(eventDetail ?? {}, "initiator"), {
        "@odata.type": "#microsoft.graph.channelAddedEventMessageDetail",
        ...{ channelId: added.id, channelDisplayName: "Lisbon" },
      });
      assert.equal(places.chat("Dinner crew").name, "Dinner crew");
    });

    it("is nobody's to change, and not said to the bot", async () => {
      const { tenant, bot } = subscriber;
      await tenant.install(LUNCH);
      const said = tenant.postSystemEvent({ conversation: LUNCH, event: "messagePinned" });
      assert.throws(() => tenant.edit(said, { text: "mine" }), { status: 403 });
      assert.throws(() => tenant.remove(said), { status: 403 });
      const after = tenant.say({
        person: MIRA,
        conversation: LUNCH,
        parts: [{ mention: mentionOf(tenant.bot) }],
      });
      await bot.take(({ path, json }) => path === "/api/messages" && json.id === after.id);
      assert.equal(
        bot.heard.some(({ path, json }) => path === "/api/messages" && json.id === said.id),
        false,
      );
    });
  });

  describe("mentions", () => {
    it("are one for each word of a person's name, and whole for the bot and for places", async () => {
      const { tenant, places } = subscriber;
      const [mira] = places.contoso.people;
      const channel = places.channel("Help Desk", "Outages");
      const said = tenant.say({
        ...{ person: TOMAS, conversation: "Outages" },
        parts: [
          { mention: mentionOf(mira!) },
          { text: " & " },
          { mention: { id: tenant.bot.id, name: "The Bot" } },
          { text: " in " },
          { mention: mentionOf(channel) },
        ],
      });
      const { body, mentions } = await readShown(said);
      assert.equal(
        body.content,
        '<p><at id="0">Mira</at>&nbsp;<at id="1">Lindqvist</at> &amp; <at id="2">The Bot</at> in <at id="3">Outages</at></p>',
      );
      assert.deepEqual(
        mentions.map(({ id, mentionText }) => [id, mentionText]),
        [
          [0, "Mira"],
          [1, "Lindqvist"],
          [2, "The Bot"],
          [3, "Outages"],
        ],
      );
      assert.deepEqual(
        mentions.map(({ mentioned }) =>
          [mentioned.user, mentioned.application, mentioned.conversation].map((one) => one?.id),
        ),
        [
          [mira?.id, undefined, undefined],
          [mira?.id, undefined, undefined],
          [undefined, tenant.bot.id, undefined],
          [undefined, undefined, channel.id],
        ],
      );
      assert.equal(mentions[1]?.mentioned.user?.displayName, "Mira Lindqvist");
      assert.equal(mentions[3]?.mentioned.conversation?.conversationIdentityType, "channel");
    });

    it("are of nobody else", () => {
      const { tenant, places } = subscriber;
      const elsewhere = places.channel("Facilities", "Building A");
      const parts = [{ mention: mentionOf(elsewhere) }];
      assert.throws(() => tenant.say({ person: TOMAS, conversation: "Outages", parts }), { status: 404 });
    });
  });

  describe("what hangs on a message", () => {
    it("is a file by its address, in the team's site or in the sender's drive", async () => {
      const { tenant } = subscriber;
      const attachments = [{ file: "Plan B.docx" }];
      const inChannel = tenant.say({ person: MIRA, conversation: "Outages", text: "see", attachments });
      const shown = await readShown(inChannel);
      const [file] = shown.attachments;
      assert.equal(shown.body.content, `<p>see</p><attachment id="${file?.id}"></attachment>`);
      assert.deepEqual(omit(file ?? {}, "id"), {
        ...{ contentType: "reference", content: null, name: "Plan B.docx", thumbnailUrl: null },
        contentUrl: "https://contoso.sharepoint.com/sites/HelpDesk/Shared%20Documents/Outages/Plan%20B.docx",
        teamsAppId: null,
      });
      const inChat = tenant.say({ person: MIRA, conversation: LUNCH, text: "", attachments });
      const [own] = (await readShown(inChat)).attachments;
      assert.match(own?.contentUrl ?? "", /^https:\/\/contoso-my\.sharepoint\.com\/personal\//);
    });

    it("is a card, of a person or of another program", async () => {
      const { tenant } = subscriber;
      const card = { type: "AdaptiveCard", version: "1.5", body: [{ type: "TextBlock", text: "Hi" }] };
      const byPerson = tenant.say({
        ...{ person: MIRA, conversation: LUNCH, text: "", attachments: [{ card }] },
      });
      const app = { id: "5d1a7a3e-9c57-4be0-8a36-7c1f20b9e644", name: "Jira" };
      const byApp = tenant.sayAsApp({ app, conversation: LUNCH, text: "", attachments: [{ card }] });
      for (const said of [byPerson, byApp]) {
        const { attachments, body } = await readShown(said);
        assert.equal(body.content, `<attachment id="${attachments[0]?.id}"></attachment>`);
        assert.equal(attachments[0]?.contentType, "application/vnd.microsoft.card.adaptive");
        assert.deepEqual(JSON.parse(attachments[0]?.content ?? ""), card);
      }
    });

    it("is a quote, in front of the words, with the quoted message's own id", async () => {
      const { tenant } = subscriber;
      const asked = tenant.say({ person: MIRA, conversation: LUNCH, text: "Pizza?" });
      const said = tenant.say({ person: TOMAS, conversation: LUNCH, text: "Yes", quoting: asked });
      const { body, attachments } = await readShown(said);
      assert.equal(body.content, `<attachment id="${asked.id}"></attachment><p>Yes</p>`);
      assert.deepEqual([attachments[0]?.id, attachments[0]?.contentType], [asked.id, "messageReference"]);
      const content = JSON.parse(attachments[0]?.content ?? "") as Record<string, unknown>;
      assert.equal(content.messagePreview, "Pizza?");
      const sender = content.messageSender as { user: { displayName: string } };
      assert.equal(sender.user.displayName, MIRA);
      const elsewhere = { person: TOMAS, conversation: "Weekly stand-up", text: "Yes", quoting: asked };
      assert.throws(() => tenant.say(elsewhere), { status: 400 });
    });

    it("is a forwarded message, with all that it said", async () => {
      const { tenant } = subscriber;
      const original = tenant.say({ person: MIRA, conversation: "Outages", text: "VPN <down>" });
      const said = tenant.say({ person: TOMAS, conversation: LUNCH, text: "Look", forwarding: original });
      const { body, attachments } = await readShown(said);
      const [forwarded] = attachments;
      assert.equal(body.content, `<p>Look</p><attachment id="${forwarded?.id}"></attachment>`);
      assert.equal(forwarded?.contentType, "forwardedMessageReference");
      const content = JSON.parse(forwarded?.content ?? "") as Record<string, unknown>;
      assert.deepEqual(omit(content, "originalMessageSender"), {
        ...{ originalMessageId: original.id, originalMessageContent: "<p>VPN &lt;down&gt;</p>" },
        ...{ originalConversationId: original.conversationId, originalSentDateTime: original.createdAt },
      });
      tenant.remove(original);
      assert.throws(
        () => tenant.say({ person: TOMAS, conversation: LUNCH, text: "", forwarding: original }),
        { status: 404 },
      );
    });
  });

  it("shows subject and importance, a subject only of a thread's root", async () => {
    const { tenant } = subscriber;
    const root = tenant.say({
      ...{ person: MIRA, conversation: "Outages", text: "All hands", subject: "VPN", importance: "urgent" },
    });
    const shown = await readShown(root);
    assert.deepEqual([shown.subject, shown.importance], ["VPN", "urgent"]);
    const reply = { person: MIRA, conversation: "Outages", text: "x", inThreadOf: root, subject: "VPN" };
    assert.throws(() => tenant.say(reply), { status: 400 });
    assert.throws(() => tenant.say({ person: MIRA, conversation: LUNCH, text: "x", subject: "VPN" }), {
      status: 400,
    });
  });

  it("shows a body as Teams formats it, until it is edited", async () => {
    const { tenant } = subscriber;
    const html = "<p>to do</p><ul><li>one</li><li>two</li></ul>";
    const said = tenant.say({ person: MIRA, conversation: LUNCH, text: "to do\none\ntwo", html });
    assert.deepEqual((await readShown(said)).body, { contentType: "html", content: html });
    tenant.edit(said, { text: "done" });
    assert.deepEqual((await readShown(said, "updated")).body, { contentType: "text", content: "done" });
  });

  it("keeps what became of its reactions", async () => {
    const { tenant, places } = subscriber;
    const said = tenant.say({ person: MIRA, conversation: LUNCH, text: "Pizza?" });
    tenant.react({ person: TOMAS, message: said, type: "like" });
    tenant.react({ person: TOMAS, message: said, type: "like" });
    await subscriber.take("updated", readResource(said));
    tenant.react({ person: TOMAS, message: said, type: "like", on: false });
    const shown = await readShown(said, "updated");
    assert.deepEqual([shown.reactions, shown.lastEditedDateTime], [[], null]);
    const [added, removed, ...others] = shown.messageHistory;
    assert.deepEqual(others, []);
    assert.deepEqual([added?.actions, removed?.actions], ["reactionAdded", "reactionRemoved"]);
    for (const { reaction } of [added!, removed!]) {
      assert.deepEqual([reaction.reactionType, reaction.displayName], ["👍", "like"]);
      assert.equal(reaction.user.user?.id, places.contoso.people[1]?.id);
    }
  });

  it("names other programs by their own id and kind", async () => {
    const { tenant } = subscriber;
    const app = { id: "0c6a8f04-4c0e-4c8a-9a5c-2ab4c5f1d8e7", name: "Weather" };
    const said = tenant.sayAsApp({
      ...{ app: { ...app, type: "office365Connector" }, conversation: "Outages", text: "Storm" },
    });
    const { from, body } = await readShown(said);
    assert.deepEqual(from?.application, {
      ...{ id: app.id, displayName: "Weather", applicationIdentityType: "office365Connector" },
    });
    assert.equal(from?.user, null);
    assert.equal(body.content, "<p>Storm</p>");
  });

  it("blanks what a policy blocks, and leaves what it only warns of", async () => {
    const { tenant } = subscriber;
    const attachments = [{ file: "cards.xlsx" }];
    const said = tenant.say({ person: MIRA, conversation: LUNCH, text: "4111 1111", attachments });
    const warned = tenant.say({ person: MIRA, conversation: LUNCH, text: "4111" });
    tenant.blockByPolicy(said);
    tenant.blockByPolicy(warned, { action: "notifySender" });
    const blocked = await readShown(said, "updated");
    assert.deepEqual(blocked.body, { contentType: "html", content: "" });
    assert.deepEqual(blocked.attachments, []);
    assert.equal(blocked.policyViolation?.dlpAction, "notifySender,blockAccess");
    assert.deepEqual([blocked.lastEditedDateTime, blocked.deletedDateTime], [null, null]);
    const still = await readShown(warned, "updated");
    assert.equal(still.policyViolation?.dlpAction, "notifySender");
    assert.equal(still.body.content, "4111");
  });

  it("brings back what was deleted", async () => {
    const { tenant } = subscriber;
    const said = tenant.say({ person: MIRA, conversation: LUNCH, text: "wait" });
    assert.throws(() => tenant.undelete(said), { status: 400 });
    tenant.remove(said);
    const { item } = await subscriber.take("deleted", readResource(said));
    const gone = subscriber.open(item) as unknown as Shown;
    assert.equal(gone.body.content, "");
    assert.notEqual(gone.deletedDateTime, null);
    assert.throws(() => tenant.edit(said, { text: "no" }), { status: 404 });
    tenant.undelete(said);
    const back = await readShown(said, "updated");
    assert.deepEqual([back.body.content, back.deletedDateTime], ["wait", null]);
    tenant.edit(said, { text: "go on" });
  });
});

function mentionOf({ id, name }: { readonly id: string; readonly name: string }) {
  return { id, name };
}

function omit(record: Readonly<Record<string, unknown>>, ...names: string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));
}
