import assert from "node:assert/strict";
import { createDirectory } from "../../src/emulator/directory.ts";
import { BOT, createSeed } from "../../src/emulator/seed.ts";

const NOW_MS = Date.UTC(2026, 10, 20, 12);
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

describe("emulated tenant: seed", () => {
  const { home, customers, lines } = createSeed(NOW_MS, true);
  const [contoso, fabrikam] = customers;
  assert.ok(contoso && fabrikam);

  it("keeps the bot's home apart from the customers, and nobody lives there", () => {
    assert.equal(home.id, BOT.homeTenantId);
    assert.deepEqual(home.people, []);
    assert.equal(new Set([home.id, contoso.id, fabrikam.id]).size, 3);
  });

  it("shows one customer unless a second is asked for", () => {
    assert.deepEqual(
      createSeed(NOW_MS, false).customers.map(({ name }) => name),
      ["Contoso"],
    );
    assert.deepEqual([fabrikam.teams.length, fabrikam.chats.length], [1, 1]);
  });

  it("has teams and chats of every kind", () => {
    const channels = contoso.teams.map(({ name, channels: list }) => [
      name,
      ...list.map((one) => `${one.name} ${one.kind}`),
    ]);
    assert.deepEqual(channels, [
      ["Help Desk", "General standard", "Outages standard", "Vendors shared", "Leads private"],
      ["Facilities", "General standard", "Building A standard"],
    ]);
    const personal = contoso.chats.filter(({ kind }) => kind === "personal");
    assert.equal(personal.length, contoso.people.length);
    assert.deepEqual(
      contoso.chats.filter(({ kind }) => kind !== "personal").map(({ name, kind }) => `${name} ${kind}`),
      ["Lunch crew group", "Weekly stand-up meeting"],
    );
  });

  it("gives ids the shapes that Teams gives them, each once", () => {
    const ids: string[] = [];
    for (const { people, teams, chats, catalogAppId, id } of customers) {
      ids.push(id, catalogAppId, ...people.map((one) => one.id), ...teams.map((one) => one.id));
      for (const one of ids) assert.match(one, GUID);
      for (const chat of chats) {
        const shape = {
          group: /^19:[0-9a-f]{32}@thread\.v2$/,
          meeting: /^19:meeting_[\w-]+@thread\.v2$/,
          personal: new RegExp(`^19:${chat.memberIds[0]}_${BOT.id}@unq\\.gbl\\.spaces$`),
        }[chat.kind];
        assert.match(chat.id, shape);
        assert.match(chat.botConversationId, chat.kind === "personal" ? /^a:1[\w-]{86}$/ : shape);
      }
      for (const { channels } of teams) {
        for (const channel of channels) assert.match(channel.id, /^19:[\w-]+@thread\.tacv2$/);
      }
    }
    const places = customers.flatMap(({ teams, chats }) => [
      ...teams.flatMap(({ channels }) => channels.map(({ id }) => id)),
      ...chats.map(({ id }) => id),
    ]);
    assert.equal(new Set([...ids, ...places]).size, ids.length + places.length);
  });

  it("lets only members have spoken, and all of them long ago", () => {
    const directory = createDirectory(home, customers);
    for (const { conversationId, personId, minutesAgo } of lines) {
      const place = directory.findPlace(conversationId);
      assert.ok(place, conversationId);
      const memberIds =
        place.kind === "channel" ? (place.channel.memberIds ?? place.team.memberIds) : place.chat.memberIds;
      assert.ok(memberIds.includes(personId));
      assert.ok(minutesAgo > 30);
    }
  });

  it("has as many more teams, channels and chats as are asked for, each with an id of its own", () => {
    const [much] = createSeed(NOW_MS, false, { teams: 20, channelsPerTeam: 30, chats: 40 }).customers;
    assert.ok(much);
    assert.deepEqual([much.teams.length, much.chats.length], [2 + 20, contoso.chats.length + 40]);
    assert.deepEqual(much.teams.slice(0, 2), contoso.teams, "what was there is as it was");
    const more = much.teams.slice(2);
    for (const { id, channels, memberIds } of more) {
      assert.match(id, GUID);
      assert.deepEqual([channels.length, channels[0]?.name], [30, "General"]);
      assert.equal(memberIds.length, much.people.length);
    }
    const ids = [
      ...much.teams.flatMap(({ id, channels }) => [id, ...channels.map((channel) => channel.id)]),
      ...much.chats.map(({ id }) => id),
    ];
    assert.equal(new Set(ids).size, ids.length);
    const directory = createDirectory(home, [much]);
    const last = more.at(-1)?.channels.at(-1);
    const place = directory.resolvePlace("Team 0020/Channel 0029");
    assert.equal(place.kind === "channel" && place.channel, last);
  });

  it("is found by id and by name, and an ambiguous name is refused", () => {
    const directory = createDirectory(home, customers);
    const byName = directory.resolvePlace("Help Desk/General");
    assert.equal(byName.kind === "channel" && byName.team.name, "Help Desk");
    assert.equal(directory.resolvePlace("Outages").kind, "channel");
    assert.throws(() => directory.resolvePlace("General"), { status: 400 });
    assert.throws(() => directory.resolvePlace("Nowhere"), { status: 404 });
    assert.throws(() => directory.resolvePerson("Nobody"), { status: 404 });
  });
});
