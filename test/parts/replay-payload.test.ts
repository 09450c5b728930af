/** `earshot replay --payload`: its words, its files, and what it tells of the bot's answer. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import fc from "fast-check";
import { EarshotError } from "../../src/errors.ts";
import {
  parsePayloadWords,
  replayPayload,
  type ReplayPayloadRequest,
} from "../../src/operator/replay-payload.ts";
import { readSavedPayload } from "../../src/operator/saved-payload.ts";
import { createQuietEdges } from "./quiet-edges.ts";
import { useTemporaryFolder } from "./temporary-folder.ts";

const BATCH = { value: [{ subscriptionId: "s", changeType: "created" }], validationTokens: ["old"] };
const LIFECYCLE = { value: [{ subscriptionId: "s", lifecycleEvent: "missed" }] };
const ACTIVITY = { type: "message", text: "hello", conversation: { id: "19:a" } };
const BOT = "https://bot.example";
const TENANT = "http://127.0.0.1:3980";

describe("earshot replay --payload", () => {
  const pathOf = useTemporaryFolder();
  const save = async (content: unknown) => {
    await writeFile(pathOf("payload.json"), typeof content === "string" ? content : JSON.stringify(content));
    return pathOf("payload.json");
  };

  describe("its words", () => {
    const parse = (words: readonly string[], BOT_ENDPOINT?: string) =>
      parsePayloadWords(["--payload", "a.json", ...words], { BOT_ENDPOINT });

    it("go to the bot of the settings, to another, or by way of the tenant", () => {
      const file = resolve("a.json");
      const usual = { file, to: null, endpoint: null, tenant: null, isJson: false };
      assert.deepEqual(parse([], `${BOT}/base/`), { ...usual, endpoint: `${BOT}/base` });
      assert.deepEqual(parse(["--to", BOT, "--json"], TENANT), { ...usual, to: BOT, isJson: true });
      assert.deepEqual(parse(["--tenant", TENANT], BOT), { ...usual, tenant: TENANT });
    });

    it("are misuse where there is nowhere to go, or where a word does not fit", () => {
      const cases: readonly (readonly [ReturnType<typeof parse>, RegExp])[] = [
        [parse([]), /^There is nowhere to send it/],
        [parse([], "  "), /^There is nowhere to send it/],
        [parse([], "bot.example"), /^BOT_ENDPOINT is an http or https URL\. Found: "bot\.example"\.$/],
        [parse(["--to", "ftp://a"]), /^--to is an http or https URL here/],
        // The other meaning of the word, where what is parked is chosen.
        [
          parse(["--tenant", "2432b57b-0abd-43db-aa7b-16eadd115d34"]),
          /^--tenant is an http or https URL here/,
        ],
        [parse(["--all", "--to", BOT]), /--all/],
        [parsePayloadWords(["--payload", ""], { BOT_ENDPOINT: BOT }), /^--payload is a file/],
      ];
      for (const [parsed, reason] of cases) {
        assert.ok("misuse" in parsed);
        assert.match(parsed.misuse, reason);
      }
    });
  });

  describe("its file", () => {
    it("holds a batch, a lifecycle batch or an activity, bare or as it was recorded", async () => {
      const cases = [
        [BATCH, "batch", "/api/notifications"],
        [LIFECYCLE, "lifecycle", "/api/lifecycle"],
        [ACTIVITY, "activity", "/api/messages"],
      ] as const;
      for (const [payload, kind, path] of cases) {
        assert.deepEqual(await readSavedPayload(await save(payload)), { kind, payload, path });
        const recording = { sender: "graph", url: `${BOT}/own/route?a=1`, state: "delivered", payload };
        const read = await readSavedPayload(await save(recording));
        assert.deepEqual(read, { kind, payload, path: "/own/route" });
      }
    });

    it("is refused by name where it is no payload, quoting nothing of it", async () => {
      const cases: readonly (readonly [unknown, RegExp])[] = [
        ["{ secret", /is not JSON\.$/],
        ["", /is not JSON\.$/],
        [{ value: [] }, /is no payload/],
        [{ value: ["secret"] }, /is no payload/],
        [{ ...ACTIVITY, type: "" }, /is no payload/],
        [{ type: "module" }, /is no payload/],
        [[ACTIVITY], /is no payload/],
        [null, /is no payload/],
        [{ sender: "graph", url: BOT, payload: { secret: 1 } }, /is no payload/],
      ];
      for (const [content, reason] of cases) {
        const file = await save(content);
        await assert.rejects(readSavedPayload(file), (error) => {
          assert.ok(error instanceof EarshotError && error.code === "wire-shape");
          assert.match(error.message, reason);
          assert.ok(error.message.includes(file) && !error.message.includes("secret"));
          return true;
        });
      }
      await assert.rejects(readSavedPayload(pathOf("none.json")), /cannot be read: ENOENT\.$/);
    });
  });

  describe("what it tells", () => {
    interface Posted {
      readonly url: string;
      readonly headers: Record<string, string>;
      readonly json: unknown;
    }
    const run = async (
      change: Partial<ReplayPayloadRequest>,
      answer: () => Response,
      content: unknown = ACTIVITY,
    ) => {
      const posts: Posted[] = [];
      const lines: string[] = [];
      const edges = {
        ...createQuietEdges(),
        fetch: async (url: string | URL | Request, init: RequestInit = {}) => {
          posts.push({
            url: url instanceof Request ? url.url : url.toString(),
            headers: init.headers as Record<string, string>,
            json: JSON.parse(init.body as string) as unknown,
          });
          return answer();
        },
      };
      const request = { to: null, endpoint: BOT, tenant: null, isJson: false, ...change };
      const code = await replayPayload(
        { ...request, file: await save(content) },
        { edges, print: (line) => lines.push(line) },
      );
      return { code, posts, text: lines.join("\n") };
    };
    const refuse = () => {
      throw new TypeError("fetch failed", { cause: Object.assign(new Error(), { code: "ECONNREFUSED" }) });
    };

    it("sends it once, as it is, to the payload's own route or the whole URL that is named", async () => {
      const usual = await run({}, () => new Response(null, { status: 200 }));
      assert.deepEqual(
        usual.posts.map(({ url, json }) => [url, json]),
        [[`${BOT}/api/messages`, ACTIVITY]],
      );
      assert.ok(!("authorization" in (usual.posts[0]?.headers ?? {})));
      assert.equal(usual.code, 0);
      assert.match(usual.text, /^Sent: activity to \S+, as it is, unsigned\.\nThe bot answered 200\.$/);
      const base = await run({ to: "http://127.0.0.1:5" }, () => new Response(), BATCH);
      assert.equal(base.posts[0]?.url, "http://127.0.0.1:5/api/notifications");
      const whole = await run({ to: "http://127.0.0.1:5/own?a=1" }, () => new Response(), BATCH);
      assert.equal(whole.posts[0]?.url, "http://127.0.0.1:5/own?a=1");
    });

    it("answers 1 where the bot does not take it or is not there, and says which", async () => {
      const forbidden = await run({}, () => new Response("who are you?", { status: 401 }));
      assert.equal(forbidden.code, 1);
      assert.match(forbidden.text, /The bot answered 401\.\nIt said: who are you\?\nIt believes no unsigned/);
      const away = await run({}, refuse);
      assert.equal(away.code, 1);
      assert.equal(away.text, `Not answered: activity to ${BOT}/api/messages: ECONNREFUSED.`);
      const redirected = await run({}, () => new Response(null, { status: 307 }));
      assert.equal(redirected.code, 1);
      const batch = await run({}, () => new Response(null, { status: 202 }), BATCH);
      assert.equal(batch.code, 0);
      assert.match(batch.text, /Whether it believed the batch the answer does not tell/);
    });

    it("tells a machine the same in one line", async () => {
      const taken = await run({ isJson: true }, () => new Response("ok", { status: 200 }));
      assert.deepEqual(JSON.parse(taken.text), {
        ...{ kind: "activity", tenant: null, url: `${BOT}/api/messages`, status: 200, answer: "ok" },
      });
      const away = await run({ isJson: true }, refuse);
      const { status, fault } = JSON.parse(away.text) as { status: unknown; fault: unknown };
      assert.deepEqual([away.code, status, fault], [1, null, "ECONNREFUSED"]);
    });

    it("lets the tenant sign and send it, and tells what the bot answered to the tenant", async () => {
      const result = (attempts: readonly object[], state = "delivered") =>
        Response.json({
          result: { kind: "activity", answer: "", delivery: { url: `${BOT}/m`, state, attempts } },
        });
      const taken = await run({ tenant: TENANT }, () => result([{ status: 202 }]));
      assert.equal(taken.code, 0);
      assert.match(
        taken.text,
        /^Sent: activity to \S+\/m, signed by the tenant at http:\S+\.\nThe bot answered 202\.$/,
      );
      assert.deepEqual(taken.posts, [
        {
          url: `${TENANT}/control/acts/replay`,
          headers: { "content-type": "application/json; charset=utf-8", "x-earshot-control": "1" },
          json: { payload: ACTIVITY },
        },
      ]);
      const aimed = await run({ tenant: TENANT, to: BOT }, () => result([{ status: 202 }]), BATCH);
      assert.deepEqual(aimed.posts[0]?.json, { payload: BATCH, to: `${BOT}/api/notifications` });
      const away = await run({ tenant: TENANT }, () =>
        result([{ status: null, fault: "timeout" }], "gave-up"),
      );
      assert.equal(away.code, 1);
      assert.match(away.text, /^Not answered: activity to \S+: timeout\.$/);
      const lost = await run({ tenant: TENANT }, () => result([], "lost"));
      assert.match(lost.text, /the tenant did not post it: lost\.$/);
    });

    it("says so where the tenant refuses, is not there, or is none", async () => {
      const error = { code: "NotFound", message: "It cannot be signed: the payload names no organisation." };
      const refused = await run({ tenant: TENANT }, () => Response.json({ error }, { status: 404 }));
      assert.equal(refused.code, 1);
      assert.match(refused.text, /the tenant at \S+ did not send it: 404 It cannot be signed/);
      assert.match((await run({ tenant: TENANT }, refuse)).text, /did not send it: ECONNREFUSED/);
      const other = await run({ tenant: TENANT }, () => new Response("<html>"));
      assert.match(other.text, /did not send it: 200 <html>/);
    });

    it("lets nothing that the bot says steer the terminal", async () => {
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: "binary" }), async (said) => {
          const { text } = await run({}, () => new Response(said, { status: 400 }));
          assert.ok(text.split("\n").length <= 3);
          assert.doesNotMatch(text.replaceAll("\n", ""), /[\p{Cc}\p{Cf}\p{Cs}]/u);
        }),
        { numRuns: 50 },
      );
    });
  });
});
