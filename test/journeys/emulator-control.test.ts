import assert from "node:assert/strict";
import { request as openRequest } from "node:http";
import { createEdges } from "../../src/edges.ts";
import type { PostedMessage } from "../../src/emulator/posted-message.ts";
import { createControlClient, type ControlClient } from "./emulator-control-client.ts";
import { first, SILENT_LOG } from "./emulator-fake-bot.ts";
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
      [act("say", { conversation: "Lunch crew", text: "x" }), 400, /person is missing/],
      [act("consent", { organisation: "Contoso", role: "Frob" }), 400, /role .*Chat\.Read\.All/],
      [act("withdrawConsent", { organisation: "Contoso", role: "Frob" }), 400, /role .*Chat\.Read\.All/],
      [act("withdrawConsent", { organisation: "Contoso", role: "Chat.Read.All" }), 409, /Chat\.Read\.All/],
      [act("withdrawGrant", { place: "Help Desk", permission: "Frob" }), 400, /ChannelMessage\.Read\.Group/],
      [act("restoreGrant", { place: "Help Desk", permission: "Frob" }), 400, /ChannelMessage\.Read\.Group/],
      [act("upgrade", { place: "Help Desk", rscPermissions: ["Frob"] }), 400, /rscPermissions\.0 .*\.Group/],
      [act("addChannel", { team: "Help Desk", name: "outages" }), 409, /"Help Desk" .*"outages"/],
      [act("renameChannel", { channel: "Outages", name: "General" }), 409, /"General"/],
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
    const granted = { place: "Help Desk", permission: "ChannelMessage.Read.Group" };
    assert.equal((await act("withdrawGrant", granted)).status, 200);
    assert.equal((await act("withdrawGrant", granted)).status, 409, "it is not held any more");
    assert.equal((await act("restoreGrant", granted)).status, 200);
    const manifest = { place: "Help Desk", rscPermissions: [granted.permission, "TeamsTab.Read.Group"] };
    assert.equal((await act("upgrade", manifest)).status, 200);
    const consented = { organisation: "Contoso", role: "Chat.Read.All" };
    assert.equal((await act("consent", consented)).status, 200);
    assert.equal((await act("withdrawConsent", consented)).status, 200);
    assert.equal((await act("addChannel", { team: "Facilities", name: "Outages" })).status, 200);
    assert.equal((await act("renameChannel", { channel: "Help Desk/Outages", name: "outages" })).status, 200);
    assert.equal((await act("deleteChannel", { channel: "Help Desk/outages" })).status, 200);
    assert.equal((await act("addChannel", { team: "Help Desk", name: "Outages" })).status, 200);
    assert.equal(
      (await act("restoreChannel", { channel: "Help Desk/outages" })).status,
      409,
      "one has its name",
    );
    assert.equal((await act("renameChannel", { channel: "Help Desk/Outages", name: "Later" })).status, 200);
    assert.equal((await act("restoreChannel", { channel: "Help Desk/outages" })).status, 200);
  });

  it("outlives whatever is posted to it", async () => {
    const { call } = control;
    const deep = `${"[".repeat(60_000)}${"]".repeat(60_000)}`;
    const url = `${subscriber.bot.url}/api/notifications`;
    const item = (more: string) => `{"to":"${url}","payload":{"value":[{"subscriptionId":"x","a":${more}}]}}`;
    const say = (more: string) =>
      `{"person":"Priya Raman","conversation":"Lunch crew","text":"x","attachments":[{"card":{"a":${more}}}]}`;
    for (const [act, form] of [
      ["replay", item],
      ["say", say],
    ] as const) {
      const post = (more: string) => call("POST", `/control/acts/${act}`, form(more), {});
      const refused = await post(deep);
      assert.deepEqual(
        [refused.status, refused.json.error?.message],
        [400, "The body is nested more than 200 deep."],
      );
      assert.equal((await post("[[]]")).status, 200, act);
    }
  });

  it("makes no noise of who goes away in the midst of a body", async () => {
    await subscriber.close();
    const noted: [level: string, text: string][] = [];
    const wentAway = Promise.withResolvers<void>();
    const note = (level: string) => (_fields: object, text: string) => {
      noted.push([level, text]);
      if (text.includes("went away")) wentAway.resolve();
    };
    const log = { ...SILENT_LOG, debug: note("debug"), error: note("error") };
    subscriber = await startSubscriber({ edges: createEdges(log) });
    const sent = openRequest(`${subscriber.tenant.url}/control/acts/say`, {
      ...{ method: "POST", headers: { "content-length": "1000" } },
    });
    sent.on("error", () => undefined);
    sent.write("{", () => sent.destroy());
    await wentAway.promise;
    assert.deepEqual(noted, [["debug", "emulated tenant: the caller went away"]]);
    control = createControlClient(subscriber.tenant.url);
    assert.equal((await control.act("installEverywhere")).status, 200);
  });

  it("reads no body without end, says so, and hangs up", async () => {
    const { url } = subscriber.tenant;
    const send = async (bytes: number) => {
      const response = await fetch(`${url}/control/acts/stopTraffic`, {
        ...{ method: "POST", headers: { "x-earshot-control": "1" } },
        body: Buffer.alloc(bytes, " "),
      });
      await response.arrayBuffer();
      return [response.status, response.headers.get("connection")];
    };
    assert.deepEqual(await send(4_000_001), [413, "close"]);
    assert.deepEqual(await send(4_000_000), [400, "keep-alive"]);
  });

  it("is closed to foreign sites", async () => {
    const { call } = control;
    const port = new URL(subscriber.tenant.url).port;
    for (const host of ["evil.example@127.0.0.1", "127.0.0.1:1@127.0.0.1", "127.0.0.1?"]) {
      assert.equal((await call("GET", "/control/state", "", { host })).status, 403, host);
    }
    for (const host of [`127.0.0.1:${port}`, "LOCALHOST", "[::1]:80"]) {
      assert.equal((await call("GET", "/control/state", "", { host })).status, 200, host);
    }
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
