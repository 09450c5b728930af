import assert from "node:assert/strict";
import { EarshotError } from "../../src/errors.ts";
import { createRetryRefused } from "../../src/subscriptions/retry-refused.ts";
import { createQuietEdges } from "./quiet-edges.ts";

const MINUTE = 60_000;
const TENANT = { tenantId: "tenant", teamId: null };

describe("reading again what was refused", () => {
  let now: number;
  let asked: string[];
  let isDown: boolean;
  const create = () =>
    createRetryRefused({
      storage: {
        retryRefusedReadings: async ({ tenantId, teamId, dueAt }) => {
          if (isDown) throw new EarshotError("storage-unavailable", "as planned");
          asked.push(`${tenantId} ${teamId ?? "all"} ${dueAt / MINUTE}`);
        },
      },
      edges: createQuietEdges({ now: () => now }),
    });
  beforeEach(() => {
    now = 100 * MINUTE;
    asked = [];
    isDown = false;
  });

  it("is at once, and of what changes again and again every five minutes", async () => {
    const retry = create();
    for (const minute of [100, 101, 102, 105, 106, 110, 130]) {
      now = minute * MINUTE;
      await retry(TENANT);
    }
    assert.deepEqual(
      asked.map((one) => one.split(" ")[2]),
      ["100", "105", "105", "110", "110", "115", "130"],
    );
  });

  it("waits for no other place", async () => {
    const retry = create();
    for (const place of [TENANT, { ...TENANT, teamId: "team" }, { ...TENANT, tenantId: "other" }]) {
      await retry(place);
    }
    assert.deepEqual(asked, ["tenant all 100", "tenant team 100", "other all 100"]);
  });

  it("is not put off for long where the clock was set back", async () => {
    const retry = create();
    await retry(TENANT);
    now = 40 * MINUTE;
    await retry(TENANT);
    assert.deepEqual(asked, ["tenant all 100", "tenant all 45"]);
  });

  it("is asked for again where the database failed", async () => {
    const retry = create();
    isDown = true;
    await retry(TENANT);
    isDown = false;
    await retry(TENANT);
    assert.deepEqual(asked, ["tenant all 100"]);
  });
});
