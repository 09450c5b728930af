import assert from "node:assert/strict";
import {
  BatchRequestContent,
  BatchResponseContent,
  type BatchRequestStep,
  type BatchResponseBody,
  type Client,
} from "@microsoft/microsoft-graph-client";
import type { Organisation } from "../../src/emulator/tenant-model.ts";
import { readRefusal, setVendorStage, type VendorStage } from "./emulator-vendor-stage.ts";

const ROLES = ["ChannelMessage.Read.All", "Chat.Read.All"];

describe("emulated tenant: batches of the Graph client's making", () => {
  let stage: VendorStage;
  let contoso: Organisation;
  let client: Client;

  beforeEach(async () => {
    stage = await setVendorStage({ consentedAppRoles: ROLES });
    contoso = stage.tenant.organisations[0]!;
    client = stage.createGraphClient(contoso.id);
  });
  afterEach(() => stage.strike());

  /** The client wants addresses here and sends what stands behind the host. */
  const part = (id: string, path: string, after: string[] = [], init: RequestInit = {}) => ({
    ...{ id, request: new Request(`https://graph.microsoft.com${path}`, init) },
    ...(after.length > 0 ? { dependsOn: after } : {}),
  });
  const send = async (parts: BatchRequestStep[]) => {
    const content = await new BatchRequestContent(parts).getContent();
    const body = (await client.api("/$batch").post(content)) as BatchResponseBody;
    return new BatchResponseContent(body);
  };
  const chats = () => contoso.chats.slice(0, 20).map(({ id }) => `/chats/${id}/messages`);
  const lunch = () => contoso.chats.find(({ name }) => name === "Lunch crew")!;
  const statusesOf = (answer: BatchResponseContent, ids: string[]) =>
    ids.map((id) => answer.getResponseById(id).status);

  it("brings each part's own answer", async () => {
    const asked = stage.tenant.say({ person: "Priya Raman", conversation: "Lunch crew", text: "Pizza?" });
    const path = `/chats/${lunch().id}/messages`;
    const answer = await send([part("one", `${path}/${asked.id}`), part("none", "/teams/none/channels")]);
    assert.deepEqual(statusesOf(answer, ["one", "none"]), [200, 404]);
    const one = (await answer.getResponseById("one").json()) as { id: string };
    assert.equal(one.id, asked.id);
    const { error } = (await answer.getResponseById("none").json()) as { error: { code: string } };
    assert.equal(error.code, "NotFound");
  });

  it("does in order what depends on another, and leaves what depends on a failure", async () => {
    const wish = {
      ...{ changeType: "created", resource: `/chats/${lunch().id}/messages` },
      notificationUrl: `${stage.bot.url}/api/notifications`,
      expirationDateTime: new Date(Date.now() + 50 * 60_000).toISOString(),
    };
    const write = {
      ...{ method: "POST", headers: { "content-type": "application/json" } },
      body: JSON.stringify(wish),
    };
    const answer = await send([
      part("make", "/subscriptions", [], write),
      part("make again", "/subscriptions", ["make"], write),
      part("list", "/subscriptions", ["make again"]),
    ]);
    assert.deepEqual(statusesOf(answer, ["make", "make again", "list"]), [201, 409, 424]);
    assert.equal(stage.tenant.subscriptions().length, 1);
  });

  it("holds each part to Graph's limits, and tells it when to come back", async () => {
    const [path = ""] = chats();
    const answer = await send([part("first", path), part("second", path)]);
    assert.deepEqual(statusesOf(answer, ["first", "second"]).toSorted(), [200, 429]);
    const late = ["first", "second"]
      .map((id) => answer.getResponseById(id))
      .find((one) => one.status === 429);
    assert.equal(late!.headers.get("retry-after"), "1");
  });

  it("takes twenty parts and no more, and none without a token", async () => {
    const requests = Array.from({ length: 21 }, (_, at) => ({
      ...{ id: String(at), method: "GET", url: "/subscriptions/none" },
    }));
    const twenty = (await client.api("/$batch").post({ requests: requests.slice(1) })) as BatchResponseBody;
    assert.equal(twenty.responses.length, 20);
    const tooMany = await readRefusal(client.api("/$batch").post({ requests }));
    assert.deepEqual([tooMany.statusCode, tooMany.code], [400, "BadRequest"]);
    assert.match(tooMany.message, /maximum value of 20/);
    const nobody = stage.createGraphClient(contoso.id, async () => "no-token");
    const refused = await readRefusal(nobody.api("/$batch").post({ requests: requests.slice(0, 1) }));
    assert.deepEqual([refused.statusCode, refused.code], [401, "InvalidAuthenticationToken"]);
  });
});
