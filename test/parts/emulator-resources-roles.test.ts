/** A consent that is taken back ends hearing at once; one that is given begins it. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createFaultDice } from "../../src/emulator/faults.ts";
import { createNotifier } from "../../src/emulator/notifier.ts";
import type { OutboxItem } from "../../src/emulator/outbox.ts";
import { readScope } from "../../src/emulator/read-scope.ts";
import { BOT, createSeed } from "../../src/emulator/seed.ts";
import { createSubscriptionBook } from "../../src/emulator/subscription-book.ts";
import type { GraphVersion, Subscription } from "../../src/emulator/subscription-resource.ts";
import type { Change, StoredMessage } from "../../src/emulator/tenant-model.ts";

const NOW_MS = Date.UTC(2026, 10, 20, 12);
const [contoso] = createSeed(NOW_MS, false).customers;
assert.ok(contoso);
const [helpDesk] = contoso.teams;
const [lunch] = contoso.chats;
assert.ok(helpDesk && lunch);
const [, outages] = helpDesk.channels;
assert.ok(outages);

const SAID: StoredMessage = {
  ...{ key: "key", tenantId: contoso.id, conversationId: "c", rootId: null, id: "17", version: "17" },
  ...{ author: { id: "p", name: "P", isBot: false }, createdAtMs: 17, modifiedAtMs: 17 },
  ...{ editedAtMs: null, deletedAtMs: null, parts: [{ text: "hello" }], cards: [], reactions: [] },
};
const message = { kind: "message", cause: "posted", message: SAID, before: null } as const;
const inChannel: Change = {
  ...message,
  place: { kind: "channel", organisation: contoso, team: helpDesk, channel: outages },
};
const inChat: Change = { ...message, place: { kind: "chat", organisation: contoso, chat: lunch } };
const ofTeam: Change = { kind: "team", cause: "renamed", organisation: contoso, team: helpDesk };
const ofChannel: Change = {
  ...{
    kind: "channel",
    cause: "renamed",
    organisation: contoso,
    team: helpDesk,
    channel: outages,
    guest: null,
  },
};

function createListening(resource: string, version: GraphVersion) {
  const held = { roles: [] as string[], grants: [] as string[] };
  const subscriptions = createSubscriptionBook(() => NOW_MS);
  const told: OutboxItem[] = [];
  const subscription: Subscription = {
    ...{ organisationId: contoso?.id ?? "", ...readScope(resource), version },
    ...{ expiresAtMs: NOW_MS + 1, clientState: null, certificate: null },
    resource: {
      ...{ id: "one", resource, applicationId: BOT.id, changeType: "created,updated", clientState: null },
      ...{ notificationUrl: "https://bot.example/", lifecycleNotificationUrl: null, creatorId: BOT.id },
      ...{ expirationDateTime: "", includeResourceData: false, latestSupportedTlsVersion: "v1_2" },
      ...{ encryptionCertificate: null, encryptionCertificateId: null },
      ...{ notificationQueryOptions: null, notificationUrlAppId: null },
    },
  };
  subscriptions.put(subscription);
  const notifier = createNotifier({
    ...{ edges: { randomBytes }, subscriptions, bot: BOT, dice: createFaultDice(), deletedForm: "sealed" },
    installations: { isInstalled: () => true, listGrants: () => held.grants },
    outbox: {
      add: (_url, items) => {
        told.push(...items);
        return new Promise(() => undefined);
      },
    },
    readRoles: (organisationId) => (organisationId === contoso?.id ? held.roles : []),
  });
  const count = (change: Change) => {
    told.length = 0;
    notifier.notify(change);
    return told.length;
  };
  return { held, count };
}

const channelMessages = `/teams/${helpDesk.id}/channels/${outages.id}/messages`;
const TABLE: readonly [
  resource: string,
  change: Change,
  role: string,
  grant?: string,
  version?: GraphVersion,
][] = [
  ["/teams/getAllMessages", inChannel, "ChannelMessage.Read.All"],
  ["/chats/getAllMessages", inChat, "Chat.Read.All"],
  [`/users/${lunch.memberIds[0]}/chats/getAllMessages`, inChat, "Chat.Read.All"],
  [`/chats/${lunch.id}/messages`, inChat, "Chat.Read.All"],
  [`/chats/${lunch.id}/messages`, inChat, "Chat.Read.All", "ChatMessage.Read.Chat", "beta"],
  [channelMessages, inChannel, "ChannelMessage.Read.All", "ChannelMessage.Read.Group"],
  [
    `/appCatalogs/teamsApps/${contoso.catalogAppId}/installedToChats/getAllMessages`,
    ...([inChat, "Chat.Read.WhereInstalled"] as const),
  ],
  ["/teams", ofTeam, "Team.ReadBasic.All"],
  [`/teams/${helpDesk.id}`, ofTeam, "TeamSettings.Read.All", "TeamSettings.Read.Group"],
  ["/teams/getAllChannels", ofChannel, "Channel.ReadBasic.All"],
  [`/teams/${helpDesk.id}/channels`, ofChannel, "ChannelSettings.Read.All", "ChannelSettings.Read.Group"],
];

describe("emulated tenant: consent while a subscription lives", () => {
  for (const [resource, change, role, grant, version = "v1.0"] of TABLE) {
    it(`${resource} by ${version}: ${grant ? `${grant} or ` : ""}${role}`, () => {
      const { held, count } = createListening(resource, version);
      assert.equal(count(change), 0);
      held.roles = [role];
      assert.equal(count(change), 1);
      held.roles = [];
      assert.equal(count(change), 0, "taken back");
      held.grants = [grant ?? "ChatMessage.Read.Chat"];
      assert.equal(count(change), grant ? 1 : 0);
    });
  }

  it("by v1.0 a chat's own consent does not do", () => {
    const { held, count } = createListening(`/chats/${lunch.id}/messages`, "v1.0");
    held.grants = ["ChatMessage.Read.Chat"];
    assert.equal(count(inChat), 0);
    held.roles = ["Chat.Read.All"];
    assert.equal(count(inChat), 1);
  });
});
