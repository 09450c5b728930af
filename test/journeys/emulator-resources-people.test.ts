/** People and chats by Graph: who is where, and what each has read. */
import assert from "node:assert/strict";
import type { EmulatedTenantOptions } from "../../src/emulator/emulated-tenant.ts";
import { startSubscriber, type Subscriber } from "./emulator-subscriber.ts";

const MIRA = "Mira Lindqvist";
const LUNCH = "Lunch crew";
const NEVER = "0001-01-01T00:00:00Z";

interface ChatShown {
  readonly id: string;
  readonly topic: string | null;
  readonly chatType: string;
  readonly viewpoint: { readonly isHidden: boolean; readonly lastMessageReadDateTime: string } | null;
  readonly members?: readonly { readonly displayName: string }[];
}

describe("emulated tenant: people and chats", () => {
  let subscriber: Subscriber;

  async function start(options: Partial<EmulatedTenantOptions>): Promise<void> {
    // Without any consent there is no token.
    subscriber = await startSubscriber({ consentedAppRoles: ["AppCatalog.Read.All"], ...options });
  }
  afterEach(() => subscriber.close());

  const read = async (path: string) => {
    const { status, json } = await subscriber.graph("GET", `v1.0/${path}`);
    assert.equal(status, 200, JSON.stringify(json));
    return json;
  };
  const readStatus = async (path: string) => (await subscriber.graph("GET", `v1.0/${path}`)).status;
  const mira = () => subscriber.places.contoso.people[0]!;
  const lunch = () => subscriber.places.chat(LUNCH).id;

  it("shows a chat, with its members where they are asked for", async () => {
    await start({ consentedAppRoles: ["Chat.ReadBasic.All"] });
    const { tenant, places } = subscriber;
    const id = lunch();
    const chat = (await read(`chats/${lunch()}`)) as unknown as ChatShown;
    assert.deepEqual([chat.id, chat.topic, chat.chatType, chat.viewpoint], [lunch(), LUNCH, "group", null]);
    tenant.renameChat(LUNCH, "Dinner crew");
    assert.equal((await read(`chats/${id}`)).topic, "Dinner crew");
    const meeting = places.chat("Weekly stand-up").id;
    assert.equal((await read(`chats/${meeting}`)).chatType, "meeting");
    const personal = places.chat(`${MIRA} and Earshot`).id;
    assert.deepEqual(
      [(await read(`chats/${personal}`)).chatType, (await read(`chats/${personal}`)).topic],
      ["oneOnOne", null],
    );
    const { members = [] } = (await read(`chats/${id}?$expand=members`)) as unknown as ChatShown;
    const names = members.map(({ displayName }) => displayName);
    assert.deepEqual(names, ["Mira Lindqvist", "Tomás Herrera", "Priya Raman"]);
    assert.equal(await readStatus(`chats/${id}?$expand=lastMessagePreview`), 501);
    assert.equal(await readStatus("chats/getAllMessages"), 501);
    assert.equal(await readStatus("chats/19:none@thread.v2"), 404);
  });

  it("lists who is in a chat and in a team, as it is now", async () => {
    await start({ consentedAppRoles: ["ChatMember.Read.All", "TeamMember.Read.All"] });
    const { tenant, places } = subscriber;
    const count = async (path: string) => ((await read(path)).value as object[]).length;
    const inTeam = `teams/${places.team("Help Desk").id}/members`;
    assert.equal(await count(inTeam), 5);
    await tenant.addMember({ person: "Jonas Okafor", place: LUNCH });
    await tenant.removeMember({ person: "Jonas Okafor", place: "Help Desk" });
    assert.deepEqual([await count(`chats/${lunch()}/members`), await count(inTeam)], [4, 4]);
    const [first] = (await read(inTeam)).value as Record<string, unknown>[];
    const { id, ...member } = first ?? {};
    assert.deepEqual(member, {
      "@odata.type": "#microsoft.graph.aadUserConversationMember",
      ...{ roles: [], displayName: MIRA, visibleHistoryStartDateTime: NEVER },
      ...{ userId: mira().id, email: mira().mail, tenantId: places.contoso.id },
    });
    assert.equal(typeof id, "string");
    const page = await read(`${inTeam}?$top=3`);
    assert.equal((page.value as object[]).length, 3);
    const rest = String(page["@odata.nextLink"]).replace(`${tenant.url}/v1.0/`, "");
    assert.equal(await count(rest), 1);
  });

  it("shows a person by id and by name", async () => {
    await start({ consentedAppRoles: ["User.Read.All"], withSecondOrganisation: true });
    const { "@odata.context": context, ...user } = await read(`users/${mira().id}`);
    assert.match(String(context), /users\/\$entity$/);
    assert.deepEqual(await read(`users/${mira().mail}`), { "@odata.context": context, ...user });
    assert.deepEqual(
      [user.displayName, user.givenName, user.surname, user.userPrincipalName],
      [MIRA, "Mira", "Lindqvist", mira().mail],
    );
    const [, fabrikam] = subscriber.tenant.organisations;
    assert.equal(await readStatus(`users/${fabrikam?.people[0]?.id}`), 404);
  });

  describe("what a person has read of a chat", () => {
    const readView = async () =>
      ((await read(`users/${mira().id}/chats/${lunch()}`)) as unknown as ChatShown).viewpoint;

    it("is shown with that person's chats alone", async () => {
      await start({ consentedAppRoles: ["Chat.ReadBasic.All"] });
      const { tenant } = subscriber;
      const { value } = (await read(`users/${mira().id}/chats`)) as unknown as { value: ChatShown[] };
      assert.deepEqual(
        value.map(({ topic }) => topic),
        [LUNCH, "Weekly stand-up", null],
      );
      assert.ok(value.every(({ viewpoint }) => viewpoint?.isHidden === false));
      assert.deepEqual(await readView(), { isHidden: false, lastMessageReadDateTime: NEVER });
      const said = tenant.say({ person: MIRA, conversation: LUNCH, text: "hi" });
      assert.equal((await readView())?.lastMessageReadDateTime, said.createdAt, "who speaks has read");
      tenant.markChatUnread({ person: MIRA, chat: LUNCH });
      assert.equal((await readView())?.lastMessageReadDateTime, NEVER);
      tenant.markChatRead({ person: MIRA, chat: LUNCH });
      assert.ok(((await readView())?.lastMessageReadDateTime ?? "") >= said.createdAt);
      const jonas = subscriber.places.contoso.people.find(({ name }) => name === "Jonas Okafor");
      assert.equal(await readStatus(`users/${jonas?.id}/chats/${lunch()}`), 404);
      assert.throws(() => tenant.markChatRead({ person: "Jonas Okafor", chat: LUNCH }), { status: 403 });
    });

    it("may be hidden, until somebody speaks", async () => {
      await start({ consentedAppRoles: ["Chat.ReadBasic.All"] });
      const { tenant } = subscriber;
      const isHidden = async () => (await readView())?.isHidden;
      tenant.hideChat({ person: MIRA, chat: LUNCH });
      assert.equal(await isHidden(), true);
      tenant.unhideChat({ person: MIRA, chat: LUNCH });
      assert.equal(await isHidden(), false);
      tenant.hideChat({ person: MIRA, chat: LUNCH });
      tenant.say({ person: "Priya Raman", conversation: LUNCH, text: "Pizza?" });
      assert.equal(await isHidden(), false);
    });
  });

  describe("permissions", () => {
    const team = () => subscriber.places.team("Help Desk").id;
    const table: readonly (readonly [
      what: string,
      path: () => string,
      options: Partial<EmulatedTenantOptions>,
    ])[] = [
      ["a chat by its own consent", () => `chats/${lunch()}`, { rscPermissions: ["ChatSettings.Read.Chat"] }],
      [
        "a chat by a role for where the app is",
        () => `chats/${lunch()}`,
        { consentedAppRoles: ["Chat.ReadBasic.WhereInstalled"] },
      ],
      ...["Chat.Read.WhereInstalled", "Chat.ReadWrite.WhereInstalled"].map(
        (role) =>
          [
            `a chat's messages by ${role}`,
            () => `chats/${lunch()}/messages`,
            { consentedAppRoles: [role] },
          ] as const,
      ),
      ["a chat's people", () => `chats/${lunch()}/members`, { rscPermissions: ["ChatMember.Read.Chat"] }],
      ["a team's people", () => `teams/${team()}/members`, { rscPermissions: ["TeamMember.Read.Group"] }],
    ];
    for (const [what, path, options] of table) {
      it(`opens ${what}, while the app is installed`, async () => {
        await start(options);
        assert.equal(await readStatus(path()), 403);
        await subscriber.tenant.installEverywhere();
        assert.equal(await readStatus(path()), 200);
        await subscriber.tenant.uninstall("Help Desk");
        await subscriber.tenant.uninstall(LUNCH);
        assert.equal(await readStatus(path()), 403);
      });
    }

    it("open every chat's messages by a role for all, installed or not", async () => {
      await start({ consentedAppRoles: ["Chat.ReadWrite.All"] });
      assert.equal(await readStatus(`chats/${lunch()}/messages`), 200);
      assert.equal(await readStatus(`teams/${team()}/members`), 403);
    });

    it("are for one thing each", async () => {
      await start({
        consentedAppRoles: ["AppCatalog.Read.All"],
        rscPermissions: ["ChannelMessage.Read.Group"],
      });
      await subscriber.tenant.installEverywhere();
      const paths = [
        ...[`chats/${lunch()}`, `chats/${lunch()}/members`, `teams/${team()}/members`, `users/${mira().id}`],
        ...[`users/${mira().id}/chats`, `users/${mira().id}/chats/${lunch()}`],
      ];
      for (const path of paths) assert.equal(await readStatus(path), 403, path);
    });
  });
});
