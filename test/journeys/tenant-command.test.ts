/** `earshot tenant` as a person starts it: a program of its own, and beside it somebody else's bot. */
import assert from "node:assert/strict";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { parseEnv } from "node:util";
import { findFreePort } from "../../src/emulator/find-free-port.ts";
import type { PostedMessage } from "../../src/emulator/posted-message.ts";
import { useTemporaryFolder } from "../parts/temporary-folder.ts";
import { PROJECT, startProgram, type Program } from "./child-program.ts";
import { readText } from "./stage.ts";

const LAUNCHER = join(PROJECT, "bin/earshot.js");
const NODE = join(PROJECT, "node_modules/node/bin/node");
const MIRA = "Mira Lindqvist";

const startTenant = (...words: string[]) => startProgram([LAUNCHER, "tenant", ...words], {}, NODE);

/** Waits for the last line, and reads all as the .env file that it is. */
async function readSettings(tenant: Program): Promise<Record<string, string>> {
  await tenant.waitFor(/^OAuthUrl=.*$/m);
  return parseEnv(tenant.output()) as Record<string, string>;
}

const HEADERS = { "x-earshot-control": "1" };

/** Does an act in the tenant over its control API. */
async function act<Result>(url: string, name: string, args: object = {}): Promise<Result> {
  const body = JSON.stringify(args);
  const response = await fetch(`${url}/control/acts/${name}`, { method: "POST", headers: HEADERS, body });
  const json = (await response.json()) as { result: Result };
  assert.equal(response.status, 200, JSON.stringify(json));
  return json.result;
}

describe("earshot tenant, standing alone", function () {
  this.timeout(60_000);
  const pathOf = useTemporaryFolder();
  const trusted = getCACertificates("default");
  const programs: Program[] = [];
  const keep = (program: Program) => {
    programs.push(program);
    return program;
  };
  afterEach(async () => {
    setDefaultCACertificates(trusted);
    await Promise.all(programs.splice(0).map((program) => program.end("SIGKILL")));
  });

  it("is home to somebody else's bot, which has nothing but the printed settings", async () => {
    const botUrl = `http://127.0.0.1:${await findFreePort()}`;
    const words = ["--port", "0", "--bot-url", botUrl, "--tls", pathOf("tls"), "--record", pathOf("kept")];
    const tenant = keep(startTenant(...words));
    const settings = await readSettings(tenant);
    const url = settings.GRAPH_ENDPOINT ?? "";
    assert.match(url, /^https:/);
    // Who looks on from here trusts the certificate as the bot does.
    setDefaultCACertificates([...trusted, await readFile(settings.NODE_EXTRA_CA_CERTS ?? "", "utf8")]);
    const bot = keep(startProgram([join(PROJECT, "test/journeys/foreign-bot.ts")], settings, NODE));
    await bot.waitFor(/^ready$/m);
    const readBot = async (conversation: string) => {
      const messages = await act<PostedMessage[]>(url, "readMessages", { conversation });
      return messages.filter(({ sender }) => sender.isBot).map((one) => [one.rootId, readText(one)]);
    };

    // Installed, it finds the channel and subscribes; Graph shakes hands with it.
    await act(url, "install", { place: "Help Desk" });
    await bot.waitFor(/^subscribed [\w-]+$/m);

    // Mentioned, it is told by Bot Framework, and answers in the thread.
    const mention = { id: settings.BOT_ID, name: "Earshot" };
    const parts = [{ mention }, { text: " are you there?" }];
    const asked = await act<PostedMessage>(url, "say", { person: MIRA, conversation: "Vendors", parts });
    await bot.waitFor(/^answered$/m);
    assert.deepEqual(await readBot("Vendors"), [[asked.id, "You told me: are you there?"]]);

    // Not mentioned, it hears all the same, sealed by Graph.
    const line = { person: MIRA, conversation: "Outages", text: "the wifi is down" };
    const said = await act<PostedMessage>(url, "say", line);
    await bot.waitFor(/^heard$/m);
    assert.deepEqual(await readBot("Outages"), [[said.id, "I heard: the wifi is down"]]);
    assert.doesNotMatch(bot.output(), /^fault/m);

    assert.equal((await tenant.end("SIGINT")).code, 0);
    await assert.rejects(fetch(url));
    // What was posted to the bot lies in files: the installation, what was said, and Graph's word on it.
    const kept = await Promise.all(
      (await readdir(pathOf("kept"))).map(
        async (name) => JSON.parse(await readFile(join(pathOf("kept"), name), "utf8")) as Kept,
      ),
    );
    const byGraph = kept.filter(({ sender }) => sender === "graph");
    assert.ok(byGraph.length > 0 && byGraph.every((one) => one.url === `${botUrl}/hooks/graph`));
    assert.ok(kept.some(({ payload }) => payload.type === "installationUpdate"));
    assert.ok(kept.some(({ payload }) => payload.type === "message"));
    assert.equal((await stat(pathOf("tls/tenant.key.pem"))).mode & 0o777, 0o600);
  });

  it("keeps to its port and its secret, and says so where the port is taken", async () => {
    const port = String(await findFreePort());
    const first = keep(startTenant("--port", port, "--organisations", "2", "--json"));
    const [line] = await first.waitFor(/^\{.*\}$/m);
    const printed = JSON.parse(line) as Printed;
    assert.equal(printed.url, `http://127.0.0.1:${port}`);
    assert.deepEqual(
      printed.organisations.map(({ name }) => name),
      ["Contoso", "Fabrikam"],
    );
    const state = (await (await fetch(printed.control)).json()) as { organisations: { id: string }[] };
    assert.deepEqual(
      state.organisations.map(({ id }) => id),
      printed.organisations.map(({ id }) => id),
    );
    assert.match(await (await fetch(`${printed.url}/`)).text(), /<title>/);

    const second = await keep(startTenant("--port", port)).ended;
    assert.equal(second.code, 1);
    assert.match(second.output, /^The emulated tenant cannot listen on 127\.0\.0\.1:\d+.*--port/m);

    assert.deepEqual((await first.end("SIGTERM")).code, 0);
    // What it printed is all that it printed, and a bot that was set up once stays set up.
    assert.equal(first.output().trim(), line);
    const again = await readSettings(keep(startTenant("--port", port)));
    assert.equal(again.BOT_PASSWORD, printed.settings.BOT_PASSWORD);
    const other = await readSettings(keep(startTenant("--port", "0", "--seed", "2")));
    assert.notEqual(other.BOT_PASSWORD, printed.settings.BOT_PASSWORD);
  });

  it("grants what it is told to, and nothing besides", async () => {
    const words = ["--port", "0", "--permissions", "ChannelMessage.Read.Group", "--json"];
    const tenant = keep(startTenant(...words));
    const [line] = await tenant.waitFor(/^\{.*\}$/m);
    const { url, organisations, settings } = JSON.parse(line) as Printed;
    const [contoso] = organisations;
    assert.ok(contoso);
    const form = new URLSearchParams({
      ...{ grant_type: "client_credentials", scope: "https://graph.microsoft.com/.default" },
      ...{ client_id: settings.BOT_ID ?? "", client_secret: settings.BOT_PASSWORD ?? "" },
    });
    const ask = { method: "POST", body: form };
    const token = (await (await fetch(`${url}/${contoso.id}/oauth2/v2.0/token`, ask)).json()) as {
      access_token: string;
    };
    // A channel is read once a second at most.
    const add = (name: string) => act<{ id: string }>(url, "addChannel", { team: "Help Desk", name });
    const [alarms, reports] = [await add("Alarms"), await add("Reports")];
    const state = (await (await fetch(`${url}/control/state`)).json()) as State;
    const channels = `${url}/v1.0/teams/${state.organisations[0]?.teams[0]?.id}/channels`;
    const headers = { authorization: `Bearer ${token.access_token}` };
    const read = async (path: string) => (await fetch(`${channels}${path}`, { headers })).status;
    assert.equal(await read(`/${alarms.id}/messages`), 403);

    // There is no bot to be told, and it is installed all the same.
    const told = act(url, "install", { place: "Help Desk" }).catch(() => undefined);
    await act(url, "readMessages", { conversation: reports.id });
    assert.equal(await read(`/${reports.id}/messages`), 200);
    // To list channels takes a permission of its own, which is not among those that were named.
    assert.equal(await read(""), 403);
    await tenant.end();
    await told;
  });
});

interface State {
  readonly organisations: readonly { readonly teams: readonly { readonly id: string }[] }[];
}

interface Printed {
  readonly url: string;
  readonly control: string;
  readonly organisations: readonly { readonly id: string; readonly name: string }[];
  readonly settings: Readonly<Record<string, string>>;
}

interface Kept {
  readonly sender: string;
  readonly url: string;
  readonly payload: { readonly type?: string };
}
