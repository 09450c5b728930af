/** Trouble with what the bot says, over real HTTP: what was asked, what was answered, and what stands there then. */
import assert from "node:assert/strict";
import { createEdges } from "../../src/edges.ts";
import {
  startEmulatedTenant,
  type EmulatedTenant,
  type EmulatedTenantOptions,
} from "../../src/emulator/emulated-tenant.ts";
import type { FaultName, Faults } from "../../src/emulator/faults.ts";
import type { PostedMessage } from "../../src/emulator/posted-message.ts";
import { placesOf, requestToken, SILENT_LOG, startFakeBot, type FakeBot } from "./emulator-fake-bot.ts";

interface Outcome {
  /** Null: the connection was cut. */
  readonly status: number | null;
  readonly retryAfter: string | null;
  readonly code: string | null;
}

describe("emulated tenant: trouble with what the bot sends", () => {
  let bot: FakeBot;
  let tenant: EmulatedTenant;
  let token: string;
  let chatUrl: string;
  let chatId: string;

  async function start(options: Partial<EmulatedTenantOptions> = {}): Promise<void> {
    bot = await startFakeBot();
    tenant = await startEmulatedTenant({
      ...{ edges: createEdges(SILENT_LOG), port: 0, botUrl: bot.url, tracesUrl: null, rscPermissions: [] },
      ...options,
    });
    await tenant.install("Lunch crew");
    const scope = "https://api.botframework.com/.default";
    token = String((await requestToken(tenant, tenant.bot.homeTenantId, { scope })).json.access_token);
    const { contoso, chat } = placesOf(tenant);
    chatId = chat("Lunch crew").id;
    chatUrl = `${tenant.url}/amer/${contoso.id}/v3/conversations/${encodeURIComponent(chatId)}/activities`;
  }
  afterEach(async () => {
    await tenant.close();
    await bot.close();
  });

  async function call(url: string, method: string, body?: object, bearer = token): Promise<Outcome> {
    const headers = { authorization: `Bearer ${bearer}`, "content-type": "application/json" };
    const answer = await fetch(url, {
      method,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    }).catch(() => null);
    if (!answer) return { status: null, retryAfter: null, code: null };
    const text = await answer.text();
    const json = (text === "" ? {} : JSON.parse(text)) as { error?: { code: string; message: string } };
    return {
      status: answer.status,
      retryAfter: answer.headers.get("retry-after"),
      code: json.error?.code ?? null,
    };
  }
  const reply = (text = "hello") => call(chatUrl, "POST", { type: "message", text });
  const react = (message: PostedMessage, type = "like") =>
    call(`${chatUrl}/${message.id}/reactions/${type}`, "PUT");
  const ask = () => tenant.say({ person: "Priya Raman", conversation: "Lunch crew", text: "Pizza?" });
  const own = () => tenant.readMessages("Lunch crew").filter(({ sender }) => sender.isBot);
  const hearts = () => tenant.readMessages("Lunch crew").flatMap(({ reactions }) => reactions);

  const TABLE: readonly {
    fault: Exclude<FaultName & keyof NonNullable<Faults["sends"]>, "slow">;
    answered: Outcome;
    isTaken: boolean;
  }[] = [
    {
      fault: "throttle",
      answered: { status: 429, retryAfter: "1", code: "Throttled" },
      isTaken: false,
    },
    {
      fault: "refuse412",
      answered: { status: 412, retryAfter: null, code: "PreconditionFailed" },
      isTaken: false,
    },
    { fault: "refuse500", answered: { status: 500, retryAfter: null, code: "ServiceError" }, isTaken: false },
    {
      fault: "takenBut500",
      answered: { status: 500, retryAfter: null, code: "ServiceError" },
      isTaken: true,
    },
    { fault: "hangUp", answered: { status: null, retryAfter: null, code: null }, isTaken: false },
    { fault: "takenButHangUp", answered: { status: null, retryAfter: null, code: null }, isTaken: true },
  ];
  for (const { fault, answered, isTaken } of TABLE) {
    it(`${fault}: ${isTaken ? "it stands there" : "nothing stands there"}, reply or reaction; and without it all is well`, async () => {
      await start({ faults: { seed: 1, sends: { [fault]: 1 } } });
      const before = Date.now();
      const asked = ask();
      assert.deepEqual(await reply(), answered);
      assert.deepEqual(await react(asked), answered);
      assert.equal(own().length, isTaken ? 1 : 0);
      assert.equal(hearts().length, isTaken ? 1 : 0);
      assert.deepEqual(
        tenant.readSends().map(({ atMs, ...send }) => {
          assert.ok(atMs >= before && atMs <= Date.now());
          return send;
        }),
        [
          {
            ...{ kind: "reply", conversationId: chatId, status: answered.status, isTaken },
            activityId: isTaken ? own()[0]?.id : null,
          },
          {
            ...{ kind: "react", conversationId: chatId, status: answered.status, isTaken },
            activityId: isTaken ? asked.id : null,
          },
        ],
      );
      assert.deepEqual(tenant.readFaultCounts(), { [fault]: 2 });

      tenant.setFaults(null);
      assert.equal((await reply("again")).status, 201);
      assert.equal((await react(asked, "heart")).status, 204);
      assert.equal(own().length, isTaken ? 2 : 1);
      assert.deepEqual(
        tenant.readSends().map(({ status }) => status),
        [answered.status, answered.status, 201, 204],
      );
      assert.deepEqual(tenant.readFaultCounts(), { [fault]: 2 });
      // The log of calls has no null: there 0 says that nothing was answered.
      const calls = tenant.calls.filter(({ area }) => area === "connector").map(({ status }) => status);
      assert.deepEqual(calls, [answered.status ?? 0, answered.status ?? 0, 201, 204]);
    });
  }

  it("slow: it is taken, later", async () => {
    await start();
    tenant.setFaults({ seed: 1, sends: { slow: { chance: 1, ms: 120 } } });
    const before = Date.now();
    assert.equal((await reply()).status, 201);
    assert.ok(Date.now() - before >= 115);
    assert.equal(own().length, 1);
    assert.deepEqual(tenant.readFaultCounts(), { slow: 1 });
  });

  it("makes one fault of a send at most, and every fault that is asked for in the end", async () => {
    await start({ sendLimits: false });
    const sends = { throttle: 0.15, refuse500: 0.15, takenBut500: 0.2, hangUp: 0.15, takenButHangUp: 0.2 };
    tenant.setFaults({ seed: 3, sends });
    const statuses: (number | null)[] = [];
    for (let place = 0; place < 60; place += 1) statuses.push((await reply(String(place))).status);
    const counts = tenant.readFaultCounts();
    const count = (...names: FaultName[]) => names.reduce((sum, name) => sum + (counts[name] ?? 0), 0);
    const answered = (status: number | null) => statuses.filter((one) => one === status).length;
    assert.deepEqual(Object.keys(counts).toSorted(), Object.keys(sends).toSorted());
    assert.equal(answered(429), count("throttle"));
    assert.equal(answered(500), count("refuse500", "takenBut500"));
    assert.equal(answered(null), count("hangUp", "takenButHangUp"));
    assert.equal(answered(201), 60 - count(...(Object.keys(sends) as FaultName[])));
    assert.equal(own().length, 60 - count("throttle", "refuse500", "hangUp"));
    assert.equal(tenant.readSends().filter(({ isTaken }) => isTaken).length, own().length);
    const again = statuses.slice(0, 20);
    tenant.setFaults({ seed: 3, sends });
    for (const status of again)
      assert.equal((await reply()).status, status, "the same seed, the same trouble");
  });

  it("writes down what was refused as well, and lets it count for nothing", async () => {
    await start();
    const asked = ask();
    assert.equal((await call(chatUrl, "POST", { type: "message", text: "hi" }, "nonsense")).status, 401);
    assert.equal((await call(chatUrl, "POST", { type: "dance" })).status, 400);
    assert.equal((await call(`${chatUrl}/1/reactions/like`, "PUT")).status, 404);
    assert.equal((await call(chatUrl, "POST", { type: "typing" })).status, 201);
    assert.equal((await react(asked)).status, 204);
    assert.equal((await call(`${chatUrl}/${asked.id}/reactions/like`, "DELETE")).status, 204);
    assert.deepEqual(
      tenant.readSends().map(({ kind, status, isTaken }) => [kind, status, isTaken]),
      [
        ["reply", 401, false],
        ["reply", 400, false],
        ["react", 404, false],
        ["reply", 201, false],
        ["react", 204, true],
        ["unreact", 204, true],
      ],
    );
  });

  it("keeps Teams' limits: the eighth reply in a second is refused with a time to come back, and not posted", async () => {
    let nowMs = Date.now();
    await start({ edges: { ...createEdges(SILENT_LOG), now: () => nowMs } });
    const answers: Outcome[] = [];
    for (let place = 0; place < 9; place += 1) answers.push(await reply(String(place)));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [201, 201, 201, 201, 201, 201, 201, 429, 429],
    );
    assert.deepEqual(answers[7], { status: 429, retryAfter: "1", code: "Throttled" });
    assert.equal(own().length, 7);
    assert.deepEqual(tenant.readFaultCounts(), {}, "a limit is no fault");
    nowMs += 2_000;
    assert.equal((await reply()).status, 201);

    const asked = ask();
    const reactions: (number | null)[] = [];
    for (const type of ["like", "heart", "sad"]) reactions.push((await react(asked, type)).status);
    assert.deepEqual(reactions, [204, 204, 429]);
    assert.equal(hearts().length, 2);
  });

  it("takes whatever comes where no limits are wanted", async () => {
    await start({ sendLimits: false });
    const asked = ask();
    for (let place = 0; place < 12; place += 1) assert.equal((await reply(String(place))).status, 201);
    for (const type of ["like", "heart", "sad", "angry"]) {
      assert.equal((await react(asked, type)).status, 204);
    }
  });
});
