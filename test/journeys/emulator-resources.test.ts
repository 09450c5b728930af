/** Every resource of messages that can be subscribed to in the emulated tenant: who may, and what is told. */
import assert from "node:assert/strict";
import type { PostedMessage } from "../../src/emulator/posted-message.ts";
import { createCertificate } from "./emulator-certificate.ts";
import { startSubscriber, type Subscriber } from "./emulator-subscriber.ts";

const MIRA = "Mira Lindqvist";
const PRIYA = "Priya Raman";
const HANNAH = "Hannah Brandt";

interface Row {
  readonly resource: (places: Subscriber["places"]) => string;
  /** Any one of these is enough. */
  readonly roles: readonly string[];
  /** As is this, where the app is installed. */
  readonly grant?: string;
  readonly told: readonly string[];
  readonly untold: readonly string[];
}

const ROWS: readonly Row[] = [
  {
    resource: () => "/teams/getAllMessages",
    roles: ["ChannelMessage.Read.All"],
    told: ["Outages", "Vendors", "Building A"],
    untold: ["Lunch crew", "personal"],
  },
  {
    resource: () => "/chats/getAllMessages",
    roles: ["Chat.Read.All"],
    told: ["Lunch crew", "Weekly stand-up", "personal"],
    untold: ["Outages"],
  },
  {
    resource: ({ contoso }) => `/users/${idOf(contoso, HANNAH)}/chats/getAllMessages`,
    roles: ["Chat.Read.All", "Chat.ReadWrite.All"],
    told: ["Weekly stand-up"],
    untold: ["Lunch crew", "personal", "Outages"],
  },
  {
    resource: ({ chat }) => `/chats/${chat("Lunch crew").id}/messages`,
    roles: ["Chat.Read.All", "Chat.ReadWrite.All"],
    told: ["Lunch crew"],
    untold: ["Weekly stand-up", "personal", "Outages"],
  },
  {
    resource: ({ team, channel }) =>
      `/teams/${team("Help Desk").id}/channels/${channel("Help Desk", "Outages").id}/messages`,
    roles: ["ChannelMessage.Read.All"],
    grant: "ChannelMessage.Read.Group",
    told: ["Outages"],
    untold: ["Help Desk/General", "Vendors", "Lunch crew"],
  },
  {
    resource: ({ contoso }) =>
      `/appCatalogs/teamsApps/${contoso.catalogAppId}/installedToChats/getAllMessages`,
    roles: ["Chat.Read.WhereInstalled", "Chat.ReadWrite.WhereInstalled"],
    told: ["Lunch crew"],
    untold: ["Weekly stand-up", "Outages"],
  },
];

function idOf({ people }: Subscriber["places"]["contoso"], name: string): string {
  return people.find((one) => one.name === name)?.id ?? "";
}

describe("emulated tenant: messages that can be subscribed to", () => {
  let s: Subscriber;
  afterEach(() => s.close());

  const say = (conversation: string, text = "hello", person = PRIYA) =>
    s.tenant.say({ person, conversation, text });
  const pathOf = ({ conversationId, id }: PostedMessage) => {
    for (const team of s.places.contoso.teams) {
      if (!team.channels.some((channel) => channel.id === conversationId)) continue;
      return `teams('${team.id}')/channels('${conversationId}')/messages('${id}')`;
    }
    return `chats('${conversationId}')/messages('${id}')`;
  };
  const install = async () => {
    await s.tenant.install("Help Desk");
    await s.tenant.install("Lunch crew");
  };

  for (const { resource, roles, grant, told, untold } of ROWS) {
    const shape = resource({
      contoso: { catalogAppId: "{app}", people: [{ id: "{user}", name: HANNAH }] },
      team: () => ({ id: "{team}" }),
      channel: () => ({ id: "{channel}" }),
      chat: () => ({ id: "{chat}" }),
    } as unknown as Subscriber["places"]);

    it(`tells of ${shape}: created, updated and deleted, sealed`, async () => {
      s = await startSubscriber({ consentedAppRoles: roles.slice(0, 1) });
      await install();
      const created = await s.subscribe(resource(s.places));
      assert.equal(created.status, 201);
      for (const conversation of untold)
        assert.deepEqual(
          s.listTold(() => say(conversation)),
          [],
        );
      for (const conversation of told) {
        let message = say(conversation, "one");
        const path = pathOf(message);
        const { item, body } = await s.take("created", path);
        assert.equal(item.subscriptionId, created.json.id);
        assert.equal((body.validationTokens as string[]).length, 1);
        assert.equal(s.open(item).id, message.id);
        const later = s.listTold(() => {
          message = s.tenant.edit(message, { text: "two" });
          s.tenant.react({ person: PRIYA, message, type: "like" });
          s.tenant.remove(message);
        });
        assert.deepEqual(later, [`updated ${path}`, `updated ${path}`, `deleted ${path}`]);
        assert.equal(s.open((await s.take("updated", path)).item).id, message.id);
      }
    });

    for (const role of roles) {
      it(`takes ${role} for ${shape}`, async () => {
        s = await startSubscriber({ consentedAppRoles: [role] });
        assert.equal((await s.subscribe(resource(s.places))).status, 201);
      });
    }

    it(`takes no other permission for ${shape}`, async () => {
      const others = ROWS.flatMap((row) => row.roles).filter((role) => !roles.includes(role));
      s = await startSubscriber({
        consentedAppRoles: others,
        rscPermissions: ["ChatMessage.Read.Chat", "ChannelMessage.Read.Group"].filter((one) => one !== grant),
      });
      await install();
      const refused = await s.subscribe(resource(s.places));
      assert.equal(refused.status, 403);
      assert.match(JSON.stringify(refused.json), new RegExp(roles[0] ?? ""));
    });

    if (grant) {
      it(`takes ${grant} for ${shape} where the app is installed, and only while it is`, async () => {
        s = await startSubscriber({ consentedAppRoles: [], rscPermissions: [grant] });
        // Without any consent in the tenant there is not even a token.
        await s.tenant.install("Facilities");
        assert.equal((await s.subscribe(resource(s.places))).status, 403);
        await install();
        assert.equal((await s.subscribe(resource(s.places))).status, 201);
        assert.equal(s.listTold(() => say("Outages")).length, 1);
        await s.tenant.uninstall("Help Desk");
        assert.deepEqual(
          s.listTold(() => say("Outages")),
          [],
        );
      });
    }
  }

  it("knows no person, chat or team that is not there", async () => {
    s = await startSubscriber({
      consentedAppRoles: ["Chat.Read.All", "Team.ReadBasic.All", "Channel.ReadBasic.All"],
      withSecondOrganisation: true,
    });
    const elsewhere = s.tenant.organisations.at(-1);
    const missing = "00000000-0000-4000-8000-000000000000";
    const table: [resource: string, status: number][] = [
      [`/users/${missing}/chats/getAllMessages`, 404],
      [`/users/${elsewhere?.people[0]?.id}/chats/getAllMessages`, 404],
      [`/users/${idOf(s.places.contoso, MIRA)}/chats/getAllMessages`, 201],
      ["/chats/19:none@thread.v2/messages", 404],
      [`/chats/${elsewhere?.chats[0]?.id}/messages`, 404],
      [`/chats/${s.places.chat("Lunch crew").id}/messages`, 201],
      [`/teams/${missing}`, 404],
      [`/teams/${elsewhere?.teams[0]?.id}`, 404],
      [`/teams/${s.places.team("Help Desk").id}`, 201],
      [`/teams/${missing}/channels`, 404],
      [`/teams/${elsewhere?.teams[0]?.id}/channels`, 404],
      [`/teams/${s.places.team("Help Desk").id}/channels`, 201],
    ];
    for (const [resource, status] of table) {
      assert.equal((await s.subscribe(resource)).status, status, resource);
    }
  });

  it("has one subscription of a kind, however it is spelled and whatever it is asked for", async () => {
    s = await startSubscriber({ consentedAppRoles: ["Chat.Read.All", "ChannelMessage.Read.All"] });
    const mira = idOf(s.places.contoso, MIRA);
    const lunch = s.places.chat("Lunch crew").id;
    const mentioning = `$filter=mentions/any(u: u/mentioned/user/id eq '${mira}')`;
    const table: [first: string, second: string][] = [
      ["/teams/getAllMessages", "teams/getAllMessages?model=B"],
      [`/users/${mira}/chats/getAllMessages`, `users('${mira}')/chats/getAllMessages`],
      [`/chats/${lunch}/messages?$search=noodles`, `/chats/${lunch}/messages?${mentioning}`],
    ];
    for (const [one, other] of table) {
      const made = await s.subscribe(one, { changeType: "created" });
      assert.equal(made.status, 201, one);
      const twice = await s.subscribe(other, { changeType: "deleted" });
      assert.equal(twice.status, 409, other);
      assert.ok(JSON.stringify(twice.json).includes(String(made.json.id)));
      assert.equal((await s.graph("DELETE", `v1.0/subscriptions/${String(made.json.id)}`)).status, 204);
      assert.equal((await s.subscribe(other)).status, 201, "and again when the first is gone");
    }
  });

  it("tells each of the subscriptions that a message falls under", async () => {
    s = await startSubscriber({ consentedAppRoles: ["Chat.Read.All", "Chat.Read.WhereInstalled"] });
    await install();
    const lunch = s.places.chat("Lunch crew").id;
    const resources = [
      "/chats/getAllMessages",
      `/chats/${lunch}/messages`,
      `/users/${idOf(s.places.contoso, MIRA)}/chats/getAllMessages`,
      `/users/${idOf(s.places.contoso, PRIYA)}/chats/getAllMessages`,
      `/appCatalogs/teamsApps/${s.places.contoso.catalogAppId}/installedToChats/getAllMessages`,
    ];
    const ids = new Set<unknown>();
    for (const resource of resources) ids.add((await s.subscribe(resource)).json.id);
    const message = say("Lunch crew");
    const { body } = await s.take("created", pathOf(message));
    const told = (body.value as { subscriptionId: string }[]).map(({ subscriptionId }) => subscriptionId);
    assert.deepEqual(new Set(told), ids);
    assert.equal(told.length, resources.length);
  });

  it("tells of the words that are searched for, before and after an edit, and of the end of them", async () => {
    s = await startSubscriber({ consentedAppRoles: ["Chat.Read.All"] });
    const { id } = s.places.chat("Lunch crew");
    assert.equal((await s.subscribe(`/chats/${id}/messages?$search="noodles TODAY"`)).status, 201);
    for (const text of ["Noodles?", "today, noodlesoup", "rice today"]) {
      assert.deepEqual(
        s.listTold(() => say("Lunch crew", text)),
        [],
        text,
      );
    }
    const message = say("Lunch crew", "Today: more noodles!");
    const path = pathOf(message);
    await s.take("created", path);
    const told = s.listTold(() => {
      s.tenant.react({ person: MIRA, message, type: "like" });
      s.tenant.edit(message, { text: "rice" });
      s.tenant.edit(message, { text: "no, noodles today" });
      s.tenant.remove(message);
    });
    assert.deepEqual(told, [`updated ${path}`, `updated ${path}`, `deleted ${path}`]);
  });

  it("tells of the person who is mentioned, in a thread too", async () => {
    s = await startSubscriber({ consentedAppRoles: ["ChannelMessage.Read.All"] });
    const messages = `/teams/${s.places.team("Help Desk").id}/channels/${s.places.channel("Help Desk", "Outages").id}/messages`;
    const mira = { id: idOf(s.places.contoso, MIRA), name: MIRA };
    const hannah = { id: idOf(s.places.contoso, HANNAH), name: HANNAH };
    const filter = `$filter=mentions/any(u: u/mentioned/user/id eq '${mira.id.toUpperCase()}')`;
    const made = await s.subscribe(`${messages}?${filter}`);
    assert.equal(made.status, 201);
    assert.equal(made.json.resource, `${messages}?${filter}`, "as it was asked for");
    const root = say("Outages", `${MIRA}, in words alone`);
    assert.deepEqual(
      s.listTold(() =>
        s.tenant.say({ person: PRIYA, conversation: "Outages", parts: [{ mention: hannah }] }),
      ),
      [],
    );
    const told = s.listTold(() =>
      s.tenant.say({
        ...{ person: PRIYA, conversation: "Outages", inThreadOf: root },
        parts: [{ text: "ask " }, { mention: mira }],
      }),
    );
    assert.equal(told.length, 1);
    assert.match(told[0] ?? "", /^created .*\/replies\('\d+'\)$/);
  });

  it("leaves content and tokens out where none was asked for", async () => {
    s = await startSubscriber({ consentedAppRoles: ["ChannelMessage.Read.All", "Chat.Read.All"] });
    const bare = {
      includeResourceData: false,
      encryptionCertificate: undefined,
      encryptionCertificateId: undefined,
    };
    const made = await s.subscribe("/teams/getAllMessages", bare);
    assert.deepEqual([made.json.includeResourceData, made.json.encryptionCertificateId], [false, null]);
    const message = say("Outages");
    const { item, body } = await s.take("created", pathOf(message));
    assert.deepEqual(Object.keys(body), ["value"]);
    assert.equal("encryptedContent" in item, false);
    assert.equal(item.resourceData["@odata.id"], item.resource);
    // What it says can be read by the path that it names.
    assert.equal((await s.graph("GET", `v1.0/${item.resource}`)).json.id, message.id);

    await s.subscribe("/chats/getAllMessages");
    const rich = await s.take("created", pathOf(say("Lunch crew")));
    assert.equal((rich.body.validationTokens as string[]).length, 1);
    assert.ok("encryptedContent" in rich.item);
  });

  it("brings no content by a certificate alone", async () => {
    s = await startSubscriber({ consentedAppRoles: ["Chat.Read.All"] });
    const { json } = await s.subscribe("/chats/getAllMessages", { includeResourceData: false });
    const other = await makeCertificate();
    const patched = await s.graph("PATCH", `v1.0/subscriptions/${String(json.id)}`, other);
    assert.deepEqual([patched.status, patched.json.encryptionCertificateId], [200, null]);
    const { item, body } = await s.take("created", pathOf(say("Lunch crew")));
    assert.deepEqual([Object.keys(body), "encryptedContent" in item], [["value"], false]);
  });

  it("falls silent where a consent is taken back, and speaks again where it is given", async () => {
    s = await startSubscriber({ consentedAppRoles: ["Chat.Read.All", "ChannelMessage.Read.All"] });
    for (const resource of ["/chats/getAllMessages", "/teams/getAllMessages"]) {
      assert.equal((await s.subscribe(resource)).status, 201);
    }
    const count = () => s.listTold(() => [say("Lunch crew"), say("Outages")]).length;
    assert.equal(count(), 2);
    s.tenant.withdrawConsent("Contoso", "Chat.Read.All");
    assert.equal(count(), 1);
    s.tenant.withdrawConsent("Contoso", "ChannelMessage.Read.All");
    assert.equal(count(), 0);
    s.tenant.consent("Contoso", "Chat.Read.All");
    assert.equal(count(), 1);
  });

  describe("by beta", () => {
    const lunch = () => `/chats/${s.places.chat("Lunch crew").id}/messages`;
    const beta = "beta/subscriptions";

    it("takes a chat's own consent, which v1.0 does not", async () => {
      s = await startSubscriber({ consentedAppRoles: [], rscPermissions: ["ChatMessage.Read.Chat"] });
      await s.tenant.install("Weekly stand-up");
      assert.equal((await s.subscribe(lunch(), {}, beta)).status, 403, "not installed");
      await install();
      assert.equal((await s.subscribe(lunch())).status, 403);
      const made = await s.subscribe(lunch(), {}, beta);
      assert.equal(made.status, 201);
      const message = say("Lunch crew");
      assert.equal(s.open((await s.take("created", pathOf(message))).item).id, message.id);
      const expirationDateTime = new Date(Date.now() + 55 * 60_000).toISOString();
      const one = `subscriptions/${String(made.json.id)}`;
      assert.equal((await s.graph("PATCH", `v1.0/${one}`, { expirationDateTime })).status, 403);
      const renewed = await s.graph("PATCH", `beta/${one}`, { expirationDateTime });
      assert.deepEqual([renewed.status, renewed.json.expirationDateTime], [200, expirationDateTime]);
      await s.tenant.uninstall("Lunch crew");
      assert.deepEqual(
        s.listTold(() => say("Lunch crew")),
        [],
      );
    });

    it("has the same book as v1.0", async () => {
      s = await startSubscriber({ consentedAppRoles: ["Chat.Read.All"] });
      const made = await s.subscribe(lunch(), {}, beta);
      assert.equal((await s.subscribe(lunch())).status, 409);
      for (const version of ["v1.0", "beta"]) {
        const { json } = await s.graph("GET", `${version}/subscriptions`);
        assert.deepEqual(
          (json.value as { id: string }[]).map(({ id }) => id),
          [made.json.id],
        );
        assert.equal((await s.graph("GET", `${version}/subscriptions/${String(made.json.id)}`)).status, 200);
      }
      assert.equal((await s.graph("DELETE", `${beta}/${String(made.json.id)}`)).status, 204);
      assert.equal((await s.subscribe(lunch())).status, 201);
    });
  });
});

async function makeCertificate() {
  const { base64 } = await createCertificate();
  return { encryptionCertificate: base64, encryptionCertificateId: "other" };
}
