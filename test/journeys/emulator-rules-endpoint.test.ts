/** Before a subscription is made or moved its URLs are asked: each answer that will not do, and one that just does. */
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { createEdges } from "../../src/edges.ts";
import { createHeldClock, type HeldClock } from "../parts/held-clock.ts";
import { answerRightly, SILENT_LOG, type Answer } from "./emulator-fake-bot.ts";
import { startSubscriber, type Subscriber } from "./emulator-subscriber.ts";

const [NOTIFICATIONS, LIFECYCLE] = ["/api/notifications", "/api/lifecycle"];
const LIMIT_MS = 10_000;

type Handshake = (token: string, response: ServerResponse) => void;

/** In two steps, as the fake bot does it. */
const answer =
  (status: number, type: string | null, read: (token: string) => string = (token) => token): Handshake =>
  (token, response) => {
    response.writeHead(status, type === null ? {} : { "content-type": type });
    response.end(read(token));
  };
const PLAIN = "text/plain";

const WRONG: readonly [what: string, handshake: Handshake, says: RegExp][] = [
  ["another good status", answer(202, PLAIN), /200 OK .* responded 202/],
  ["no content", answer(204, PLAIN, () => ""), /responded 204/],
  [
    "a way elsewhere",
    (_token, response) => {
      response.writeHead(307, { location: "/elsewhere", "content-type": PLAIN });
      response.end();
    },
    /responded 307/,
  ],
  ["an error", answer(500, PLAIN), /responded 500/],
  ["a page", answer(200, "text/html"), /text\/plain, but is 'text\/html'/],
  ["JSON", answer(200, "application/json", JSON.stringify), /text\/plain/],
  ["no media type", answer(200, null), /text\/plain, but is ''/],
  ["a media type that begins alike", answer(200, "text/plainer"), /text\/plain/],
  ["the token as it came in the URL", answer(200, PLAIN, encodeURIComponent), /decoded validation token/],
  ["the token decoded twice", answer(200, PLAIN, decodeURIComponent), /decoded validation token/],
  [
    "plus signs read as blanks",
    answer(200, PLAIN, (token) => token.replaceAll("+", " ")),
    /decoded validation token/,
  ],
  ["the token in quotes", answer(200, PLAIN, (token) => `"${token}"`), /decoded validation token/],
  ["the token and a line end", answer(200, PLAIN, (token) => `${token}\n`), /decoded validation token/],
  ["the token made safe for a page", answer(200, PLAIN, escapeHtml), /decoded validation token/],
  ["nothing", answer(200, PLAIN, () => ""), /decoded validation token/],
  ["a broken connection", (_token, response) => response.destroy(), /cannot be reached/],
];

const RIGHT: readonly [what: string, handshake: Handshake][] = [
  ["plain text", answerRightly],
  ["a character set", answer(200, "text/plain; charset=utf-8")],
  ["large letters", answer(200, "Text/Plain")],
];

describe("emulated tenant: the question before a subscription", () => {
  let s: Subscriber;
  let clock: HeldClock;
  before(async () => {
    clock = createHeldClock(Date.now());
    s = await startSubscriber({
      edges: { ...createEdges(SILENT_LOG), now: clock.now, sleep: clock.sleep },
      consentedAppRoles: ["ChannelMessage.Read.All"],
    });
  });
  after(() => s.close());
  afterEach(async () => {
    s.bot.handshake = answerRightly;
    for (const { id } of s.tenant.subscriptions()) await s.tenant.removeSubscription(id, { isSilent: true });
  });

  const create = (change: Record<string, unknown> = {}) =>
    s.subscribe("/teams/getAllMessages", { lifecycleNotificationUrl: `${s.bot.url}${LIFECYCLE}`, ...change });
  /** The other path answers rightly. */
  const answerAt = (path: string, handshake: Handshake) => {
    s.bot.handshake = (token, response) =>
      (s.bot.handshakes.at(-1) === path ? handshake : answerRightly)(token, response);
  };
  const demandRefusal = ({ status, json }: Answer, says: RegExp, what: string) => {
    const { code, message } = json.error as { code: string; message: string };
    assert.deepEqual([status, code], [400, "ValidationError"], what);
    assert.match(message, /^Subscription validation request/, what);
    assert.match(message, says, what);
  };

  for (const path of [NOTIFICATIONS, LIFECYCLE]) {
    for (const [what, handshake, says] of WRONG) {
      it(`is not answered at ${path} by ${what}`, async () => {
        answerAt(path, handshake);
        demandRefusal(await create(), says, what);
        assert.deepEqual(s.tenant.subscriptions(), []);
        s.bot.handshake = answerRightly;
        assert.equal((await create()).status, 201);
      });
    }
    for (const [what, handshake] of RIGHT) {
      it(`is answered at ${path} by ${what}`, async () => {
        answerAt(path, handshake);
        assert.equal((await create()).status, 201);
      });
    }
  }

  /** The token and the response that was not given yet. */
  const holdAnswer = (path: string): Promise<() => void> =>
    new Promise((resolve) => {
      answerAt(path, (token, response) => resolve(() => answerRightly(token, response)));
    });

  for (const path of [NOTIFICATIONS, LIFECYCLE]) {
    it(`is answered at ${path} within ten seconds, or in vain`, async () => {
      const held = holdAnswer(path);
      const inTime = create();
      const say = await held;
      clock.advance(LIMIT_MS - 1);
      say();
      assert.equal((await inTime).status, 201);
      for (const { id } of s.tenant.subscriptions())
        await s.tenant.removeSubscription(id, { isSilent: true });

      const heldAgain = holdAnswer(path);
      const tooLate = create();
      await heldAgain;
      clock.advance(LIMIT_MS);
      demandRefusal(await tooLate, /timed out/, path);
    });
  }

  it("is put to each URL, twice to one and the same, with what is in it already", async () => {
    const ask = async (change: Record<string, unknown>) => {
      const before = s.bot.handshakes.length;
      const { status, json } = await create(change);
      assert.equal(status, 201);
      await s.tenant.removeSubscription(String(json.id), { isSilent: true });
      return s.bot.handshakes.slice(before).toSorted();
    };
    assert.deepEqual(await ask({}), [LIFECYCLE, NOTIFICATIONS]);
    assert.deepEqual(await ask({ lifecycleNotificationUrl: null }), [NOTIFICATIONS]);
    const one = `${s.bot.url}${NOTIFICATIONS}?route=7`;
    assert.deepEqual(await ask({ notificationUrl: one, lifecycleNotificationUrl: one }), [
      NOTIFICATIONS,
      NOTIFICATIONS,
    ]);
  });

  it("is put to a new URL as well, and nothing moves without an answer", async () => {
    const { json } = await create();
    const moveTo = (path: string) =>
      s.graph("PATCH", `v1.0/subscriptions/${String(json.id)}`, { notificationUrl: `${s.bot.url}${path}` });
    answerAt("/elsewhere", answer(404, PLAIN));
    demandRefusal(await moveTo("/elsewhere"), /responded 404/, "elsewhere");
    assert.equal(s.tenant.subscriptions()[0]?.notificationUrl, `${s.bot.url}${NOTIFICATIONS}`);
    s.bot.handshake = answerRightly;
    assert.equal((await moveTo("/elsewhere")).status, 200);
    assert.equal(s.tenant.subscriptions()[0]?.notificationUrl, `${s.bot.url}/elsewhere`);
  });
});

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
