/** The examples of the control API, run as they stand. */
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { FORGERIES } from "../../src/emulator/forger.ts";
import { PROJECT } from "./child-program.ts";
import { createControlClient } from "./emulator-control-client.ts";
import { call, requestToken } from "./emulator-fake-bot.ts";
import { startSubscriber, type Subscriber } from "./emulator-subscriber.ts";

const CHAT = "Lunch crew";
const page = readFileSync(join(PROJECT, "docs/emulated-tenant.md"), "utf8");
const section = /^## The control API\n(.*?)(?=^## |(?![^]))/ms.exec(page)?.[1] ?? "";
const [setting = "", ...blocks] = [...section.matchAll(/^```sh\n(.*?)^```/gms)].map(
  ([, block = ""]) => block,
);
const helper = setting.split("\n").find((line) => line.startsWith("act()")) ?? "";
const examples = blocks.flatMap((block) => block.split("\n").filter((line) => /^(act|curl) /.test(line)));
const hasShell = ["bash", "curl"].every((name) => spawnSync(name, ["--version"]).status === 0);

describe("docs/emulated-tenant.md: the control API", function () {
  this.timeout(60_000);
  let subscriber: Subscriber;
  let names: readonly string[];
  const variables: Record<string, string> = {};

  before(async () => {
    subscriber = await startSubscriber({ rscPermissions: ["ChatMessage.Read.Chat"] });
    const { tenant, places } = subscriber;
    await tenant.installEverywhere();
    const resource = `/chats/${places.chat(CHAT).id}/messages`;
    const { json } = await subscriber.subscribe(resource, {}, "beta/subscriptions");
    names = (await createControlClient(tenant.url).state()).acts;
    Object.assign(variables, {
      ...{ TENANT: tenant.url, BOT_URL: subscriber.bot.url, SUBSCRIPTION: String(json.id) },
      MESSAGE: tenant.say({ person: "Priya Raman", conversation: CHAT, text: "hello" }).key,
      CARD: await sendCard(),
    });
  });
  after(() => subscriber.close());

  /** As the bot does. */
  async function sendCard(): Promise<string> {
    const { tenant, places } = subscriber;
    const scope = "https://api.botframework.com/.default";
    const { json } = await requestToken(tenant, tenant.bot.homeTenantId, { scope });
    const url = `${tenant.url}/amer/${places.contoso.id}/v3/conversations/${places.chat(CHAT).id}/activities`;
    const content = {
      ...{ type: "AdaptiveCard", version: "1.5", body: [{ type: "TextBlock", text: "An incident" }] },
      actions: [{ type: "Action.Submit", title: "Acknowledge", data: {} }],
    };
    const attachments = [{ contentType: "application/vnd.microsoft.card.adaptive", content }];
    const { status } = await call(url, "POST", String(json.access_token), { type: "message", attachments });
    assert.equal(status, 201);
    const sent = tenant.readMessages(CHAT).findLast(({ sender }) => sender.isBot);
    return sent?.key ?? "";
  }

  /** What each of the lines printed, all run by one shell. */
  async function run(lines: readonly string[]): Promise<Record<string, unknown>[]> {
    const script = [helper, ...lines.flatMap((line) => [line, "echo"])].join("\n");
    const { stdout } = await promisify(execFile)("bash", ["-c", script], {
      env: { PATH: process.env.PATH, LC_ALL: "C.UTF-8", ...variables },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout
      .trim()
      .split("\n")
      .map((text) => JSON.parse(text) as Record<string, unknown>);
  }

  it("has an example of every act, and of no other", () => {
    const shown = examples.flatMap((line) => /^act (\w+)/.exec(line)?.[1] ?? []);
    assert.deepEqual([...new Set(shown)].toSorted(), names.toSorted());
  });

  it("has an example of every route", () => {
    const routes = subscriber.tenant.routes.filter((route) => route.includes("/control/"));
    assert.deepEqual(routes.toSorted(), [
      ...["GET /control/state", "POST /control/acts/:act", "PUT /control/faults"],
    ]);
    for (const path of ["/control/state", "/control/faults"]) {
      assert.ok(
        examples.some((line) => line.startsWith("curl ") && line.includes(path)),
        path,
      );
    }
    assert.ok(helper.includes("/control/acts/$1"));
  });

  it("names every forgery", () => {
    const table = section.slice(
      section.indexOf("| of Graph"),
      section.indexOf("### What goes wrong from now on"),
    );
    const named = [...table.matchAll(/`([a-z-]+)`/g)].map(([, name = ""]) => name);
    assert.deepEqual(named.toSorted(), [...FORGERIES].toSorted());
  });

  it("can be run from its beginning to its end", async function () {
    if (!hasShell) this.skip();
    assert.ok(examples.length > names.length);
    const printed = await run(examples);
    for (const [place, line] of examples.entries()) {
      const answer = printed[place] ?? {};
      assert.equal(answer.error, undefined, `${line}: ${JSON.stringify(answer.error)}`);
      assert.ok("result" in answer || "now" in answer, line);
    }
    const [refused] = await run(["act instal '{}'"]);
    assert.match(JSON.stringify(refused?.error), /instal/);
  });
});
