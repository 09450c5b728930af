/** What becomes of teams and channels in the emulated tenant, and how Graph and Bot Framework tell of it. */
import assert from "node:assert/strict";
import { call, requestToken } from "./emulator-fake-bot.ts";
import { startSubscriber, type Subscriber } from "./emulator-subscriber.ts";

const ROLES = ["Team.ReadBasic.All", "Channel.ReadBasic.All", "ChannelMessage.Read.All"];
const RSC = ["ChannelMessage.Read.Group", "ChannelSettings.Read.Group", "TeamSettings.Read.Group"];
const PRIYA = "Priya Raman";

interface Activity {
  readonly type: string;
  readonly conversation: { readonly id: string; readonly tenantId: string };
  readonly channelData: Readonly<Record<string, unknown>> & {
    readonly eventType?: string;
    readonly team?: object;
    readonly channel?: object;
  };
}

describe("emulated tenant: what becomes of teams and channels", () => {
  let s: Subscriber;
  afterEach(() => s.close());

  const helpDesk = () => s.places.team("Help Desk").id;
  const generalId = () => s.places.channel("Help Desk", "General").id;
  const inHelpDesk = (channelId: string) => `teams('${helpDesk()}')/channels('${channelId}')`;
  const takeEvent = async (eventType: string): Promise<Activity> => {
    const { json } = await s.bot.take(
      (one) =>
        one.path === "/api/messages" && (one.json as unknown as Activity).channelData.eventType === eventType,
    );
    return json as unknown as Activity;
  };
  /** Event types that stand in the log of deliveries because of what was done. */
  const listEvents = (act: () => unknown): unknown[] => {
    const before = s.tenant.deliveries.length;
    act();
    return s.tenant.deliveries
      .slice(before)
      .filter(({ sender }) => sender === "bot-framework")
      .map(({ body }) => (body as Activity).channelData.eventType);
  };

  describe("by Graph", () => {
    const start = async (resources: readonly string[], change: Record<string, unknown> = {}) => {
      s = await startSubscriber({ consentedAppRoles: ROLES });
      for (const resource of resources) {
        assert.equal(
          (await s.subscribe(resource.replace("{team}", helpDesk()), change)).status,
          201,
          resource,
        );
      }
    };

    for (const resource of ["/teams/getAllChannels", "/teams/{team}/channels"]) {
      it(`tells of every change of a channel to ${resource}, sealed`, async () => {
        await start([resource]);
        const { id } = s.tenant.addChannel("Help Desk", "Printers");
        const { item, body } = await s.take("created", inHelpDesk(id));
        assert.deepEqual(item.resourceData, {
          id,
          "@odata.type": "#Microsoft.Graph.channel",
          "@odata.id": inHelpDesk(id),
        });
        assert.equal((body.validationTokens as string[]).length, 1);
        const opened = s.open(item);
        assert.deepEqual(
          [opened.id, opened.displayName, opened.membershipType, opened.email],
          [id, "Printers", "standard", ""],
        );
        assert.deepEqual(
          s.listTold(() => s.tenant.renameChannel("Printers", "Plotters")),
          [`updated ${inHelpDesk(id)}`],
        );
        assert.equal(s.open((await s.take("updated", inHelpDesk(id))).item).displayName, "Plotters");
        assert.deepEqual(
          s.listTold(() => s.tenant.deleteChannel("Plotters")),
          [`deleted ${inHelpDesk(id)}`],
        );
        assert.deepEqual(
          s.listTold(() => s.tenant.restoreChannel("Plotters")),
          [`created ${inHelpDesk(id)}`],
        );
        const vendors = s.places.channel("Help Desk", "Vendors").id;
        const shared = s.listTold(() => {
          s.tenant.shareChannel("Vendors", "Facilities");
          s.tenant.shareChannel("Vendors", "Facilities");
          s.tenant.unshareChannel("Vendors", "Facilities");
        });
        assert.deepEqual(shared, [`updated ${inHelpDesk(vendors)}`, `updated ${inHelpDesk(vendors)}`]);
        assert.equal(s.listTold(() => s.tenant.addChannel("Help Desk", "Board", "private")).length, 1);
        const elsewhere = s.listTold(() => s.tenant.addChannel("Facilities", "Roof"));
        assert.equal(elsewhere.length, resource === "/teams/getAllChannels" ? 1 : 0);
        assert.deepEqual(
          s.listTold(() => {
            s.tenant.renameTeam("Help Desk", "Service Desk");
            s.tenant.say({ person: PRIYA, conversation: "Outages", text: "hello" });
          }),
          [],
        );
      });
    }

    for (const resource of ["/teams", "/teams/{team}"]) {
      it(`tells of every change of a team to ${resource}, sealed`, async () => {
        await start([resource]);
        const [id, general] = [helpDesk(), generalId()];
        const path = `teams('${id}')`;
        s.tenant.renameTeam("Help Desk", "Service Desk");
        const { item } = await s.take("updated", path);
        assert.deepEqual(item.resourceData, {
          id,
          "@odata.type": "#Microsoft.Graph.team",
          "@odata.id": path,
        });
        const opened = s.open(item);
        assert.deepEqual(
          [opened.id, opened.displayName, opened.internalId, opened.isArchived],
          [id, "Service Desk", general, false],
        );
        const told = s.listTold(() => {
          s.tenant.archiveTeam("Service Desk");
          s.tenant.archiveTeam("Service Desk");
          s.tenant.unarchiveTeam("Service Desk");
          s.tenant.deleteTeam("Service Desk");
          s.tenant.restoreTeam("Service Desk");
        });
        assert.deepEqual(told, [`updated ${path}`, `updated ${path}`, `deleted ${path}`, `created ${path}`]);
        assert.equal(s.open((await s.take("updated", path)).item).isArchived, true);
        const others = s.listTold(() => s.tenant.addTeam("Contoso", "Legal"));
        const legal = s.places.team("Legal").id;
        assert.deepEqual(others, resource === "/teams" ? [`created teams('${legal}')`] : []);
        assert.deepEqual(
          s.listTold(() => s.tenant.addChannel("Service Desk", "Printers")),
          [],
        );
      });
    }

    it("tells the team that a channel is shared with, by a path of its own", async () => {
      await start([`/teams/{team}/channels`]);
      const facilities = s.places.team("Facilities").id;
      assert.equal((await s.subscribe(`/teams/${facilities}/channels`)).status, 201);
      const vendors = s.places.channel("Help Desk", "Vendors").id;
      assert.deepEqual(
        s.listTold(() => s.tenant.shareChannel("Vendors", "Facilities")),
        [`updated ${inHelpDesk(vendors)}`, `updated teams('${facilities}')/channels('${vendors}')`],
      );
    });

    it("tells only of the changes that were asked for, and bare where that is", async () => {
      await start(["/teams/getAllChannels"], { changeType: "deleted", includeResourceData: false });
      const { id } = s.places.channel("Help Desk", "Outages");
      assert.deepEqual(
        s.listTold(() => {
          s.tenant.renameChannel("Outages", "Trouble");
          s.tenant.addChannel("Help Desk", "Printers");
        }),
        [],
      );
      s.tenant.deleteChannel("Trouble");
      const { item, body } = await s.take("deleted", inHelpDesk(id));
      assert.deepEqual([Object.keys(body), "encryptedContent" in item], [["value"], false]);
    });

    const permissions: [resource: string, roles: string[], grants: string[]][] = [
      ["/teams", ["Team.ReadBasic.All", "TeamSettings.Read.All", "TeamSettings.ReadWrite.All"], []],
      [
        "/teams/{team}",
        ["Team.ReadBasic.All", "TeamSettings.Read.All", "TeamSettings.ReadWrite.All"],
        ["TeamSettings.Read.Group", "TeamSettings.ReadWrite.Group"],
      ],
      [
        "/teams/getAllChannels",
        ["Channel.ReadBasic.All", "ChannelSettings.Read.All", "ChannelSettings.ReadWrite.All"],
        [],
      ],
      [
        "/teams/{team}/channels",
        ["Channel.ReadBasic.All", "ChannelSettings.Read.All", "ChannelSettings.ReadWrite.All"],
        ["ChannelSettings.Read.Group", "ChannelSettings.ReadWrite.Group"],
      ],
    ];
    const allRoles = [...new Set(permissions.flatMap(([, roles]) => roles))];
    const allGrants = [...new Set(permissions.flatMap(([, , grants]) => grants))];
    for (const [resource, roles, grants] of permissions) {
      it(`wants one of its own permissions for ${resource}`, async () => {
        const ask = async (consentedAppRoles: readonly string[], rscPermissions: readonly string[]) => {
          s = await startSubscriber({ consentedAppRoles, rscPermissions });
          await s.tenant.install("Help Desk");
          const { status } = await s.subscribe(resource.replace("{team}", helpDesk()));
          return status;
        };
        const good: [string[], string[]][] = [
          ...roles.map((role): [string[], string[]] => [[role], []]),
          ...grants.map((grant): [string[], string[]] => [[], [grant]]),
        ];
        for (const [withRoles, withGrants] of good) {
          assert.equal(await ask(withRoles, withGrants), 201, [...withRoles, ...withGrants].join());
          await s.close();
        }
        const others = (all: readonly string[], own: readonly string[]) =>
          all.filter((one) => !own.includes(one));
        assert.equal(await ask(others(allRoles, roles), others(allGrants, grants)), 403);
      });
    }
  });

  describe("by Bot Framework", () => {
    it("tells of channels, with the group behind the team", async () => {
      s = await startSubscriber({ rscPermissions: RSC });
      await s.tenant.install("Help Desk");
      const { id } = s.tenant.addChannel("Help Desk", "Printers");
      const vendors = s.places.channel("Help Desk", "Vendors").id;
      const acts: [eventType: string, act: () => unknown, channel: object][] = [
        ["channelCreated", () => undefined, { id, name: "Printers", type: "standard" }],
        [
          "channelRenamed",
          () => s.tenant.renameChannel("Printers", "Plotters"),
          { id, name: "Plotters", type: "standard" },
        ],
        [
          "channelDeleted",
          () => s.tenant.deleteChannel("Plotters"),
          { id, name: "Plotters", type: "standard" },
        ],
        ["channelRestored", () => s.tenant.restoreChannel(id), { id, name: "Plotters", type: "standard" }],
        [
          "channelShared",
          () => s.tenant.shareChannel("Vendors", "Facilities"),
          { id: vendors, name: "Vendors", type: "shared" },
        ],
        [
          "channelUnshared",
          () => s.tenant.unshareChannel("Vendors", "Facilities"),
          { id: vendors, name: "Vendors", type: "shared" },
        ],
      ];
      for (const [eventType, act, channel] of acts) {
        act();
        const { type, conversation, channelData } = await takeEvent(eventType);
        assert.equal(type, "conversationUpdate");
        assert.deepEqual(channelData.channel, channel);
        assert.deepEqual(channelData.team, { aadGroupId: helpDesk(), id: generalId(), name: "Help Desk" });
        assert.deepEqual([conversation.id, conversation.tenantId], [generalId(), s.places.contoso.id]);
        const others = [
          { aadGroupId: s.places.team("Facilities").id, id: s.places.channel("Facilities", "General").id },
        ].map((one) => ({ ...one, name: "Facilities", tenantId: s.places.contoso.id }));
        assert.deepEqual(channelData.sharedWithTeams, eventType === "channelShared" ? others : undefined);
        assert.deepEqual(channelData.unsharedFromTeams, eventType === "channelUnshared" ? others : undefined);
      }
    });

    it("tells of teams", async () => {
      s = await startSubscriber({ rscPermissions: RSC });
      await s.tenant.install("Help Desk");
      const acts: [eventType: string, act: () => unknown, name: string][] = [
        ["teamRenamed", () => s.tenant.renameTeam("Help Desk", "Service Desk"), "Service Desk"],
        ["teamArchived", () => s.tenant.archiveTeam("Service Desk"), "Service Desk"],
        ["teamUnarchived", () => s.tenant.unarchiveTeam("Service Desk"), "Service Desk"],
        ["teamDeleted", () => s.tenant.deleteTeam("Service Desk"), "Service Desk"],
        ["teamRestored", () => s.tenant.restoreTeam("Service Desk"), "Service Desk"],
      ];
      const [team] = s.places.contoso.teams;
      for (const [eventType, act, name] of acts) {
        assert.deepEqual(listEvents(act), [eventType]);
        const { type, channelData } = await takeEvent(eventType);
        assert.equal(type, "conversationUpdate");
        assert.deepEqual(channelData.team, { aadGroupId: team?.id, id: team?.channels[0]?.id, name });
        assert.equal("channel" in channelData, false);
      }
    });

    it("tells the bot only where it is, and of no private channel", async () => {
      s = await startSubscriber({ rscPermissions: RSC });
      const change = () => {
        s.tenant.renameChannel("Building A", "Building B");
        s.tenant.renameChannel("Building B", "Building A");
        s.tenant.renameTeam("Facilities", "Buildings");
        s.tenant.renameTeam("Buildings", "Facilities");
        s.tenant.addTeam("Contoso", "Legal");
      };
      assert.deepEqual(listEvents(change), []);
      await s.tenant.install("Help Desk");
      assert.deepEqual(listEvents(change), []);
      assert.deepEqual(
        listEvents(() => s.tenant.renameChannel("Leads", "Heads")),
        [],
        "a private channel",
      );
      assert.deepEqual(
        listEvents(() => s.tenant.renameChannel("Vendors", "Sellers")),
        ["channelRenamed"],
      );
      await s.tenant.install("Facilities");
      assert.deepEqual(
        listEvents(() => s.tenant.shareChannel("Sellers", "Facilities")),
        ["channelShared", "channelShared"],
      );
      await s.tenant.uninstall("Help Desk");
      assert.deepEqual(
        listEvents(() => s.tenant.unshareChannel("Sellers", "Facilities")),
        ["channelUnshared"],
      );
    });
  });

  describe("a deleted channel", () => {
    it("is gone everywhere, and comes back with what was said", async () => {
      s = await startSubscriber({ consentedAppRoles: ROLES, rscPermissions: RSC });
      await s.tenant.install("Help Desk");
      const { id } = s.places.channel("Help Desk", "Outages");
      const channels = `v1.0/teams/${helpDesk()}/channels`;
      const messages = `${channels}/${id}/messages`;
      const made = await s.subscribe(`/teams/${helpDesk()}/channels/${id}/messages`);
      assert.equal(made.status, 201);
      const message = s.tenant.say({ person: PRIYA, conversation: "Outages", text: "hello" });
      const listed = async () => {
        const { json } = await s.graph("GET", channels);
        return (json.value as { id: string }[]).some((one) => one.id === id);
      };
      const expirationDateTime = new Date(Date.now() + 55 * 60_000).toISOString();
      const statuses = async () => [
        (await s.graph("GET", messages)).status,
        (await s.graph("GET", `${messages}/${message.id}`)).status,
        (await s.graph("PATCH", `v1.0/subscriptions/${String(made.json.id)}`, { expirationDateTime })).status,
        await send(id),
      ];
      assert.deepEqual([await listed(), await statuses()], [true, [200, 200, 200, 201]]);

      const told = s.listTold(() => s.tenant.deleteChannel("Outages"));
      assert.deepEqual(told, [], "nothing says that the subscription is of no more use");
      assert.deepEqual([await listed(), await statuses()], [false, [404, 404, 404, 404]]);
      assert.throws(() => s.tenant.say({ person: PRIYA, conversation: id, text: "hello" }), { status: 404 });
      assert.throws(() => s.tenant.edit(message, { text: "bye" }), { status: 404 });
      assert.equal((await s.subscribe(`/teams/${helpDesk()}/channels/${id}/messages`)).status, 404);

      s.tenant.restoreChannel("Help Desk/Outages");
      assert.deepEqual([await listed(), await statuses()], [true, [200, 200, 200, 201]]);
      const again = s.listTold(() => s.tenant.say({ person: PRIYA, conversation: id, text: "here again" }));
      assert.equal(again.length, 1);
    });
  });

  describe("a deleted team", () => {
    it("is gone with its channels, and comes back with the app", async () => {
      s = await startSubscriber({ consentedAppRoles: ROLES, rscPermissions: RSC });
      await s.tenant.install("Help Desk");
      const teamId = helpDesk();
      const { id } = s.places.channel("Help Desk", "Outages");
      const statuses = async () => [
        (await s.graph("GET", `v1.0/teams/${teamId}/channels`)).status,
        (await s.graph("GET", `v1.0/teams/${teamId}/channels/${id}/messages`)).status,
        await send(id),
      ];
      s.tenant.deleteChannel("Vendors");
      assert.deepEqual(await statuses(), [200, 200, 201]);
      s.tenant.deleteTeam("Help Desk");
      assert.deepEqual(await statuses(), [404, 404, 404]);
      assert.deepEqual(
        s.tenant.organisations[0]?.teams.map(({ name }) => name),
        ["Facilities"],
      );
      assert.throws(() => s.tenant.restoreChannel("Vendors"), { status: 404 }, "its team is not there");
      s.tenant.restoreTeam(teamId);
      assert.deepEqual(await statuses(), [200, 200, 201]);
      assert.equal(s.tenant.restoreChannel("Vendors").name, "Vendors");
    });
  });

  describe("an archived team", () => {
    it("is for reading only, for people and for the bot", async () => {
      s = await startSubscriber({ consentedAppRoles: ROLES, rscPermissions: RSC });
      await s.tenant.install("Help Desk");
      const { id } = s.places.channel("Help Desk", "Outages");
      const message = s.tenant.say({ person: PRIYA, conversation: "Outages", text: "hello" });
      const acts = [
        () => s.tenant.say({ person: PRIYA, conversation: "Outages", text: "hello" }),
        () => s.tenant.edit(message, { text: "two" }),
        () => s.tenant.react({ person: PRIYA, message, type: "like" }),
        () => s.tenant.remove(message),
      ];
      s.tenant.archiveTeam("Help Desk");
      for (const act of acts) assert.throws(act, { status: 403, message: /archived/ });
      assert.deepEqual([await send(id), await send(id, message.id)], [403, 403]);
      assert.equal(s.tenant.readMessages("Outages").at(-1)?.id, message.id);
      const { json } = await s.graph("GET", `v1.0/teams/${helpDesk()}/channels`);
      assert.ok((json.value as { isArchived: boolean }[]).every(({ isArchived }) => isArchived));
      assert.equal((await s.graph("GET", `v1.0/teams/${helpDesk()}/channels/${id}/messages`)).status, 200);
      s.tenant.say({ person: PRIYA, conversation: "Building A", text: "elsewhere" });

      s.tenant.unarchiveTeam("Help Desk");
      assert.deepEqual([await send(id), await send(id, message.id)], [201, 201]);
      for (const act of acts) act();
    });
  });

  it("refuses what cannot be, and changes nothing by it", async () => {
    s = await startSubscriber();
    const acts: [act: () => unknown, status: number][] = [
      [() => s.tenant.addChannel("Lunch crew", "Printers"), 400],
      [() => s.tenant.renameChannel("Nowhere", "Printers"), 404],
      [() => s.tenant.renameChannel("Lunch crew", "Printers"), 400],
      [() => s.tenant.deleteChannel("Help Desk/General"), 400],
      [() => s.tenant.deleteChannel("General"), 400],
      [() => s.tenant.restoreChannel("Outages"), 404],
      [() => s.tenant.shareChannel("Outages", "Facilities"), 400],
      [() => s.tenant.shareChannel("Vendors", "Help Desk"), 400],
      [() => s.tenant.shareChannel("Vendors", "Nowhere"), 404],
      [() => s.tenant.addTeam("Nobody", "Legal"), 404],
      [() => s.tenant.renameTeam("Nowhere", "Legal"), 404],
      [() => s.tenant.archiveTeam("Lunch crew"), 400],
      [() => s.tenant.deleteTeam("Nowhere"), 404],
      [() => s.tenant.restoreTeam("Help Desk"), 404],
    ];
    const before = JSON.stringify(s.tenant.organisations);
    for (const [act, status] of acts) assert.throws(act, { status }, act.toString());
    assert.equal(JSON.stringify(s.tenant.organisations), before);
  });

  /** As the bot, a new thread or a reply in one; the status that the connector answers. */
  async function send(channelId: string, rootId?: string): Promise<number> {
    const scope = "https://api.botframework.com/.default";
    const { json } = await requestToken(s.tenant, s.tenant.bot.homeTenantId, { scope });
    const conversations = `${s.tenant.url}/amer/${s.places.contoso.id}/v3/conversations`;
    const activity = { type: "message", text: "hello" };
    const [url, body] =
      rootId === undefined
        ? [conversations, { isGroup: true, channelData: { channel: { id: channelId } }, activity }]
        : [`${conversations}/${channelId};messageid=${rootId}/activities`, activity];
    return (await call(url, "POST", String(json.access_token), body)).status;
  }
});
