import assert from "node:assert/strict";
import {
  PageIterator,
  RetryHandlerOptions,
  type Client,
  type GraphRequest,
  type PageCollection,
} from "@microsoft/microsoft-graph-client";
import { createEdges } from "../../src/edges.ts";
import type { Organisation } from "../../src/emulator/tenant-model.ts";
import { requestToken, SILENT_LOG } from "./emulator-fake-bot.ts";
import { CONNECTOR_SCOPE, readRefusal, setVendorStage, type VendorStage } from "./emulator-vendor-stage.ts";

const ROLES = ["ChannelMessage.Read.All", "Channel.ReadBasic.All", "Chat.Read.All"];

interface Listed {
  readonly id: string;
  readonly body: { readonly content: string };
}

describe("emulated tenant: the Graph client as it is", () => {
  let stage: VendorStage;
  let contoso: Organisation;
  let client: Client;

  beforeEach(async () => {
    stage = await setVendorStage({ consentedAppRoles: ROLES, graphLimits: false });
    contoso = stage.tenant.organisations[0]!;
    client = stage.createGraphClient(contoso.id);
    await stage.tenant.installEverywhere();
  });
  afterEach(() => stage.strike());

  const outages = () => {
    const team = contoso.teams.find(({ name }) => name === "Help Desk")!;
    const channel = team.channels.find(({ name }) => name === "Outages")!;
    return { teamId: team.id, channelId: channel.id };
  };
  const outageMessages = () => `/teams/${outages().teamId}/channels/${outages().channelId}/messages`;
  const lunchMessages = () => {
    const chat = contoso.chats.find(({ name }) => name === "Lunch crew")!;
    return `/chats/${chat.id}/messages`;
  };
  const say = (conversation: string, text: string) =>
    stage.tenant.say({ person: "Mira Lindqvist", conversation, text });
  const countSaid = (conversation: string) => stage.tenant.readMessages(conversation).length;
  const countCalls = (fits: RegExp, from = 0) =>
    stage.tenant.calls.slice(from).filter(({ path }) => fits.test(path)).length;

  /** Walks with the client's own iterator from a first page to the end. */
  async function walk(first: PageCollection, use: Client = client) {
    const items: Listed[] = [];
    const iterator = new PageIterator(use, first, (item: Listed) => {
      items.push(item);
      return true;
    });
    await iterator.iterate();
    assert.equal(iterator.isComplete(), true);
    return { items, iterator };
  }

  it("walks a channel and a chat page by page, each message once, newest first", async () => {
    for (let number = 0; number < 23; number += 1) {
      say("Outages", `outage ${number}`);
      say("Lunch crew", `lunch ${number}`);
    }
    for (const [path, conversation] of [
      [outageMessages(), "Outages"],
      [lunchMessages(), "Lunch crew"],
    ] as const) {
      const before = stage.tenant.calls.length;
      const page = (await client.api(path).top(10).get()) as PageCollection;
      assert.equal(page.value.length, 10);
      assert.match(String(page["@odata.nextLink"]), /^https:\/\/127\.0\.0\.1:\d+\/v1\.0\//);
      const { items } = await walk(page);
      const ids = items.map(({ id }) => id);
      assert.equal(new Set(ids).size, ids.length, "none twice");
      assert.deepEqual(ids, ids.toSorted().toReversed(), "newest first");
      const roots = stage.tenant.readMessages(conversation).filter(({ rootId }) => rootId === null);
      assert.deepEqual(ids, roots.map(({ id }) => id).toReversed());
      assert.equal(stage.tenant.calls.length - before, Math.ceil(roots.length / 10), "one call a page");
    }
  });

  it("stops in the middle and resumes where it stopped", async () => {
    for (let number = 0; number < 12; number += 1) say("Lunch crew", String(number));
    const page = (await client.api(lunchMessages()).top(5).get()) as PageCollection;
    const seen: string[] = [];
    const iterator = new PageIterator(client, page, ({ id }: Listed) => {
      seen.push(id);
      return seen.length !== 7;
    });
    await iterator.iterate();
    assert.deepEqual([seen.length, iterator.isComplete()], [7, false]);
    await iterator.resume();
    assert.deepEqual([seen.length, iterator.isComplete()], [countSaid("Lunch crew"), true]);
  });

  it("ends a delta with a link that brings what came after, and that alone", async () => {
    say("Outages", "before");
    const { iterator } = await walk(
      (await client.api(`${outageMessages()}/delta`).top(5).get()) as PageCollection,
    );
    const link = iterator.getDeltaLink();
    assert.ok(link);
    const after = say("Outages", "after");
    const news = (await client.api(link).get()) as PageCollection;
    assert.deepEqual(
      (news.value as Listed[]).map(({ id }) => id),
      [after.id],
    );
  });

  it("waits as long as a 429 says, and asks again", async () => {
    const untilAt = Date.now() + 1_300;
    stage.tenant.setFaults({ seed: 1, graph: { messages: { throttleCall: { untilAt } } } });
    const before = stage.tenant.calls.length;
    await client.api(outageMessages()).get();
    assert.ok(Date.now() >= untilAt, "no sooner than it was told");
    assert.equal(countCalls(/messages$/, before), 2, "one refusal, and one call after it");
    assert.equal(stage.tenant.readFaultCounts().throttleCall, 1);
  });

  it("is led through Graph's own limits by Retry-After", async () => {
    await stage.strike();
    let nowMs = Date.now();
    const edges = { ...createEdges(SILENT_LOG), now: () => nowMs };
    stage = await setVendorStage({ consentedAppRoles: ROLES, edges });
    contoso = stage.tenant.organisations[0]!;
    client = stage.createGraphClient(contoso.id);
    // One call a second for a channel: the second of two at once is sent away.
    const patient = new RetryHandlerOptions(0, 1, (_delay, _attempt, _request, _options, { headers }) => {
      nowMs += Number(headers.get("retry-after")) * 1_000;
      return true;
    });
    const impatient = new RetryHandlerOptions(0, 0);
    const get = (how: RetryHandlerOptions) => client.api(outageMessages()).middlewareOptions([how]).get();
    await Promise.all([get(patient), get(patient)]);
    const statuses = stage.tenant.calls.map(({ status }) => status);
    assert.deepEqual(statuses.toSorted(), [200, 200, 429]);
    // Without patience its user sees the refusal as it is.
    const { statusCode, code, headers } = await readRefusal(get(impatient));
    assert.deepEqual([statusCode, code, headers?.get("retry-after")], [429, "TooManyRequests", "1"]);
  });

  it("asks again after a 503, and gives up when it was told to", async () => {
    const once = (onRetry: () => void) => [
      new RetryHandlerOptions(0, 1, () => {
        onRetry();
        return true;
      }),
    ];
    stage.tenant.setFaults({ seed: 1, graph: { messages: { refuseCall503: 1 } } });
    const before = stage.tenant.calls.length;
    const stillDown = once(() => undefined);
    const error = await readRefusal(client.api(outageMessages()).middlewareOptions(stillDown).get());
    assert.deepEqual([error.statusCode, error.code], [503, "ServiceUnavailable"]);
    assert.equal(countCalls(/messages$/, before), 2);
    const overThen = once(() => stage.tenant.setFaults(null));
    assert.ok(await client.api(outageMessages()).middlewareOptions(overThen).get());
  });

  it("does not repeat what a 500 refused", async () => {
    stage.tenant.setFaults({ seed: 1, graph: { messages: { refuseCall500: 1 } } });
    const before = stage.tenant.calls.length;
    const error = await readRefusal(client.api(outageMessages()).get());
    assert.deepEqual([error.statusCode, error.code], [500, "InternalServerError"]);
    assert.equal(countCalls(/messages$/, before), 1);
  });

  it("follows a redirect with its token, its query and its body", async () => {
    stage.tenant.setFaults({ seed: 1, graph: { all: { redirectCall: 1 } } });
    const page = (await client.api(lunchMessages()).top(1).get()) as PageCollection;
    assert.equal(page.value.length, 1);
    const created = (await client.api("/subscriptions").post(wish())) as { id: string };
    await client.api(`/subscriptions/${created.id}`).delete();
    assert.deepEqual(
      stage.tenant.calls.map(({ status }) => status),
      [307, 200, 307, 201, 307, 204],
    );
    assert.equal(stage.tenant.readFaultCounts().redirectCall, 3);
  });

  const wish = () => ({
    changeType: "created",
    resource: outageMessages(),
    notificationUrl: `${stage.bot.url}/api/notifications`,
    expirationDateTime: new Date(Date.now() + 50 * 60_000).toISOString(),
  });

  it("makes, renews, lists and ends a subscription, and is refused the second of a kind", async () => {
    const created = (await client.api("/subscriptions").post(wish())) as Record<string, string>;
    assert.deepEqual(stage.bot.handshakes, ["/api/notifications"]);
    const twice = await readRefusal(client.api("/subscriptions").post(wish()));
    assert.equal(twice.statusCode, 409);
    assert.ok(twice.message.includes(created.id!), "it names the one there is");
    const path = `/subscriptions/${created.id}`;
    const expirationDateTime = new Date(Date.now() + 55 * 60_000).toISOString();
    const renewed = (await client.api(path).patch({ expirationDateTime })) as Record<string, string>;
    assert.equal(Date.parse(renewed.expirationDateTime!), Date.parse(expirationDateTime));
    const { items } = await walk((await client.api("/subscriptions").get()) as PageCollection);
    assert.deepEqual(
      items.map(({ id }) => id),
      [created.id],
    );
    assert.equal(await client.api(path).delete(), undefined);
    assert.equal((await readRefusal(client.api(path).get())).statusCode, 404);
  });

  it("tells refusals with code, message, request id and Graph's inner error", async () => {
    const { json } = await requestToken(stage.tenant, stage.tenant.bot.homeTenantId, {
      scope: CONNECTOR_SCOPE,
    });
    const stranger = stage.createGraphClient(contoso.id, async () => String(json.access_token));
    const elsewhere = stage.createGraphClient(stage.tenant.organisations[1]!.id);
    const table: [GraphRequest, number, string, RegExp][] = [
      [stranger.api(outageMessages()), 401, "InvalidAuthenticationToken", /./],
      [client.api("/appCatalogs/teamsApps"), 403, "Forbidden", /Missing role permissions/],
      [elsewhere.api(outageMessages()), 404, "NotFound", /No Team found/],
      [client.api(`${outageMessages()}/1`), 404, "NotFound", /./],
      [client.api(outageMessages()).top(51), 400, "BadRequest", /page size/],
      [client.api("/me/drive"), 501, "NotEmulated", /GET \/v1\.0\/me\/drive/],
    ];
    for (const [request, statusCode, code, message] of table) {
      const error = await readRefusal(request.get());
      assert.deepEqual([error.statusCode, error.code], [statusCode, code]);
      assert.match(error.message, message);
      if (statusCode === 501) continue;
      assert.match(error.requestId ?? "", /^[0-9a-f-]{36}$/);
      const { innerError } = JSON.parse(String(error.body)) as { innerError: Record<string, string> };
      assert.equal(innerError["request-id"], error.requestId);
      assert.match(innerError["client-request-id"] ?? "", /^[0-9a-f-]{36}$/);
      assert.notEqual(innerError["client-request-id"], error.requestId, "the client's own, given back");
    }
  });
});
