/** What a new subscription may listen to, and which of it: each rule with what breaks it and with what just keeps it. */
import { holdTo, openRulesDesk, type Change, type RuleRow, type RulesDesk } from "./emulator-rule-rows.ts";

const MENTION = "mentions/any(u: u/mentioned/user/id eq 'p')";
const chat = (options: string): Change => ({ resource: `/chats/{chat}/messages${options}` });

const RESOURCE: readonly RuleRow[] = [
  {
    rule: "a resource is a text",
    refused: { resource: 7 },
    says: /resource is missing or of the wrong type/,
    accepted: chat(""),
  },
  {
    rule: "the resource begins behind Graph's own address",
    refused: { resource: "https://graph.microsoft.com/v1.0/chats/{chat}/messages" },
    says: /base URL/,
    accepted: { resource: "chats('{chat}')/messages" },
  },
  {
    rule: "the resource is one that is emulated",
    refused: { resource: "/teams/{team}/members" },
    status: 501,
    code: "NotEmulated",
    says: /members' are not emulated/,
    accepted: { resource: "/teams/{team}/channels/{channel}/messages" },
  },
  {
    rule: "no function of Graph's is a team",
    refused: { resource: "/teams/getAllMembers" },
    status: 501,
    code: "NotEmulated",
    says: /getAllMembers/,
    accepted: { resource: "/teams/getAllMessages" },
  },
  {
    rule: "a query is for the messages of one chat or channel",
    refused: { resource: "/chats/getAllMessages?$search=Hello" },
    says: /one channel or one chat/,
    accepted: chat("?$search=Hello"),
  },
  {
    rule: "a mention is filtered by in the same places",
    refused: { resource: `/teams/getAllMessages?$filter=${MENTION}` },
    says: /one channel or one chat/,
    accepted: { resource: `/teams/{team}/channels/{channel}/messages?$filter=${MENTION}` },
  },
  {
    rule: "one query",
    refused: chat(`?$search=a&$filter=${MENTION}`),
    says: /one \$search or one \$filter/,
    accepted: chat("?$search=a%26b"),
  },
  {
    rule: "of query options, two",
    refused: chat("?$select=id"),
    says: /one \$search or one \$filter/,
    accepted: chat("?model=B"),
  },
  {
    rule: "several words in quotes",
    refused: chat("?$search=one two"),
    says: /double quotes/,
    accepted: chat('?$search="one two"'),
  },
  {
    rule: "quotes that end",
    refused: chat('?$search="one \\"two'),
    says: /double quotes/,
    accepted: chat('?$search="one \\"two\\""'),
  },
  {
    rule: "a word to search for",
    refused: chat('?$search="..."'),
    says: /needs a word/,
    accepted: chat('?$search="...a"'),
  },
  {
    rule: "of filters, the mention of a person",
    refused: chat("?$filter=from/user/id eq 'p'"),
    says: /one form/,
    accepted: chat("?$filter=mentions/any(m:m/mentioned/user/id eq 'p')"),
  },
  {
    rule: "a filter that uses what it declares",
    refused: chat("?$filter=mentions/any(u: v/mentioned/user/id eq 'p')"),
    says: /one form/,
    accepted: chat(`?%24filter=${MENTION}`),
  },
  {
    rule: "a query is well encoded",
    refused: chat("?$search=100%"),
    says: /encoded/,
    accepted: chat("?$search=100%25"),
  },
];

describe("emulated tenant: Graph's rules for the resource of a subscription", () => {
  let desk: RulesDesk;
  before(async () => {
    desk = await openRulesDesk();
  });
  after(() => desk.subscriber.close());

  holdTo(() => desk, RESOURCE);
});
