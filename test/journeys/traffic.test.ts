/** People talk by themselves, and Earshot hears them as it hears anybody. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { listTrafficPlaces } from "../../src/emulator/traffic-places.ts";
import { planTraffic, type TrafficPost } from "../../src/emulator/traffic-plan.ts";
import type { PostedMessage } from "../../src/emulator/posted-message.ts";
import type { Channel, Chat } from "../../src/emulator/tenant-model.ts";
import { loadRuleBook } from "../../src/listener-file.ts";
import { PROJECT } from "./child-program.ts";
import { readText, setStage, type Stage } from "./stage.ts";

const SEED = 20_261_121;
const RULES = loadRuleBook(join(PROJECT, "listener.yaml"));

describe("traffic", function () {
  this.timeout(60_000);
  let stage: Stage;
  beforeEach(async () => {
    stage = await setStage();
    await stage.waitForSubscriptions(5);
  });
  afterEach(() => stage.strike());

  const readContoso = () => {
    const [contoso] = stage.tenant.organisations;
    assert.ok(contoso);
    return contoso;
  };
  /** Of shared and private channels Graph tells nothing; they are read once a minute. */
  const listToldAtOnce = (): (Channel | Chat)[] => {
    const { teams, chats } = readContoso();
    const channels = teams.flatMap((team) => team.channels);
    return [...channels.filter(({ kind }) => kind === "standard"), ...chats];
  };
  /** Each time that one was asked for and given, the same one twice as well. */
  const countReactions = ({ conversationId, id }: PostedMessage) =>
    stage.tenant.sends.filter(
      (send) =>
        send.kind === "react" &&
        send.isTaken &&
        send.activityId === id &&
        send.conversationId.startsWith(conversationId),
    ).length;

  it("of a minute, pressed into seconds, is handled whole: nothing lost, nothing answered twice", async () => {
    const { tenant } = stage;
    const request = { seed: SEED, perMinute: 90, minutes: 1 };
    const steps = planTraffic({ ...request, places: listTrafficPlaces(readContoso()), bot: tenant.bot });
    const startedAt = new Date().toISOString();

    const traffic = tenant.startTraffic({ ...request, timesFaster: 15 });
    assert.deepEqual(tenant.readTraffic(), traffic);
    assert.throws(() => tenant.startTraffic(), { name: "ApiFault", status: 409 });
    const counts = await tenant.whenTrafficEnds();
    assert.equal(tenant.readTraffic(), null);

    const count = (kind: string) => steps.filter((step) => step.kind === kind).length;
    assert.deepEqual(counts, {
      ...{ posted: 90, edited: count("edit"), deleted: count("delete"), reacted: count("react") },
      skipped: 0,
    });
    const places = listToldAtOnce();
    const planned = steps.filter(
      (step): step is TrafficPost => step.kind === "post" && places.some(({ id }) => id === step.placeId),
    );
    const read = () => places.flatMap(({ id }) => tenant.readMessages(id));
    const said = read().filter(({ sender, createdAt }) => !sender.isBot && createdAt >= startedAt);
    assert.equal(said.length, planned.length);
    assert.ok(said.length > 60);

    /** In a personal chat Bot Framework's word counts, which has an id of its own for it. */
    const readHeardId = ({ conversationId }: PostedMessage) => {
      const place = places.find(({ id }) => id === conversationId);
      return place && "botConversationId" in place ? place.botConversationId : conversationId;
    };
    const isDecided = (message: PostedMessage) =>
      stage.traces.some(
        (trace) =>
          trace.step === "decided" &&
          trace.change === undefined &&
          trace.message?.messageId === message.id &&
          trace.message.conversationId === readHeardId(message),
      );
    const living = said.filter(({ deletedAt }) => deletedAt === null);
    await stage.waitUntil("each message to be decided on", () => living.every(isDecided));
    const isPersonal = ({ conversationId }: PostedMessage) =>
      places.some((place) => place.id === conversationId && place.kind === "personal");
    const isAddressed = (message: PostedMessage) =>
      isPersonal(message) ||
      message.parts.some((part) => "mention" in part && part.mention.id === tenant.bot.id);
    const countOwed = (message: PostedMessage, kind: "reply" | "react") => {
      if (isAddressed(message)) return kind === "reply" ? 1 : 0;
      const actions = RULES.findRule(readText(message))?.then ?? [];
      return actions.filter((action) => action.kind.startsWith(kind)).length;
    };
    const sumReplies = (messages: readonly PostedMessage[] = []) =>
      messages.reduce((sum, message) => sum + countOwed(message, "reply"), 0);
    const nameThread = ({ conversationId, rootId, id }: PostedMessage) =>
      conversationId.endsWith("@thread.tacv2") ? `${conversationId} ${rootId ?? id}` : conversationId;
    const groupReplies = () =>
      Map.groupBy(
        read().filter(({ sender }) => sender.isBot),
        nameThread,
      );

    const owed = Map.groupBy(living, nameThread);
    await stage.waitUntil("each reply", () => {
      const given = groupReplies();
      return [...owed].every(([thread, own]) => (given.get(thread)?.length ?? 0) >= sumReplies(own));
    });
    await stage.waitUntil("each reaction", () =>
      living.every((message) => countReactions(message) >= countOwed(message, "react")),
    );
    // What was deleted may have been answered before.
    const gone = Map.groupBy(
      said.filter(({ deletedAt }) => deletedAt !== null),
      nameThread,
    );
    for (const [thread, given] of groupReplies()) {
      const most = sumReplies(owed.get(thread)) + (gone.get(thread)?.length ?? 0);
      assert.ok(given.length <= most, `${given.length} replies in ${thread}, owed are ${most}`);
    }
    for (const message of living) assert.equal(countReactions(message), countOwed(message, "react"));
    assert.ok(sumReplies(living) >= 5, "there was something to answer");
  });

  it("ends when it is told to, and begins anew", async () => {
    const { tenant } = stage;
    const first = tenant.startTraffic({ perMinute: 600, minutes: 10 });
    // Who talks has a clock of his own, which nobody moves.
    tenant.jumpClock(3_600_000);
    await stage.waitUntil("somebody to speak", () =>
      listToldAtOnce().some(({ id }) =>
        tenant.readMessages(id).some(({ createdAt }) => Date.parse(createdAt) > Date.now() - 60_000),
      ),
    );
    const counts = tenant.stopTraffic();
    assert.ok(counts.posted > 0 && counts.posted < 1_000);
    assert.deepEqual(await tenant.whenTrafficEnds(), counts);
    assert.equal(tenant.readTraffic(), null);
    assert.deepEqual(tenant.stopTraffic(), { posted: 0, edited: 0, deleted: 0, reacted: 0, skipped: 0 });
    const again = tenant.busyDay({ seed: first.seed });
    assert.deepEqual([again.seed, again.timesFaster, again.minutes], [first.seed, 15, 15]);
    tenant.stopTraffic();
  });

  it("asks for what it can do: an unknown organisation and too many messages are refused", () => {
    const { tenant } = stage;
    assert.throws(() => tenant.startTraffic({ organisation: "Fabrikam" }), { name: "ApiFault", status: 404 });
    assert.throws(() => tenant.startTraffic({ perMinute: 1_001, minutes: 100 }), { status: 400 });
    assert.equal(tenant.startTraffic({ organisation: "Contoso", perMinute: 1 }).perMinute, 1);
    tenant.stopTraffic();
  });

  it("goes on where somebody takes a place away meanwhile", async () => {
    const { tenant } = stage;
    const places = listTrafficPlaces(readContoso());
    const { outages, general } = Object.fromEntries(
      readContoso().teams[0]!.channels.map(({ name, id }) => [name.toLowerCase(), id]),
    );
    const posts = planTraffic({ seed: 7, perMinute: 300, minutes: 1, places, bot: tenant.bot }).filter(
      (step): step is TrafficPost => step.kind === "post",
    );
    const inOutages = posts.filter(({ placeId }) => placeId === outages).length;
    assert.ok(inOutages > 0 && general !== undefined);
    tenant.startTraffic({ seed: 7, perMinute: 300, minutes: 1, timesFaster: 60 });
    tenant.deleteChannel("Outages");
    const counts = await tenant.whenTrafficEnds();
    assert.equal(counts.posted, posts.length - inOutages);
    assert.ok(counts.skipped >= inOutages);
    stage.forgive();
  });
});
