/** What `messages/delta` and expanded replies owe to whoever reads page by page while people go on talking. */
import assert from "node:assert/strict";
import { createEdges } from "../../src/edges.ts";
import { startEmulatedTenant, type EmulatedTenant } from "../../src/emulator/emulated-tenant.ts";
import type { PostedMessage } from "../../src/emulator/posted-message.ts";
import { openGraph, placesOf, SILENT_LOG, type Caller } from "./emulator-fake-bot.ts";

const MIRA = "Mira Lindqvist";

interface Message {
  readonly id: string;
  readonly lastModifiedDateTime: string;
  readonly deletedDateTime: string | null;
  readonly replies?: readonly Message[];
  readonly "replies@odata.nextLink"?: string;
}

describe("emulated tenant: reading page by page", () => {
  let tenant: EmulatedTenant;
  let graph: Caller;
  let now: number;

  beforeEach(async () => {
    now = Date.now();
    tenant = await startEmulatedTenant({
      edges: { ...createEdges(SILENT_LOG), now: () => now },
      ...{ port: 0, botUrl: "http://127.0.0.1:9", tracesUrl: null, rscPermissions: [] },
      ...{ graphLimits: false, consentedAppRoles: ["ChannelMessage.Read.All"] },
    });
    graph = await openGraph(tenant, placesOf(tenant).contoso.id);
  });
  afterEach(() => tenant.close());

  const messagesOf = (channel: string) => {
    const { team, channel: find } = placesOf(tenant);
    return `/teams/${team("Help Desk").id}/channels/${find("Help Desk", channel).id}/messages`;
  };
  const read = async (link: string) => {
    const { status, json } = await graph("GET", link.replace(`${tenant.url}/v1.0`, ""));
    assert.equal(status, 200);
    return {
      value: json.value as Message[],
      next: json["@odata.nextLink"] as string | undefined,
      delta: json["@odata.deltaLink"] as string | undefined,
    };
  };
  /** All pages; `between` happens after each. */
  const readAll = async (link: string, between: () => void = () => undefined) => {
    const messages: Message[] = [];
    let page = await read(link);
    for (;;) {
      messages.push(...page.value);
      between();
      if (!page.next) return { messages, delta: page.delta };
      page = await read(page.next);
    }
  };
  const say = (text: string, inThreadOf?: PostedMessage, channel = "Outages") => {
    const said = tenant.say({
      person: MIRA,
      conversation: channel,
      text,
      ...(inThreadOf ? { inThreadOf } : {}),
    });
    now += 1_000;
    return said;
  };
  const since = (atMs: number) => `$filter=lastModifiedDateTime gt ${new Date(atMs).toISOString()}`;

  it("leaves nothing out where what was read already is changed between two pages", async () => {
    const from = now;
    now += 1_000;
    const said = Array.from({ length: 7 }, (_, index) => say(`Line ${index}.`));
    let edited = 0;
    const { messages, delta } = await readAll(`${messagesOf("Outages")}/delta?$top=2&${since(from)}`, () => {
      tenant.edit(said[edited]!, { text: "Edited." });
      edited += 1;
      now += 1_000;
    });
    assert.deepEqual(
      messages.map(({ id }) => id),
      said.map(({ id }) => id),
    );
    const again = await readAll(delta!);
    assert.deepEqual(
      again.messages.map(({ id }) => id),
      said.slice(0, edited).map(({ id }) => id),
    );
    assert.deepEqual((await readAll(again.delta!)).messages, []);
  });

  it("tells what is changed before it was read once: now or the next time", async () => {
    const from = now;
    now += 1_000;
    const said = Array.from({ length: 4 }, (_, index) => say(`Line ${index}.`));
    let isFirst = true;
    const { messages, delta } = await readAll(`${messagesOf("Outages")}/delta?$top=2&${since(from)}`, () => {
      if (isFirst) tenant.remove(said[3]!);
      isFirst = false;
      now += 1_000;
    });
    const later = (await readAll(delta!)).messages;
    assert.deepEqual(
      [...messages, ...later].map(({ id }) => id),
      said.map(({ id }) => id),
    );
    assert.ok(later[0]?.deletedDateTime);
  });

  it("brings an old root again for the sake of a new reply, with that reply alone", async () => {
    const root = say("Root.");
    const old = say("Old.", root);
    const { delta, messages } = await readAll(`${messagesOf("Outages")}/delta?$expand=replies`);
    const first = messages.find(({ id }) => id === root.id);
    assert.deepEqual(
      first?.replies?.map(({ id }) => id),
      [old.id],
    );
    const fresh = say("New.", root);
    const again = (await readAll(delta!)).messages;
    assert.deepEqual(
      again.map(({ id, replies }) => [id, replies?.map((reply) => reply.id)]),
      [[root.id, [fresh.id]]],
    );
    assert.equal(again[0]?.lastModifiedDateTime, first?.lastModifiedDateTime, "the root itself is as it was");
  });

  it("sends a thousand replies along, and where the rest is", async () => {
    const from = now;
    now += 1_000;
    const root = say("Root.");
    const replies = Array.from({ length: 1_003 }, (_, index) => say(`Reply ${index}.`, root));
    const newestFirst = replies.map(({ id }) => id).toReversed();
    for (const path of ["?$expand=replies", `/delta?$expand=replies&${since(from)}`]) {
      const { messages } = await readAll(messagesOf("Outages") + path);
      const thread = messages.find(({ id }) => id === root.id);
      const [along, link] = [thread?.replies ?? [], thread?.["replies@odata.nextLink"]];
      assert.equal(along.length, 1_000, path);
      assert.ok(link, path);
      const rest = await readAll(link);
      assert.deepEqual(
        [...along, ...rest.messages].map(({ id }) => id),
        newestFirst,
      );
    }
  });

  it("reads shared channels like any other, and a private one by a role of its own", async () => {
    for (const channel of ["Vendors", "Leads"]) {
      assert.equal((await read(`${messagesOf(channel)}/delta`)).value.length, 1);
    }
    const granted = await startEmulatedTenant({
      ...{ edges: createEdges(SILENT_LOG), port: 0, botUrl: "http://127.0.0.1:9", tracesUrl: null },
      ...{ rscPermissions: ["ChannelMessage.Read.Group"], consentedAppRoles: [], graphLimits: false },
    });
    try {
      void granted.install("Help Desk");
      const caller = await openGraph(granted, placesOf(granted).contoso.id);
      const statuses = [];
      for (const channel of ["Outages", "Vendors", "Leads"]) {
        statuses.push((await caller("GET", `${messagesOf(channel)}/delta`)).status);
      }
      assert.deepEqual(statuses, [200, 200, 403]);
    } finally {
      await granted.close();
    }
  });
});
