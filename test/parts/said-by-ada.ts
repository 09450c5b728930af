/** One thing that Ada said, as both ears bring it. */
import type { Message } from "../../src/model/message.ts";
import type { MessageAddress } from "../../src/model/trace.ts";
import { parseTeamsActivity } from "../../src/wire/activity.ts";
import { parseChatMessage } from "../../src/wire/chat-message.ts";
import { readActivityMessage, readChatMessage } from "../../src/wire/read-message.ts";

export const TENANT = "2432b57b-0abd-43db-aa7b-16eadd115d34";
export const BOT = "0d0d0d0d-0000-0000-0000-00000000000b";
export const ADA = "8ea0e38b-efb3-4757-924a-5f94061cf8c2";
export const CHANNEL = "19:4a95f7d8db4c4e7fae857bcebe0623e6@thread.tacv2";
export const GROUP = "19:2da4c29f6d7041eca70b638b43d45437@thread.v2";
export const MEETING = "19:meeting_MjdhNjM4YzUtYzExZi00OTFkLTkzZTA@thread.v2";
export const ROOT = "1612289992105";
export const OWN = "1612290000000";
export const CREATED = new Date(Number(OWN)).toISOString();

const botMention = {
  id: 0,
  mentionText: "Earshot",
  mentioned: { application: { id: BOT, displayName: "Earshot", applicationIdentityType: "bot" }, user: null },
};
export const botEntity = {
  type: "mention",
  text: "<at>Earshot</at>",
  mentioned: { id: `28:${BOT}`, name: "Earshot" },
};
const HTML = '<p><at id="0">Earshot</at>&nbsp;the wifi &amp; the <b>VPN</b> are down<br>again</p>';
export const TEXT = "<at>Earshot</at> the wifi & the VPN are down\nagain";

/** Graph's snapshot of what Ada said. */
const chatMessage = {
  id: OWN,
  etag: OWN,
  messageType: "message",
  replyToId: null,
  chatId: null,
  channelIdentity: null,
  createdDateTime: CREATED,
  lastModifiedDateTime: CREATED,
  lastEditedDateTime: null,
  deletedDateTime: null,
  from: {
    application: null,
    device: null,
    user: { id: ADA, displayName: "Ada", userIdentityType: "aadUser", tenantId: TENANT },
  },
  body: { contentType: "html", content: HTML },
  attachments: [],
  mentions: [botMention],
  reactions: [],
};
/** The same, as Bot Framework brings it. */
export const activity = {
  type: "message",
  id: OWN,
  timestamp: CREATED,
  serviceUrl: `https://smba.trafficmanager.net/amer/${TENANT}/`,
  channelId: "msteams",
  from: { id: "29:1ada", name: "Ada", aadObjectId: ADA },
  recipient: { id: `28:${BOT}`, name: "Earshot" },
  conversation: { isGroup: true, conversationType: "groupChat", id: GROUP, tenantId: TENANT },
  channelData: { tenant: { id: TENANT } },
  text: TEXT,
  textFormat: "plain",
  entities: [botEntity, { type: "clientInfo", locale: "en-US" }],
};
export const address: MessageAddress = {
  tenantId: TENANT,
  conversationId: GROUP,
  replyToId: null,
  messageId: OWN,
};

export const fromGraph = (change: object = {}, at: Partial<MessageAddress> = {}): Message =>
  readChatMessage(parseChatMessage({ ...chatMessage, chatId: GROUP, ...change }), { ...address, ...at });
export const fromBotFramework = (change: object = {}): Message =>
  readActivityMessage(parseTeamsActivity({ ...activity, ...change }));
