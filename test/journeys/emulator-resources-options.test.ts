/** Query options: what Graph takes, what it refuses, and what it passes over. */
import assert from "node:assert/strict";
import { startSubscriber, type Subscriber } from "./emulator-subscriber.ts";

const MIRA = "Mira Lindqvist";
const SOME_DAY = "2026-01-01T00:00:00Z";

describe("emulated tenant: query options", () => {
  let subscriber: Subscriber;
  let rootId: string;

  before(async () => {
    subscriber = await startSubscriber({ consentedAppRoles: ["Chat.Read.All", "ChannelMessage.Read.All"] });
    rootId = subscriber.tenant.say({ person: MIRA, conversation: "Outages", text: "root" }).id;
  });
  after(() => subscriber.close());

  const paths = {
    channel: () => {
      const { team, channel } = subscriber.places;
      return `teams/${team("Help Desk").id}/channels/${channel("Help Desk", "Outages").id}/messages`;
    },
    replies: () => `${paths.channel()}/${rootId}/replies`,
    one: () => `${paths.channel()}/${rootId}`,
    delta: () => `${paths.channel()}/delta`,
    chat: () => `chats/${subscriber.places.chat("Lunch crew").id}/messages`,
  };
  const last = "lastModifiedDateTime";
  const made = "createdDateTime";

  const TABLE: Readonly<Record<keyof typeof paths, Readonly<Record<string, number>>>> = {
    channel: {
      ...{ "": 200, "$top=1": 200, "$top=50": 200, "$expand=replies": 200, "$top=1&$expand=replies": 200 },
      ...{ "$top=0": 400, "$top=51": 400, "$top=many": 400, "$top=-1": 400, "$top=1.5": 400, "$top=": 400 },
      ...{ [`$filter=${last} gt ${SOME_DAY}`]: 400, [`$orderby=${last} desc`]: 400, "$search=root": 400 },
      ...{ "$skip=1": 400, "$count=true": 400, "$format=json": 400, "$nonsense=1": 400 },
      ...{ "$select=id": 501, "$expand=hostedContents": 501 },
      ...{ "nonsense=1": 200, "model=A": 200, "nonsense=1&nonsense=2": 200 },
      ...{ "$top=1&$top=2": 400, "top=1&$top=1": 400, "$nonsense=1&$nonsense=2": 400 },
      ...{ "top=1": 200, "top=0": 400, "expand=replies": 200, "select=id": 501, "search=root": 400 },
    },
    replies: {
      "": 200,
      "$top=50": 200,
      "$top=51": 400,
      "$expand=replies": 400,
      "$filter=x": 400,
      "$select=id": 501,
    },
    one: { "": 200, "$top=1": 400, "$expand=replies": 400, "$select=id": 501 },
    delta: {
      ...{ "": 200, "$top=50": 200, "$expand=replies": 200, [`$filter=${last} gt ${SOME_DAY}`]: 200 },
      ...{ "$top=51": 400, [`$filter=${last} lt ${SOME_DAY}`]: 400, [`$filter=${made} gt ${SOME_DAY}`]: 400 },
      ...{ [`$filter=${last} gt 2026-01-01T00:00:00`]: 400 },
      ...{ [`$orderby=${last} desc`]: 400, "$search=root": 400, "$select=id": 501 },
    },
    chat: {
      ...{ "": 200, "$top=50": 200, "$top=51": 400 },
      ...{ [`$orderby=${last} desc`]: 200, [`$orderby=${made} desc`]: 200 },
      ...{ [`$orderby=${last}`]: 400, [`$orderby=${last} asc`]: 400, "$orderby=from desc": 400 },
      ...{ [`$filter=${last} gt ${SOME_DAY}`]: 200, [`$filter=${made} lt ${SOME_DAY}`]: 200 },
      ...{ [`$filter=${last} gt ${SOME_DAY} and ${last} lt ${SOME_DAY}`]: 200 },
      ...{ [`$filter=${made} gt ${SOME_DAY}`]: 400, [`$filter=${last} ge ${SOME_DAY}`]: 400 },
      ...{ "$filter=from eq 'x'": 400, [`$filter=${last} gt yesterday`]: 400 },
      ...{ [`$filter=${last} gt 2026-01-01T00:00:00`]: 400, [`$filter=${last} gt 2026-01-01`]: 400 },
      ...{ [`$filter=${last} gt 2026-01-01T02:00:00%2B02:00`]: 200 },
      ...{ "$expand=replies": 400, "$search=x": 400, "$skip=1": 400, "$select=id": 501 },
    },
  };
  for (const [name, options] of Object.entries(TABLE)) {
    it(`of ${name}`, async () => {
      const path = paths[name as keyof typeof paths]();
      const got: Record<string, number> = {};
      for (const query of Object.keys(options)) {
        const { status, json } = await subscriber.graph("GET", `v1.0/${path}?${query}`);
        got[query] = status;
        const { error } = json as { error?: { code: string } };
        assert.equal(error?.code, { 200: undefined, 400: "BadRequest", 501: "NotEmulated" }[status]);
      }
      assert.deepEqual(got, options);
    });
  }

  it("means the same without its dollar", async () => {
    subscriber.tenant.say({ person: MIRA, conversation: "Lunch crew", text: "one more" });
    for (const query of ["$top=1", "top=1"]) {
      const { json } = await subscriber.graph("GET", `v1.0/${paths.chat()}?${query}`);
      assert.equal((json.value as object[]).length, 1, query);
      assert.match(String(json["@odata.nextLink"]), /\?\$top=1&\$skiptoken=/);
    }
  });

  it("goes on where its own token says, by the path that it is for, and by no other token", async () => {
    const { tenant, places, graph } = subscriber;
    for (const conversation of ["Lunch crew", "Outages"]) {
      tenant.say({ person: MIRA, conversation, text: "one more" });
      tenant.say({ person: MIRA, conversation, text: "and one" });
    }
    const first = await graph("GET", `v1.0/${paths.chat()}?$top=1`);
    const link = new URL(String(first.json["@odata.nextLink"]));
    const second = await graph("GET", `${link.pathname.slice(1)}${link.search}`);
    assert.equal(second.status, 200);
    assert.notDeepEqual(second.json.value, first.json.value);
    const token = link.searchParams.get("$skiptoken") ?? "";
    const ask = async (path: string, skip: string) =>
      (await graph("GET", `v1.0/${path}?$top=1&$skiptoken=${skip}`)).status;
    assert.equal(await ask(paths.chat(), token), 200);
    const key = encodeURIComponent(places.chat("Lunch crew").id);
    assert.equal(await ask(`chats('${key}')/messages`, token), 200, "spelled otherwise");
    assert.equal(await ask(paths.channel(), token), 400, "another place");
    for (const text of [
      "-2",
      "",
      "1e0",
      " 1 ",
      "0x1",
      "1",
      `["x",1]`,
      `[null,-1]`,
      `[null,1.5]`,
      `[null,01]`,
    ]) {
      assert.equal(await ask(paths.chat(), Buffer.from(text).toString("base64url")), 400, text);
    }
    assert.equal(await ask(paths.chat(), `${token}!`), 400);
  });

  it("of a subscription there are none; beta reads keys in parentheses as v1.0 does", async () => {
    const made = await subscriber.subscribe(`/${paths.chat()}`);
    assert.equal(made.status, 201);
    const id = String(made.json.id);
    for (const version of ["v1.0", "beta"]) {
      const get = async (path: string) => (await subscriber.graph("GET", `${version}/${path}`)).status;
      assert.equal(await get(`subscriptions/${id}?$select=id`), 501);
      assert.equal(await get(`subscriptions/${id}?$top=1`), 501);
      assert.equal(await get(`subscriptions/${id}?$nonsense=1`), 400);
      assert.equal(await get(`subscriptions/${id}?model=A`), 200);
      assert.equal(await get(`subscriptions('${id}')`), 200);
      assert.equal(await get(`subscriptions('none')`), 404);
    }
  });

  it("filters a chat only where the order is by the same property", async () => {
    const { tenant } = subscriber;
    const said = tenant.say({ person: MIRA, conversation: "Lunch crew", text: "new" });
    const all = tenant.readMessages("Lunch crew").length;
    const count = async (query: string) => {
      const { json } = await subscriber.graph("GET", `v1.0/${paths.chat()}?${query}`);
      return (json.value as object[]).length;
    };
    const before = new Date(Date.parse(said.createdAt) - 1).toISOString();
    const [newer, older] = [`$filter=${last} gt ${before}`, `$filter=${made} lt ${said.createdAt}`];
    assert.deepEqual(
      [await count(`${newer}&$orderby=${last} desc`), await count(`${older}&$orderby=${made} desc`)],
      [1, all - 1],
    );
    for (const ignored of [
      newer,
      older,
      `${newer}&$orderby=${made} desc`,
      `${older}&$orderby=${last} desc`,
    ]) {
      assert.equal(await count(ignored), all, ignored);
    }
  });
});
