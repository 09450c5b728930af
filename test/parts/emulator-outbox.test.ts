import assert from "node:assert/strict";
import type { Courier, Delivery } from "../../src/emulator/courier.ts";
import { createOutbox, type Batching, type OutboxItem } from "../../src/emulator/outbox.ts";
import { createHeldClock } from "./held-clock.ts";

const BATCHING: Batching = { mostItems: 3, waitMs: 100 };
const URL = "http://bot/api/notifications";

interface Body {
  readonly value: readonly { name: string }[];
  readonly validationTokens?: readonly string[];
}
interface Posted {
  readonly url: string;
  readonly items: readonly string[];
  readonly readBody: () => Promise<unknown>;
}

/** Of each POST, in order; the items must not change on the way. */
const readTokens = (posted: readonly Posted[]) =>
  Promise.all(
    posted.map(async ({ items, readBody }) => {
      const { value, validationTokens } = (await readBody()) as Body;
      assert.deepEqual(
        value.map(({ name }) => name),
        items,
      );
      return validationTokens;
    }),
  );

function createPost(
  batching: Batching | null,
  issue: (tenantId: string) => Promise<string> = async (id) => `for ${id}`,
) {
  const clock = createHeldClock(0);
  const posted: Posted[] = [];
  const courier: Pick<Courier, "deliver"> = {
    deliver: async ({ url, body, finishBody }) => {
      const readBody = finishBody ?? (async () => body);
      posted.push({ url, items: (body as Body).value.map(({ name }) => name), readBody });
      return { index: posted.length - 1 } as Delivery;
    },
  };
  const outbox = createOutbox({ edges: clock, tokens: { issueValidationToken: issue }, courier, batching });
  return { clock, outbox, posted };
}

const item = (name: string, organisationId = "contoso", isRich = true): OutboxItem => ({
  ...{ item: { name }, organisationId, isRich },
});
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("emulated tenant: Graph's batches", () => {
  it("are none unless asked for: what is added together goes together, at once", async () => {
    const { outbox, posted } = createPost(null);
    await outbox.add(URL, [item("one"), item("two")]);
    await outbox.add(URL, [item("three")]);
    assert.deepEqual(
      posted.map(({ items }) => items),
      [["one", "two"], ["three"]],
    );
  });

  it("gather what goes to one URL until their time is over", async () => {
    const { outbox, posted, clock } = createPost(BATCHING);
    void outbox.add(URL, [item("one")]);
    void outbox.add("http://bot/other", [item("elsewhere")]);
    clock.advance(99);
    void outbox.add(URL, [item("two")]);
    await settle();
    assert.deepEqual(posted, []);
    clock.advance(1);
    await settle();
    assert.deepEqual(
      posted.map(({ url, items }) => [url, items]),
      [
        [URL, ["one", "two"]],
        ["http://bot/other", ["elsewhere"]],
      ],
    );
  });

  it("go when they are full, and what is left over has its own time", async () => {
    const { outbox, posted, clock } = createPost(BATCHING);
    const last = outbox.add(
      URL,
      ["1", "2", "3", "4", "5", "6", "7"].map((name) => item(name)),
    );
    await settle();
    assert.deepEqual(
      posted.map(({ items }) => items),
      [
        ["1", "2", "3"],
        ["4", "5", "6"],
      ],
    );
    clock.advance(100);
    assert.equal((await last).index, 2, "who added it is told of the batch that the last one went with");
    assert.deepEqual(posted.at(-1)?.items, ["7"]);
  });

  it("bring a token for each tenant with content in them, and none without", async () => {
    const { outbox, posted } = createPost(BATCHING);
    await outbox.add(URL, [item("one"), item("two", "fabrikam"), item("three")]);
    await outbox.add(URL, [item("four"), item("bare", "fabrikam", false), item("five")]);
    await outbox.add(URL, [
      item("a", "contoso", false),
      item("b", "fabrikam", false),
      item("c", "fabrikam", false),
    ]);
    assert.deepEqual(await readTokens(posted), [["for contoso", "for fabrikam"], ["for contoso"], undefined]);
  });

  it("are handed over at once, however long a token takes", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const { outbox, posted } = createPost(null, (id) => (id === "slow" ? promise : Promise.resolve(id)));
    void outbox.add(URL, [item("first", "slow")]);
    void outbox.add(URL, [item("second", "quick")]);
    assert.deepEqual(
      posted.map(({ items }) => items),
      [["first"], ["second"]],
    );
    resolve("late");
    assert.deepEqual(await readTokens(posted), [["late"], ["quick"]]);
  });
});
