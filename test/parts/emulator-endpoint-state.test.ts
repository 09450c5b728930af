import assert from "node:assert/strict";
import fc from "fast-check";
import {
  createEndpointStates,
  type EndpointAnswer,
  type EndpointRule,
} from "../../src/emulator/endpoint-state.ts";

const MINUTE_MS = 60_000;
const BOT = "https://bot.example/api/notifications";
const QUICK: EndpointAnswer = { tookMs: 40, isTimeout: false, isRepeated: false };
const LATE: EndpointAnswer = { tookMs: 3_000, isTimeout: true, isRepeated: false };
const OVERDUE: EndpointAnswer = { tookMs: 10_000, isTimeout: true, isRepeated: true };
/** Taken in the end, but not within three seconds. */
const TARDY: EndpointAnswer = { tookMs: 5_000, isTimeout: false, isRepeated: true };

describe("emulated tenant: what Graph thinks of a host", () => {
  const begin = (rule?: EndpointRule) => {
    let now = Date.UTC(2026, 10, 21, 9);
    const states = createEndpointStates(() => now, rule);
    const admit = (hasWaited = false, url = BOT) => states.admit(url, hasWaited);
    const send = (...answers: EndpointAnswer[]) => {
      const admission = admit();
      assert.equal(admission.kind, "go");
      if (admission.kind === "go") for (const answer of answers) admission.note(answer);
    };
    return {
      ...{ states, admit, send },
      pass: (ms: number) => void (now += ms),
      sendMany: (times: number, answer: EndpointAnswer) => {
        for (let index = 0; index < times; index += 1) send(answer);
      },
      kinds: (times: number) => Array.from({ length: times }, () => admit().kind),
      mark: () => states.readMark(BOT),
    };
  };

  const thresholds: [title: string, bad: EndpointAnswer, most: number, mark: "slow" | "drop"][] = [
    ["later than three seconds: slow", LATE, 10, "slow"],
    ["taken late: slow", TARDY, 10, "slow"],
    ["later than ten seconds: dropped", OVERDUE, 15, "drop"],
  ];
  for (const [title, bad, most, mark] of thresholds) {
    it(`marks a host of whose answers more than ${most} in 100 are ${title}`, () => {
      const { sendMany, mark: read } = begin();
      sendMany(100 - most, QUICK);
      sendMany(most, bad);
      assert.notEqual(read(), mark, "exactly as many is not more");
      const more = begin();
      more.sendMany(99 - most, QUICK);
      more.sendMany(most + 1, bad);
      assert.equal(more.mark(), mark);
    });
  }

  it("says nothing of fewer than a hundred answers, or as many as a test wants", () => {
    const { sendMany, mark } = begin();
    sendMany(99, LATE);
    assert.equal(mark(), null);
    sendMany(1, QUICK);
    assert.equal(mark(), "slow");
    const impatient = begin({ fewestAnswers: 4 });
    impatient.sendMany(3, LATE);
    assert.equal(impatient.mark(), null);
    impatient.sendMany(1, LATE);
    assert.equal(impatient.mark(), "slow");
  });

  it("looks at ten minutes and no further", () => {
    const { sendMany, pass, mark } = begin();
    sendMany(99, LATE);
    pass(10 * MINUTE_MS);
    sendMany(99, QUICK);
    sendMany(1, LATE);
    assert.equal(mark(), null);
    const within = begin();
    within.sendMany(99, LATE);
    within.pass(10 * MINUTE_MS - 1);
    within.sendMany(1, QUICK);
    assert.equal(within.mark(), "slow");
  });

  it("puts off what is new by ten minutes, once, where a host is slow", () => {
    const { sendMany, admit, states } = begin({ fewestAnswers: 4 });
    sendMany(4, LATE);
    assert.deepEqual(admit(), { kind: "wait", ms: 10 * MINUTE_MS });
    assert.equal(admit(true).kind, "go");
    assert.deepEqual([states.list()[0]?.delayed, states.list()[0]?.dropped], [1, 0]);
  });

  it("loses what is new, and what has waited, where a host hardly answers", () => {
    const { sendMany, admit, states } = begin({ fewestAnswers: 4 });
    sendMany(4, OVERDUE);
    assert.deepEqual([admit().kind, admit(true).kind], ["drop", "drop"]);
    assert.deepEqual([states.list()[0]?.delayed, states.list()[0]?.dropped], [0, 2]);
  });

  for (const [mark, bad, held] of [
    ["slow", LATE, "wait"],
    ["drop", OVERDUE, "drop"],
  ] as const) {
    it(`tries a host that is marked ${mark} after ten minutes with five, and lets it go when they are answered well`, () => {
      const { sendMany, pass, kinds, mark: read } = begin({ fewestAnswers: 4 });
      sendMany(4, bad);
      pass(10 * MINUTE_MS - 1);
      assert.deepEqual(kinds(1), [held]);
      pass(1);
      assert.deepEqual(kinds(6), ["go", "go", "go", "go", "go", held]);
      assert.equal(read(), mark, "nobody has answered yet");
      const other = begin({ fewestAnswers: 4 });
      other.sendMany(4, bad);
      other.pass(10 * MINUTE_MS);
      other.send(QUICK);
      assert.equal(other.mark(), null);
      other.sendMany(3, LATE);
      assert.equal(other.mark(), null, "what was before counts no more");
    });

    it(`marks it for another ten minutes where they are answered ${mark === "slow" ? "late" : "not at all"}`, () => {
      const { sendMany, pass, kinds, send, mark: read, states } = begin({ fewestAnswers: 4 });
      sendMany(4, bad);
      pass(10 * MINUTE_MS);
      send(LATE, mark === "slow" ? TARDY : OVERDUE);
      assert.equal(read(), mark);
      assert.deepEqual(kinds(1), [held]);
      const [{ since = "", until = "" } = {}] = states.list();
      assert.equal(Date.parse(until ?? "") - Date.parse(since ?? ""), 10 * MINUTE_MS);
      pass(10 * MINUTE_MS);
      send(QUICK);
      assert.equal(read(), null);
    });
  }

  it("decides when the last of those is answered: one bad one of five is too many", () => {
    const { sendMany, pass, admit, mark } = begin({ fewestAnswers: 4 });
    sendMany(4, OVERDUE);
    pass(10 * MINUTE_MS);
    const five = Array.from({ length: 5 }, () => admit());
    five.forEach((admission, index) => {
      assert.equal(admission.kind, "go");
      assert.equal(mark(), "drop");
      if (admission.kind === "go") admission.note(index === 0 ? OVERDUE : QUICK);
    });
    assert.equal(mark(), "drop");
  });

  it("holds a host that answers again, but late, for slow", () => {
    const { sendMany, pass, send, mark } = begin({ fewestAnswers: 4 });
    sendMany(4, OVERDUE);
    pass(10 * MINUTE_MS);
    send(LATE, TARDY);
    assert.equal(mark(), "slow");
  });

  it("knows the hosts apart, and the paths of one not", () => {
    const { sendMany, admit, states } = begin({ fewestAnswers: 4 });
    sendMany(4, OVERDUE);
    assert.equal(admit(false, "https://bot.example/api/lifecycle").kind, "drop");
    assert.equal(admit(false, "https://bot.example:8443/api/notifications").kind, "go");
    assert.deepEqual(
      states.list().map(({ host, mark }) => [host, mark]),
      [
        ["bot.example", "drop"],
        ["bot.example:8443", null],
      ],
    );
  });

  it("marks by the shares alone, in whatever order the answers come", () => {
    const kinds = { quick: QUICK, late: LATE, tardy: TARDY, overdue: OVERDUE };
    const answers = fc.array(fc.constantFrom<keyof typeof kinds>("quick", "late", "tardy", "overdue"), {
      minLength: 20,
      maxLength: 20,
    });
    fc.assert(
      fc.property(answers, (names) => {
        const { send, mark } = begin({ fewestAnswers: 20 });
        for (const name of names) send(kinds[name]);
        const overdue = names.filter((name) => name === "overdue").length;
        const late = names.filter((name) => name !== "quick").length;
        assert.equal(mark(), overdue > 3 ? "drop" : late > 2 ? "slow" : null);
      }),
    );
  });
});
