import assert from "node:assert/strict";
import type { PostedMessage } from "../../src/emulator/posted-message.ts";
import { createControlClient, type ControlClient } from "./emulator-control-client.ts";
import { first } from "./emulator-fake-bot.ts";
import { startSubscriber, type Subscriber } from "./emulator-subscriber.ts";

const ASSISTED = ["ChannelMessage.Read.Group", "ChatMessage.Read.Chat"];

describe("emulated tenant: the control API", () => {
  let subscriber: Subscriber;
  let control: ControlClient;

  beforeEach(async () => {
    subscriber = await startSubscriber({ rscPermissions: ASSISTED });
    control = createControlClient(subscriber.tenant.url);
  });
  afterEach(() => subscriber.close());

  it("lets a person install the app, talk, and see what became of it", async () => {
    assert.equal(await control.run("install", { place: "Lunch crew" }), null);
    const said = (await control.run("say", {
      ...{ person: "Priya Raman", conversation: "Lunch crew" },
      parts: [{ text: "pizza or " }, { mention: { id: subscriber.tenant.bot.id, name: "Earshot" } }],
    })) as PostedMessage;
    assert.deepEqual(subscriber.tenant.readMessages("Lunch crew").at(-1), said);
    const heard = await subscriber.bot.take(({ json }) => json.id === said.id);
    assert.equal(heard.path, "/api/messages");
    const edited = (await control.run("edit", { message: said.key, text: "pasta" })) as PostedMessage;
    assert.deepEqual(edited.parts, [{ text: "pasta" }]);
    await control.run("react", { person: "Tomás Herrera", message: said.key, type: "like" });
    await control.run("remove", { message: said.key });
    const last = subscriber.tenant.readMessages("Lunch crew").at(-1);
    assert.deepEqual(
      await control.run("readMessages", { conversation: "Lunch crew" }),
      subscriber.tenant.readMessages("Lunch crew"),
    );
    assert.equal(last?.id, said.id);
  });

  it("shows the tenant as it is", async () => {
    const { tenant, places } = subscriber;
    const chat = `/chats/${places.chat("Lunch crew").id}/messages`;
    assert.equal((await subscriber.subscribe(chat, {}, "beta/subscriptions")).status, 403);
    await control.run("install", { place: "Lunch crew" });
    const made = await subscriber.subscribe(chat, {}, "beta/subscriptions");
    assert.equal(made.status, 201);
    const state = await control.state();
    assert.ok(Math.abs(Date.parse(state.now) - Date.now()) < 60_000);
    assert.deepEqual([state.seed, state.faults, state.faultCounts, state.traffic], [null, null, {}, null]);
    const contoso = first(state.organisations);
    assert.deepEqual(contoso.appRoles, ["Chat.Read.WhereInstalled", "AppCatalog.Read.All"]);
    assert.deepEqual(
      contoso.chats.filter(({ isInstalled }) => isInstalled).map(({ name }) => name),
      ["Lunch crew"],
    );
    assert.deepEqual(
      contoso.teams.map(({ id, name }) => ({ id, name })),
      places.contoso.teams.map(({ id, name }) => ({ id, name })),
    );
    assert.deepEqual(state.subscriptions, [
      { ...first(tenant.subscriptions()), organisationId: places.contoso.id, heldBack: null },
    ]);
    assert.equal(state.signing.form, "v1");
    const published = await fetch(`${tenant.url}/common/discovery/v2.0/keys`);
    const { keys } = (await published.json()) as { keys: { kid: string }[] };
    assert.deepEqual(
      state.signing.keys.entra,
      keys.map(({ kid }) => kid),
    );
    assert.ok(state.acts.includes("say") && state.acts.includes("sendLifecycle"));
  });

  it("makes trouble from now on, and no more of it", async () => {
    const faults = { seed: 7, graph: { outage: true } };
    assert.equal((await control.faults(faults)).status, 200);
    const state = await control.state();
    assert.deepEqual([state.seed, state.faults], [7, faults]);
    assert.equal((await subscriber.graph("GET", "v1.0/subscriptions")).status, 503);
    assert.deepEqual((await control.state()).faultCounts, { outage: 1 });
    assert.equal((await control.faults(null)).status, 200);
    assert.equal((await subscriber.graph("GET", "v1.0/subscriptions")).status, 200);
    assert.equal((await control.state()).faults, null);
  });

  it("refuses what it does not know, and names it", async () => {
    const { faults, act } = control;
    const table: [Promise<{ status: number; json: object }>, number, RegExp][] = [
      [faults({ seed: 1, sends: { throttle: 0.5, thottle: 1 } }), 400, /sends: .*"thottle"/],
      [faults({ seed: 1, deliveries: { duplicate: 2 } }), 400, /deliveries\.duplicate/],
      [faults({ sends: {} }), 400, /seed/],
      [faults({ seed: 1, grpah: {} }), 400, /"grpah"/],
      [act("instal", { place: "Lunch crew" }), 404, /"instal".* install, /],
      [act("toString"), 404, /"toString"/],
      [act("install", { place: 7 }), 400, /place/],
      [act("install", { place: "Lunch crew", more: 1 }), 400, /"more"/],
      [act("install", { place: "Nowhere" }), 404, /Nowhere/],
      [act("say", { person: "Priya Raman", conversation: "Lunch crew" }), 400, /text/],
      [act("sendLifecycle", { subscriptionId: "x", event: "gone" }), 400, /event/],
      [act("deliverAgain", { index: 0 }), 404, /delivery 0/],
      [control.call("POST", "/control/acts/install", "{", {}), 400, /JSON/],
      [act("forge", { kind: "genuin" }), 400, /kind/],
      [act("forge", { kind: "genuine" }), 409, /subscription/],
      [act("forge", { kind: "unsigned-activity" }), 409, /installed/],
      [act("jumpClock", { ms: -1 }), 400, /ms/],
      [act("moveBot", { url: "bot.example" }), 400, /url/],
    ];
    for (const [answering, status, said] of table) {
      const answer = await answering;
      assert.equal(answer.status, status, JSON.stringify(answer.json));
      assert.match(JSON.stringify(answer.json).replaceAll("\\", ""), said);
    }
    assert.deepEqual((await control.state()).faults, null);
    // The same with the faults mended.
    assert.equal((await faults({ seed: 1, sends: { throttle: 0.5 } })).status, 200);
    assert.equal((await faults({ seed: 1, deliveries: { duplicate: 1 } })).status, 200);
    assert.equal((await act("install", { place: "Lunch crew" })).status, 200);
    assert.equal((await control.call("POST", "/control/acts/installEverywhere", "", {})).status, 200);
  });

  it("is closed to foreign sites", async () => {
    const { call } = control;
    const port = new URL(subscriber.tenant.url).port;
    for (const [method, path, body] of [
      ["GET", "/control/state", ""],
      ["PUT", "/control/faults", "null"],
      ["POST", "/control/acts/installEverywhere", "{}"],
    ] as const) {
      const isWrite = method !== "GET";
      assert.equal((await call(method, path, body, { host: "evil.example" })).status, 403, path);
      assert.equal((await call(method, path, body, { host: `127.0.0.1.evil.example:${port}` })).status, 403);
      assert.equal(
        (await call(method, path, body, { "x-earshot-control": "0" })).status,
        isWrite ? 403 : 200,
      );
      assert.equal((await call(method, path, body, { host: `localhost:${port}` })).status, 200, path);
    }
    const preflight = await fetch(`${subscriber.tenant.url}/control/faults`, { method: "OPTIONS" });
    assert.equal(preflight.headers.get("access-control-allow-origin"), null);
    assert.ok(preflight.status >= 400);
  });
});
