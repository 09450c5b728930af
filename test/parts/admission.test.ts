import assert from "node:assert/strict";
import type { JWTPayload } from "jose";
import { GRAPH_PUBLISHER_APP_ID } from "../../src/identity/verify-notification-token.ts";
import { digestClientState } from "../../src/subscriptions/client-state.ts";
import {
  CHANNEL,
  IN_CHANNEL,
  item,
  NOW_S,
  OTHER_TENANT,
  readOutcomes,
  SEALED,
  STRANGER,
  TEAM,
  TENANT,
  useAdmission,
  v1Claims,
  v2Claims,
  type Draft,
} from "./admission-stage.ts";
import { failOnLeaks } from "./leak-watch.ts";
import type { Pen } from "./token-issuer.ts";

const refused = (reason: string) => ({ kind: "refused", reason });

describe("admission", () => {
  failOnLeaks();
  const stage = useAdmission();

  const claim = (change: JWTPayload) => (one: Draft) => void Object.assign(one.tokens[0]!.claims, change);
  const field = (change: Record<string, unknown>) => (one: Draft) =>
    void Object.assign(one.items[0]!, change);
  const pen = (choose: () => Pen) => (one: Draft) => void (one.tokens[0]!.pen = choose());
  const without = (name: string) => (one: Draft) => void (one.tokens[0]!.claims[name] = undefined);
  const v2 = (change: JWTPayload) => (one: Draft) =>
    void (one.tokens[0]!.claims = { ...v2Claims(), ...change });

  const FORGERIES: readonly [title: string, change: (draft: Draft) => void, reason: string][] = [
    ["a token for another app", claim({ aud: STRANGER }), "token-audience"],
    ["a token for nobody", without("aud"), "token-audience"],
    ["a v1 issuer of another tenant", claim({ iss: `https://sts.windows.net/${STRANGER}/` }), "token-issuer"],
    [
      "a v2 issuer of another tenant",
      v2({ iss: `https://login.microsoftonline.com/${STRANGER}/v2.0` }),
      "token-issuer",
    ],
    ["an issuer that is not Entra", claim({ iss: `https://evil.example/${TENANT}/` }), "token-issuer"],
    ["a v1 issuer without its slash", claim({ iss: `https://sts.windows.net/${TENANT}` }), "token-issuer"],
    ["a token without issuer", without("iss"), "token-issuer"],
    ["a token whose tid is not its issuer's", claim({ tid: STRANGER }), "token-issuer"],
    ["a token without tid", without("tid"), "token-malformed"],
    ["a v1 token of another publisher", claim({ appid: STRANGER }), "token-publisher"],
    ["a v2 token of another publisher", v2({ azp: STRANGER }), "token-publisher"],
    [
      "a v1 token with the publisher in azp",
      (one) => {
        without("appid")(one);
        claim({ azp: GRAPH_PUBLISHER_APP_ID })(one);
      },
      "token-publisher",
    ],
    [
      "a v2 token with the publisher in appid",
      v2({ azp: undefined, appid: GRAPH_PUBLISHER_APP_ID }),
      "token-publisher",
    ],
    ["a token that ran out 5 minutes ago", claim({ exp: NOW_S - 300 }), "token-expired"],
    ["a token without expiry", without("exp"), "token-expired"],
    ["a token from more than 5 minutes ahead", claim({ nbf: NOW_S + 301 }), "token-expired"],
    ["an unsigned token", pen(() => stage.issuer.forge.unsigned), "token-algorithm"],
    ["an HMAC with the public key as secret", pen(() => stage.issuer.forge.hmac), "token-algorithm"],
    ["a key that nobody published", pen(() => stage.issuer.forge.unknownKey), "token-key-unknown"],
    ["another key under a published id", pen(() => stage.issuer.forge.otherKey), "token-signature"],
    ["a token that is none", pen(() => async () => "not.a.token"), "token-malformed"],
    ["an empty token", pen(() => async () => ""), "token-malformed"],
    ["no token", (one) => void (one.tokens = []), "token-missing"],
    [
      "a good token of another tenant",
      (one) => void (one.tokens[0]!.claims = v1Claims(STRANGER)),
      "token-tenant",
    ],
    ["an unknown subscription", field({ subscriptionId: "sub-unknown" }), "unknown-subscription"],
    ["the tenant of another", field({ tenantId: OTHER_TENANT }), "foreign-tenant"],
    ["a tenant we do not know", field({ tenantId: STRANGER }), "foreign-tenant"],
    ["another clientState", field({ clientState: "state-Channel" }), "client-state"],
    ["no clientState", field({ clientState: undefined }), "client-state"],
    ["a null clientState", field({ clientState: null }), "client-state"],
    ["an empty clientState", field({ clientState: "" }), "client-state"],
    ["the clientState of another subscription", field({ clientState: "state-chats" }), "client-state"],
    [
      "the digest for the clientState",
      field({ clientState: digestClientState("state-channel") }),
      "client-state",
    ],
    [
      "a message of another channel",
      field({ resource: IN_CHANNEL.replace("general", "secret") }),
      "foreign-resource",
    ],
    [
      "a message of another team",
      field({ resource: IN_CHANNEL.replace(TEAM, STRANGER) }),
      "foreign-resource",
    ],
    [
      "a chat under a channel's subscription",
      field({ resource: "chats('19:c@thread.v2')/messages('1')" }),
      "foreign-resource",
    ],
    [
      "a channel under the chats' subscription",
      field({ subscriptionId: "sub-chats", clientState: "state-chats" }),
      "foreign-resource",
    ],
    ["a resource that is no message", field({ resource: "users('u')/messages('m')" }), "unknown-resource"],
    ["a team where messages were asked for", field({ resource: `teams('${TEAM}')` }), "foreign-resource"],
    ["no resource", field({ resource: undefined }), "unknown-resource"],
    ["no content", field({ encryptedContent: undefined }), "no-content"],
    ["a null content", field({ encryptedContent: null }), "no-content"],
    ["a change that we do not know", field({ changeType: "unknownFutureValue" }), "unknown-change"],
    ["no change", field({ changeType: undefined }), "unknown-change"],
    ["a content without its key", field({ encryptedContent: { ...SEALED, dataKey: undefined } }), "shape"],
    ["a tenant that is no text", field({ tenantId: 7 }), "shape"],
    ["an item that is a text", (one) => void (one.items = ["text" as never]), "shape"],
    ["an item that is null", (one) => void (one.items = [null as never]), "shape"],
  ];

  for (const [title, change, reason] of FORGERIES) {
    it(`refuses ${title} as ${reason}, and admits the same batch without that change`, async () => {
      assert.deepEqual(await stage.judge(change), [refused(reason)]);
      assert.deepEqual(readOutcomes(await stage.judge()), ["message"]);
    });
  }

  const GOOD: readonly [title: string, change: (draft: Draft) => void][] = [
    ["a v1 token", () => undefined],
    ["a v2 token", v2({})],
    ["an upper-case tenant", field({ tenantId: TENANT.toUpperCase() })],
    ["a token that ran out less than 5 minutes ago", claim({ exp: NOW_S - 299 })],
    ["a token from 5 minutes ahead", claim({ nbf: NOW_S + 300 })],
    ["an updated message", field({ changeType: "updated" })],
    [
      "a resource written with slashes",
      field({ resource: `/teams/${TEAM}/channels/${CHANNEL}/messages/1700000000001` }),
    ],
    ["fields that are new to us", field({ "@odata.type": "#new", novelty: { deep: [1] } })],
    [
      "a good token behind a bad one",
      (one) => void one.tokens.unshift({ claims: v1Claims(), pen: stage.issuer.forge.otherKey }),
    ],
  ];
  for (const [title, change] of GOOD) {
    it(`admits ${title}`, async () => {
      assert.deepEqual(readOutcomes(await stage.judge(change)), ["message"]);
    });
  }

  it("answers where a message stands, in a channel, in its thread and in a chat", async () => {
    const reply = `${IN_CHANNEL}/replies('1700000000002')`;
    const chat = { subscriptionId: "sub-chats", clientState: "state-chats" };
    const verdicts = await stage.judge((one) => {
      one.items = [
        item(),
        item({ resource: reply }),
        item({ ...chat, resource: "chats('19:c@thread.v2')/messages('3')" }),
      ];
    });
    const at = { tenantId: TENANT, conversationId: CHANNEL };
    assert.deepEqual(
      verdicts.map((verdict) => verdict.kind === "message" && verdict.message),
      [
        { ...at, replyToId: null, messageId: "1700000000001" },
        { ...at, replyToId: "1700000000001", messageId: "1700000000002" },
        { tenantId: TENANT, conversationId: "19:c@thread.v2", replyToId: null, messageId: "3" },
      ],
    );
    assert.deepEqual(verdicts[0]?.kind === "message" && verdicts[0].content, {
      kind: "sealed",
      content: SEALED,
    });
  });
});
