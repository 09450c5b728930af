/** Several calls to Graph in one POST. */
import assert from "node:assert/strict";
import { drawPicture } from "../../src/emulator/encode-png.ts";
import type { EmulatedTenantOptions } from "../../src/emulator/emulated-tenant.ts";
import { call, type Answer } from "./emulator-fake-bot.ts";
import { startSubscriber, type Subscriber } from "./emulator-subscriber.ts";

const MIRA = "Mira Lindqvist";
const JSON_TYPE = { "Content-Type": "application/json" };

interface Step {
  readonly id: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Record<string, unknown> | string;
}

describe("emulated tenant: $batch", () => {
  let subscriber: Subscriber;

  async function start(options: Partial<EmulatedTenantOptions> = {}): Promise<void> {
    subscriber = await startSubscriber({
      ...{ consentedAppRoles: ["Chat.Read.All", "AppCatalog.Read.All"], ...options },
    });
  }
  afterEach(() => subscriber.close());

  const post = (requests: readonly object[], version = "v1.0"): Promise<Answer> =>
    subscriber.graph("POST", `${version}/$batch`, { requests });
  async function ask(requests: readonly object[], version?: string): Promise<readonly Step[]> {
    const { status, json } = await post(requests, version);
    assert.equal(status, 200);
    return json.responses as Step[];
  }
  const get = (id: string, url: string, more: object = {}) => ({ id, method: "GET", url, ...more });
  const lunch = () => `/chats/${subscriber.places.chat("Lunch crew").id}/messages`;
  const outages = () => {
    const { team, channel } = subscriber.places;
    return `/teams/${team("Help Desk").id}/channels/${channel("Help Desk", "Outages").id}/messages`;
  };

  it("answers each by itself, with its own status", async () => {
    await start();
    const { tenant } = subscriber;
    const said = tenant.say({ person: MIRA, conversation: "Lunch crew", text: "one" });
    const answers = await ask([
      get("read", `${lunch()}?$top=1`),
      get("one", `${encodeURI(lunch())}/${said.id}`.slice(1)),
      get("forbidden", outages()),
      get("gone", `${lunch()}/1`),
      get("absent", "/me/drive"),
      get("catalog", `/appCatalogs/teamsApps?$filter=externalId eq '${tenant.bot.teamsAppId}'`),
      { ...get("again", "/subscriptions/none/reauthorize"), method: "POST" },
    ]);
    assert.deepEqual(
      answers.map(({ id, status }) => [id, status]),
      [
        ["read", 200],
        ["one", 200],
        ["forbidden", 403],
        ["gone", 404],
        ["absent", 501],
        ["catalog", 200],
        ["again", 404],
      ],
    );
    const bodies = answers.map(({ body }) => body as Record<string, unknown>);
    const alone = await subscriber.graph("GET", `v1.0${lunch()}?$top=1`);
    assert.deepEqual(bodies[0], alone.json, "as it would be alone");
    assert.equal(bodies[1]?.id, said.id);
    assert.equal((bodies[2]?.error as { code: string }).code, "Forbidden");
    assert.equal(answers[0]?.headers["Content-Type"], "application/json");
  });

  it("makes, changes and ends, in the order that was asked for", async () => {
    await start();
    const subscription = {
      ...{ changeType: "created", resource: lunch(), clientState: "secret" },
      notificationUrl: `${subscriber.bot.url}/api/notifications`,
      expirationDateTime: new Date(Date.now() + 50 * 60_000).toISOString(),
    };
    const [made, list] = await ask([
      { id: "make", method: "POST", url: "/subscriptions", headers: JSON_TYPE, body: subscription },
      get("list", "/subscriptions", { dependsOn: ["make"] }),
    ]);
    assert.equal(made?.status, 201);
    const { id } = made.body as { id: string };
    const listed = (list?.body as { value: { id: string }[] }).value;
    assert.deepEqual(
      listed.map((one) => one.id),
      [id],
    );
    const [ended, after] = await ask([
      { id: "1", method: "DELETE", url: `/subscriptions/${id}` },
      get("2", `/subscriptions/${id}`, { dependsOn: ["1"] }),
    ]);
    assert.deepEqual([ended?.status, ended && "body" in ended, after?.status], [204, false, 404]);
  });

  it("leaves undone what depends on what failed", async () => {
    await start();
    const { tenant } = subscriber;
    const answers = await ask([
      get("1", `${lunch()}/1`),
      get("2", lunch(), { dependsOn: ["1"] }),
      get("3", lunch(), { dependsOn: ["2"] }),
      get("4", lunch()),
    ]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [404, 424, 424, 200],
    );
    const asked = tenant.calls.filter(({ path }) => path.endsWith("/messages"));
    assert.equal(asked.length, 1, "what was left undone was not called");
  });

  it("counts each as a call of its own, against the limits too", async () => {
    await start({ graphLimits: true });
    const { tenant } = subscriber;
    const answers = await ask([get("1", lunch()), get("2", lunch()), get("3", "/subscriptions")]);
    // They are asked at once, and whichever comes first is taken.
    const ofChat = answers.slice(0, 2).toSorted((a, b) => a.status - b.status);
    assert.deepEqual(
      [...ofChat, answers[2]].map((answer) => answer?.status),
      [200, 429, 200],
      "one second, one chat, one call",
    );
    assert.equal(ofChat[1]?.headers["Retry-After"], "1");
    const calls = tenant.calls.map(
      ({ method, path, status }) => `${method} ${path.split("/").at(-1)} ${status}`,
    );
    assert.deepEqual(calls.toSorted(), [
      ...["GET messages 200", "GET messages 429", "GET subscriptions 200", "POST $batch 200"],
    ]);
  });

  it("brings bytes as base64", async () => {
    await start();
    const picture = { alt: "a map", widthPx: 16, heightPx: 16 };
    const said = subscriber.tenant.say({
      ...{ person: MIRA, conversation: "Lunch crew", text: "", images: [picture] },
    });
    const path = `${lunch()}/${said.id}/hostedContents`;
    const { json } = await subscriber.graph("GET", `v1.0${path}`);
    const [content] = json.value as { id: string }[];
    const [answer] = await ask([get("1", `${path}/${content?.id}/$value`)]);
    assert.deepEqual([answer?.status, answer?.headers["Content-Type"]], [200, "image/png"]);
    assert.deepEqual(Buffer.from(answer?.body as string, "base64"), drawPicture(picture.alt, picture));
  });

  it("is of one version", async () => {
    await start({ rscPermissions: ["ChatMessage.Read.Chat"], consentedAppRoles: [] });
    await subscriber.tenant.install("Lunch crew");
    const said = subscriber.tenant.say({ person: MIRA, conversation: "Lunch crew", text: "x" });
    const path = `${lunch()}/${said.id}/hostedContents`;
    assert.equal((await ask([get("1", path)], "v1.0"))[0]?.status, 403);
    assert.equal((await ask([get("1", path)], "beta"))[0]?.status, 200);
  });

  it("suffers what the calls in it suffer", async () => {
    await start();
    subscriber.tenant.setFaults({ seed: 1, graph: { messages: { cutCall: 1 } } });
    const answers = await ask([get("1", lunch()), get("2", "/subscriptions")]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [504, 200],
    );
    subscriber.tenant.setFaults({ seed: 1, graph: { outage: true } });
    const [first] = await ask([get("1", lunch())]);
    assert.equal(first?.status, 503);
  });

  it("is refused as a whole where it is malformed or has no token", async () => {
    await start();
    const twenty = Array.from({ length: 20 }, (_, index) => get(String(index), "/subscriptions"));
    assert.equal((await ask(twenty)).length, 20);
    const tooMany = await post([...twenty, get("20", "/subscriptions")]);
    assert.equal(tooMany.status, 400);
    assert.match((tooMany.json.error as { message: string }).message, /maximum value of 20/);
    const url = `${subscriber.tenant.url}/v1.0/$batch`;
    assert.equal((await call(url, "POST", "", { requests: twenty })).status, 401);
    const bearer = { authorization: "Bearer another" };
    const [answer] = await ask([get("1", lunch(), { headers: bearer })]);
    assert.equal(answer?.status, 200, "the token is the batch's");
  });
});
