/** botbuilder's TeamsInfo, as it is, against the tenant: members, teams, channels. */
import assert from "node:assert/strict";
import { TeamsInfo, type Activity, type TeamsChannelAccount } from "botbuilder";
import { createEdges } from "../../src/edges.ts";
import {
  startEmulatedTenant,
  type EmulatedTenant,
  type EmulatedTenantOptions,
} from "../../src/emulator/emulated-tenant.ts";
import { call, first, placesOf, requestToken, SILENT_LOG } from "./emulator-fake-bot.ts";
import { startTeamsBot, type TeamsBot } from "./emulator-teams-bot.ts";

interface Refused {
  readonly statusCode: number;
  readonly code: string;
}

describe("emulated tenant: botbuilder's TeamsInfo", () => {
  let bot: TeamsBot;
  let tenant: EmulatedTenant;
  let places: ReturnType<typeof placesOf>;

  async function start(options: Partial<EmulatedTenantOptions> = {}): Promise<void> {
    bot = await startTeamsBot();
    tenant = await startEmulatedTenant({
      ...{ edges: createEdges(SILENT_LOG), port: 0, botUrl: bot.url, tracesUrl: null },
      rscPermissions: ["ChannelMessage.Read.Group", "ChatMessage.Read.Chat"],
      ...options,
    });
    bot.moveInto(tenant);
    places = placesOf(tenant);
  }
  afterEach(async () => {
    await tenant.close();
    await bot.close();
  });

  async function hear(conversation: string): Promise<Activity> {
    const { id } = tenant.say({ person: "Priya Raman", conversation, text: "hello" });
    return bot.take((activity) => activity.id === id);
  }

  async function readRefusal(asking: Promise<unknown>): Promise<Refused> {
    try {
      await asking;
    } catch (error) {
      const { statusCode, code } = error as Refused;
      return { statusCode, code };
    }
    assert.fail("it was not refused");
  }

  it("reads a team, and its channels but the private ones", async () => {
    await start();
    await tenant.install("Help Desk");
    const heard = await hear("Outages");
    const general = places.channel("Help Desk", "General");
    const details = await bot.continue(heard, (context) => TeamsInfo.getTeamDetails(context));
    assert.deepEqual(
      { ...details, type: (details as { type?: string }).type },
      {
        ...{ id: general.id, name: "Help Desk", aadGroupId: places.team("Help Desk").id, type: "standard" },
        ...{ channelCount: 3, memberCount: places.contoso.people.length, tenantId: places.contoso.id },
      },
    );
    const channels = await bot.continue(heard, (context) => TeamsInfo.getTeamChannels(context));
    assert.deepEqual(
      channels.map(({ id, name }) => [id, name ?? null]),
      [
        [general.id, null],
        [places.channel("Help Desk", "Outages").id, "Outages"],
        [places.channel("Help Desk", "Vendors").id, "Vendors"],
      ],
    );
  });

  it("refuses a team where the bot is not, and what is no team", async () => {
    await start();
    await tenant.install("Help Desk");
    const heard = await hear("Outages");
    const ask = (teamId: string) =>
      readRefusal(bot.continue(heard, (context) => TeamsInfo.getTeamDetails(context, teamId)));
    const elsewhere = places.channel("Facilities", "General").id;
    assert.deepEqual(await ask(elsewhere), { statusCode: 403, code: "BotNotInConversationRoster" });
    const noTeam = { statusCode: 404, code: "ConversationNotFound" };
    assert.deepEqual(await ask(places.channel("Help Desk", "Outages").id), noTeam);
    assert.deepEqual(await ask(places.team("Help Desk").id), noTeam);
    assert.deepEqual(await ask("19:nowhere@thread.tacv2"), noTeam);
    await tenant.install("Facilities");
    const details = await bot.continue(heard, (context) => TeamsInfo.getTeamDetails(context, elsewhere));
    assert.equal(details.name, "Facilities");
  });

  it("reads one member by either id, and nobody who is not there", async () => {
    await start();
    await tenant.install("Lunch crew");
    const heard = await hear("Lunch crew");
    const read = (id: string) => bot.continue(heard, (context) => TeamsInfo.getMember(context, id));
    const member = await read(heard.from.id);
    assert.equal(member.aadObjectId, heard.from.aadObjectId);
    assert.deepEqual(
      [member.name, member.givenName, member.surname, member.email, member.userPrincipalName],
      ["Priya Raman", "Priya", "Raman", "priya.raman@contoso.example", "priya.raman@contoso.example"],
    );
    assert.equal((await read(heard.from.aadObjectId ?? "")).id, heard.from.id);
    const jonas = first(places.contoso.people.filter(({ name }) => name === "Jonas Okafor"));
    assert.deepEqual(await readRefusal(read(jonas.id)), {
      ...{ statusCode: 404, code: "MemberNotFoundInConversation" },
    });
    await tenant.addMember({ person: "Jonas Okafor", place: "Lunch crew" });
    assert.equal((await read(jonas.id)).name, "Jonas Okafor");
  });

  it("gives a team's members in pages of fifty at least, a chat's at once", async () => {
    await start({ bulk: { people: 118 } });
    await tenant.install("Help Desk");
    await tenant.install("Weekly stand-up");
    const team = await hear("Outages");
    const sizes: number[] = [];
    const all: TeamsChannelAccount[] = [];
    let continuationToken: string | undefined;
    do {
      const page = await bot.continue(team, (context) =>
        TeamsInfo.getPagedMembers(context, 10, continuationToken),
      );
      sizes.push(page.members.length);
      all.push(...page.members);
      continuationToken = page.continuationToken;
    } while (continuationToken);
    const everybody = places.contoso.people.map(({ id }) => id);
    assert.equal(everybody.length, 123);
    assert.deepEqual(sizes, [50, 50, 23]);
    assert.deepEqual(all.map((one) => one.aadObjectId).toSorted(), everybody.toSorted());
    const atOnce = await bot.continue(team, (context) => TeamsInfo.getPagedMembers(context));
    assert.deepEqual([atOnce.members.length, atOnce.continuationToken], [123, undefined]);
    const chat = await hear("Weekly stand-up");
    const ofChat = await bot.continue(chat, (context) => TeamsInfo.getPagedMembers(context, 50));
    assert.deepEqual([ofChat.members.length, ofChat.continuationToken], [123, undefined]);
    const scope = "https://api.botframework.com/.default";
    const { json } = await requestToken(tenant, tenant.bot.homeTenantId, { scope });
    const members = `${tenant.url}/amer/${places.contoso.id}/v3/conversations/${places.chat("Weekly stand-up").id}/pagedmembers`;
    const ask = async (query: string) =>
      (await call(`${members}?${query}`, "GET", String(json.access_token))).status;
    assert.deepEqual([await ask("pageSize=x"), await ask("continuationToken=zzz")], [400, 400]);
    assert.deepEqual([await ask("pageSize=1"), await ask("continuationToken=")], [200, 200]);
  });

  it("takes a token of a page for the conversation that it was given for alone", async () => {
    await start({ bulk: { people: 118 } });
    await tenant.install("Help Desk");
    await tenant.install("Facilities");
    const here = await hear("Outages");
    const there = await hear("Building A");
    const page = await bot.continue(here, (context) => TeamsInfo.getPagedMembers(context, 50));
    const next = (from: Activity, token: string) =>
      bot.continue(from, (context) => TeamsInfo.getPagedMembers(context, 50, token));
    const token = page.continuationToken ?? "";
    const bad = { statusCode: 400, code: "BadSyntax" };
    assert.deepEqual(await readRefusal(next(there, token)), bad);
    assert.deepEqual(await readRefusal(next(here, "nonsense")), bad);
    assert.deepEqual(await readRefusal(next(here, token.slice(0, -2))), bad);
    assert.equal((await next(here, token)).members.length, 50);
  });

  it("posts into another channel of the team, and not into one where the bot is not", async () => {
    await start();
    await tenant.install("Help Desk");
    const heard = await hear("Outages");
    const post = (channelId: string) =>
      bot.continue(heard, (context) =>
        TeamsInfo.sendMessageToTeamsChannel(
          context,
          { type: "message", text: "from afar" } as Activity,
          channelId,
          tenant.bot.id,
        ),
      );
    const vendors = places.channel("Help Desk", "Vendors");
    const [reference] = await post(vendors.id);
    const said = tenant.readMessages("Vendors").at(-1);
    assert.equal(reference.conversation.id, `${vendors.id};messageid=${said?.id}`);
    assert.deepEqual([said?.rootId, said?.sender.id], [null, tenant.bot.id]);
    assert.deepEqual(said?.parts, [{ text: "from afar" }]);
    assert.deepEqual(await readRefusal(post(places.channel("Help Desk", "Leads").id)), {
      ...{ statusCode: 403, code: "BotNotInConversationRoster" },
    });
    assert.deepEqual(await readRefusal(post("19:nowhere@thread.tacv2")), {
      ...{ statusCode: 404, code: "ConversationNotFound" },
    });
  });

  it("keeps Teams' limits on asking: all members at once 5 in a minute, pages 14 in a second", async () => {
    let nowMs = Date.now();
    await start({ edges: { ...createEdges(SILENT_LOG), now: () => nowMs } });
    await tenant.install("Help Desk");
    const { json } = await requestToken(tenant, tenant.bot.homeTenantId, {
      scope: "https://api.botframework.com/.default",
    });
    const base = `${tenant.url}/amer/${places.contoso.id}/v3/conversations`;
    const ask = async (times: number, path: string) => {
      const url = `${base}/${encodeURIComponent(places.channel("Help Desk", "General").id)}/${path}`;
      const answers = [];
      for (let time = 0; time < times; time += 1) {
        answers.push(await call(url, "GET", String(json.access_token)));
      }
      return answers;
    };
    const allowed = (amount: number) => Array.from({ length: amount }, () => 200);
    const members = await ask(6, "members");
    assert.deepEqual(
      members.map(({ status }) => status),
      [...allowed(5), 429],
    );
    assert.equal(members.at(-1)?.retryAfter, "60");
    assert.deepEqual(members.at(-1)?.json, { error: { code: "Throttled", message: "Too many requests." } });
    const pages = await ask(15, "pagedmembers");
    assert.deepEqual(
      pages.map(({ status }) => status),
      [...allowed(14), 429],
    );
    assert.equal(pages.at(-1)?.retryAfter, "1");
    nowMs += 60_000;
    assert.equal(first(await ask(1, "members")).status, 200);
  });
});
