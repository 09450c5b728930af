import assert from "node:assert/strict";
import {
  claimNotifications,
  releaseClaims,
} from "../../src/storage/postgres/operations/claim-notifications.ts";
import type { Opening } from "../../src/storage/postgres/opening.ts";
import type { Query } from "../../src/storage/postgres/database.ts";

const ROW = {
  ...{ id: 7, ear: "graph", tenant_id: "tenant", conversation_id: "19:a@thread.tacv2", reply_to_id: "" },
  ...{ message_id: "1", change_type: "created", sealed: "{}", received_at: 1, attempts: 1 },
};

describe("claims in PostgreSQL", () => {
  let asked: { sql: string; values: readonly unknown[] }[];
  /** What the server answers, one after the other: rows, or a failure. */
  let answers: (readonly object[] | Error)[];
  let opening: Opening;

  beforeEach(() => {
    asked = [];
    answers = [];
    const query = (async (sql: string, values: readonly unknown[] = []) => {
      asked.push({ sql, values });
      const answer = answers.shift() ?? [];
      if (answer instanceof Error) throw answer;
      return { rows: answer, changes: answer.length };
    }) as unknown as Query;
    const presence = { during: (work: (session: object) => unknown) => work({ query, holder: 3 }) };
    opening = { query, presence, inHand: new Map() } as unknown as Opening;
  });
  const claim = () => claimNotifications(opening, { limit: 8, now: 5 });

  it("are in hand when they are answered", async () => {
    answers = [[ROW], []];
    const claims = await claim();
    assert.deepEqual(
      claims.map(({ id }) => id),
      [7],
    );
    assert.deepEqual([...opening.inHand], [[7, 3]]);
    await releaseClaims(opening);
    assert.deepEqual(asked.at(-1)?.values[2], [7], "and not let go");
  });

  for (const [when, before] of [
    ["it is asked whether there is more", [[ROW]]],
    ["more is claimed", [[ROW], [{}]]],
  ] as const) {
    it(`are let go where the connection is lost while ${when}`, async () => {
      answers = [...before, new Error("Connection terminated")];
      await assert.rejects(claim(), /terminated/);
      assert.deepEqual([...opening.inHand], []);
      await releaseClaims(opening);
      assert.deepEqual(asked.at(-1)?.values[2], []);
    });
  }
});
