/** The playground as a process: its people and places are set by a file that it reads from its folder. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Organisation } from "../../src/emulator/tenant-model.ts";

const START_TIMEOUT_MS = 30_000;
/** It takes neither more nor fewer. */
const OTHERS = 5;
const GUEST = {
  ...{ id: "00000000-0000-4000-8000-000000000005", name: "Alex Guest", mail: "guest@elsewhere.example" },
};

export interface Playground {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * `appEndpoint`: where it posts activities. `serviceUrl`: what it tells the bot to answer to. Its tenant and people are
 * the organisation's, its places are its own.
 */
export async function startPlayground(needs: {
  readonly program: string;
  readonly folder: string;
  readonly port: number;
  readonly appEndpoint: string;
  readonly serviceUrl: string;
  readonly botId: string;
  readonly organisation: Organisation;
}): Promise<Playground> {
  await writeFile(join(needs.folder, ".m365agentsplayground.yml"), stringify(describe(needs)));
  const words = ["start", "-e", needs.appEndpoint, "-c", "msteams", "-p", String(needs.port)];
  const child = spawn(
    process.execPath,
    [needs.program, ...words, "--service-url", needs.serviceUrl, "--disable-telemetry"],
    {
      ...{ cwd: needs.folder, stdio: ["ignore", "pipe", "pipe"] },
      env: { PATH: process.env.PATH, HOME: needs.folder, TEAMSAPPTESTER_BROWSER: "none" },
    },
  );
  let output = "";
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (output.includes(`Listening on ${needs.port}`)) resolve(undefined);
    });
  }
  // On a file that it does not like it ends without a word.
  const ended = once(child, "close").then(() => {
    reject(new Error(`the playground ended: ${output}`));
  });
  const timer = setTimeout(() => {
    reject(new Error(`the playground did not start: ${output}`));
  }, START_TIMEOUT_MS);
  const stop = async () => {
    child.kill();
    await ended;
  };
  try {
    await promise;
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  return { url: `http://localhost:${needs.port}`, stop };
}

function describe({ botId, organisation }: { botId: string; organisation: Organisation }): object {
  const people = [...organisation.people, GUEST];
  const [me, ...others] = people.map(({ id, name, mail }) => ({
    ...{ id: `29:${id}`, name, userPrincipleName: mail, aadObjectId: id, email: mail },
    ...{ givenName: name.split(" ")[0], surname: name.split(" ").at(-1) },
  }));
  return {
    ...{ version: "0.1.1", tenantId: organisation.id, bot: { id: `28:${botId}`, name: "Earshot" } },
    ...{ currentUser: me, users: others.slice(0, OTHERS) },
    personalChat: { id: "a:playground-personal" },
    groupChat: { id: "19:playground-group@thread.v2", name: "Group Chat" },
    team: {
      ...{ id: "19:playground-team@thread.tacv2", name: "My Team" },
      aadGroupId: "00000000-0000-4000-8000-000000000031",
      channels: [{ id: "19:playground-channel@thread.tacv2", name: "Announcements" }],
    },
  };
}
