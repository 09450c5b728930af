import assert from "node:assert/strict";
import fc from "fast-check";
import { parseMessageResource } from "../../src/wire/message-resource.ts";

const TEAM = "fbe2bf47-16c8-47cf-b4a5-4b9b187c508b";
const CHANNEL = "19:4a95f7d8db4c4e7fae857bcebe0623e6@thread.tacv2";
const CHAT = "19:8ea0e38b-efb3-4757-924a-5f94061cf8c2_97f62344-57dc-409c-88ad-c4af14158ff5@unq.gbl.spaces";
const ROOT = "1612289992105";
const REPLY = "1612289999999";

const chat = { kind: "chat", chatId: CHAT, messageId: ROOT, replyToId: null };
const root = { kind: "channel", teamId: TEAM, channelId: CHANNEL, messageId: ROOT, replyToId: null };
const reply = { ...root, messageId: REPLY, replyToId: ROOT };
const escaped = encodeURIComponent(CHANNEL);

describe("the resource of a notification", () => {
  const READ: readonly [title: string, resource: string, address: object][] = [
    ["a chat, keys in parentheses", `chats('${CHAT}')/messages('${ROOT}')`, chat],
    ["a chat, keys as segments", `chats/${CHAT}/messages/${ROOT}`, chat],
    ["a root", `teams('${TEAM}')/channels('${CHANNEL}')/messages('${ROOT}')`, root],
    ["a root, keys as segments", `teams/${TEAM}/channels/${CHANNEL}/messages/${ROOT}`, root],
    ["a reply", `teams('${TEAM}')/channels('${CHANNEL}')/messages('${ROOT}')/replies('${REPLY}')`, reply],
    ["a reply, as segments", `teams/${TEAM}/channels/${CHANNEL}/messages/${ROOT}/replies/${REPLY}`, reply],
    ["both forms mixed", `teams/${TEAM}/channels('${CHANNEL}')/messages/${ROOT}/replies('${REPLY}')`, reply],
    ["a slash before it", `/chats('${CHAT}')/messages('${ROOT}')`, chat],
    ["slashes around it", `//chats/${CHAT}/messages/${ROOT}//`, chat],
    ["other capitals", `Teams('${TEAM}')/Channels('${CHANNEL}')/MESSAGES('${ROOT}')`, root],
    ["an escaped key", `teams('${TEAM}')/channels('${escaped}')/messages('${ROOT}')`, root],
    ["an escaped segment", `teams/${TEAM}/channels/${escaped}/messages/${ROOT}`, root],
  ];
  for (const [title, resource, address] of READ) {
    it(`is read: ${title}`, () => {
      assert.deepEqual(parseMessageResource(resource), address);
    });
  }

  const NO_MESSAGE: readonly [title: string, resource: string][] = [
    ["nothing", ""],
    ["slashes alone", "///"],
    ["a collection of chats' messages", `chats('${CHAT}')/messages`],
    ["a collection of a channel's", `teams('${TEAM}')/channels('${CHANNEL}')/messages`],
    ["a chat", `chats('${CHAT}')`],
    ["a channel", `teams('${TEAM}')/channels('${CHANNEL}')`],
    ["an empty key", `chats('')/messages('${ROOT}')`],
    ["an empty segment", `chats//messages/${ROOT}`],
    ["a key without quotes", `chats(${CHAT})/messages(${ROOT})`],
    ["quotes that do not close", `chats('${CHAT})/messages('${ROOT}')`],
    ["what is not percent-encoding", `chats('%E0%A4%A')/messages('${ROOT}')`],
    ["an image in a message", `chats('${CHAT}')/messages('${ROOT}')/hostedContents('x')`],
    ["a reply in a chat", `chats('${CHAT}')/messages('${ROOT}')/replies('${REPLY}')`],
    ["a user's chat", `users('u')/chats('${CHAT}')/messages('${ROOT}')`],
    ["a member", `teams('${TEAM}')/members('m')`],
    ["a name from every object", "constructor('a')/messages('b')"],
  ];
  for (const [title, resource] of NO_MESSAGE) {
    it(`is null where it names no message: ${title}`, () => {
      assert.equal(parseMessageResource(resource), null);
    });
  }

  const key = fc.stringMatching(/^[\w:@.%' /-]{1,40}$/);
  const forms = {
    parentheses: (name: string, value: string) => `${name}('${encode(value)}')`,
    segments: (name: string, value: string) => `${name}/${encode(value)}`,
  };
  for (const [form, write] of Object.entries(forms)) {
    it(`gives back what was written into it, by ${form}`, () => {
      fc.assert(
        fc.property(key, key, key, key, (teamId, channelId, replyToId, messageId) => {
          const resource = [
            write("teams", teamId),
            write("channels", channelId),
            write("messages", replyToId),
            write("replies", messageId),
          ].join("/");
          assert.deepEqual(parseMessageResource(resource), {
            kind: "channel",
            teamId,
            channelId,
            messageId,
            replyToId,
          });
        }),
      );
    });
  }

  it("answers an address or null for any text, and never throws", () => {
    const part = fc.oneof(fc.string(), fc.constantFrom("chats", "teams", "('", "')", "/", "%", "messages"));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const address = parseMessageResource(parts.join(""));
        assert.notEqual(address?.messageId, "");
      }),
    );
  });

  it("is done with 2,000 slashes at once", () => {
    assert.equal(parseMessageResource(`${"/".repeat(2_000)}a${"/".repeat(2_000)}b`), null);
  });
});

/** Quotes too: `encodeURIComponent` leaves them. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll("'", "%27");
}
