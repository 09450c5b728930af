/** Two bots on one PostgreSQL: either takes what the other leaves, and one at a time keeps the subscriptions. */
import assert from "node:assert/strict";
import { usePostgresServer } from "../postgres-server.ts";
import { runTrial } from "../soak/run-trial.ts";
import type { Scene } from "../soak/scene.ts";
import { describeVerdict, type Verdict } from "../soak/verdict.ts";

const KILLS = 6;

describe("several instances", function () {
  this.timeout(240_000);
  const server = usePostgresServer(after);

  let shared: Promise<Verdict>;
  let kept: Promise<Verdict>;

  before(async () => {
    const { createDatabase } = await server();
    const trial = { instances: 2, messages: 100 };
    shared = runTrial({ ...trial, seed: 3_003, kills: KILLS, databaseUrl: await createDatabase() });
    kept = runTrial({
      ...{ ...trial, seed: 4_004, kills: 0, databaseUrl: await createDatabase() },
      // One of the two is the keeper: in one of the two rounds it is gone.
      meanwhile: async (scene) => {
        await addChannelWithout(0, "Only the second", scene);
        await addChannelWithout(1, "Only the first", scene);
      },
    });
    await Promise.allSettled([shared, kept]);
  });

  it(`share the work, and go on with it when one of them is killed, ${KILLS} times`, async () => {
    const verdict = await shared;
    assert.ok(verdict.isGood, describeVerdict(verdict));
    assert.equal(verdict.kills, KILLS);
    assert.equal(verdict.answered.length, 2);
    assert.ok(
      verdict.answered.every((amount) => amount > 50),
      `requests that each took: ${verdict.answered.join(", ")}`,
    );
  });

  it("keep the subscriptions, whichever of them is left", async () => {
    const verdict = await kept;
    assert.ok(verdict.isGood, describeVerdict(verdict));
  });
});

async function addChannelWithout(index: number, name: string, scene: Scene): Promise<void> {
  const { tenant, crowd, bots, waitFor } = scene;
  await bots[index]?.kill();
  const { id } = tenant.addChannel("Help Desk", name);
  await waitFor(`a subscription to ${name}`, () =>
    tenant.subscriptions().some(({ resource }) => resource.includes(id)),
  );
  const said = crowd.speak(name);
  await bots[index]?.start();
  // Whoever came back knows the new channel as well.
  await waitFor(`an answer in ${name}`, () =>
    tenant.readMessages(said.conversation).some(({ sender }) => sender.isBot),
  );
  for (let more = 0; more < 10; more += 1) crowd.speak(name);
}
