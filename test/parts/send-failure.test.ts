import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { EarshotError } from "../../src/errors.ts";
import { explainSendFailure, explainSendStatus } from "../../src/replies/send-failure.ts";
import { failOnLeaks } from "./leak-watch.ts";

describe("what a failed send means", () => {
  for (const [status, retryAfter, code, retryAfterMs] of [
    [429, "7", "send-throttled", 7_000],
    [429, "0", "send-throttled", 0],
    [429, null, "send-throttled", undefined],
    [429, "Sun, 01 Mar 2026 12:00:00 GMT", "send-throttled", undefined],
    [429, "-1", "send-throttled", undefined],
    [429, "1e999", "send-throttled", undefined],
    [412, null, "send-throttled", undefined],
    [400, null, "send-refused", undefined],
    [401, null, "send-not-sent", undefined],
    [403, null, "send-refused", undefined],
    [404, "7", "send-refused", undefined],
    [413, null, "send-refused", undefined],
    [500, null, "send-outcome-unknown", 2_000],
    [502, null, "send-outcome-unknown", 2_000],
    [503, null, "send-outcome-unknown", 2_000],
    [504, null, "send-outcome-unknown", 2_000],
  ] as const) {
    it(`by the status ${status} and retry-after ${retryAfter ?? "absent"} is ${code}`, () => {
      const error = explainSendStatus(status, retryAfter, "a reply");
      assert.deepEqual([error.code, error.retryAfterMs], [code, retryAfterMs]);
      assert.match(error.message, new RegExp(`^a reply: Bot Framework .*${status}`));
      // botbuilder's own error for the same answer.
      const headers = new Headers(retryAfter === null ? {} : { "retry-after": retryAfter });
      const thrown = Object.assign(new Error("text of the answer"), {
        statusCode: status,
        response: { headers },
      });
      const same = explainSendFailure(thrown, "a reply");
      assert.deepEqual([same.code, same.retryAfterMs, same.message], [code, retryAfterMs, error.message]);
    });
  }

  const nested = (code: string, depth: number): Error =>
    Array.from({ length: depth }).reduce<Error>(
      (cause) => new TypeError("fetch failed", { cause }),
      Object.assign(new Error("socket"), { code }),
    );
  for (const [title, thrown, code] of [
    ...["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"].flatMap((code) =>
      [0, 1, 2].map((depth) => [`${code}, ${depth} deep`, nested(code, depth), "send-not-sent"] as const),
    ),
    ["ECONNRESET", nested("ECONNRESET", 1), "send-outcome-unknown"],
    ["EPIPE", nested("EPIPE", 1), "send-outcome-unknown"],
    ["ETIMEDOUT", nested("ETIMEDOUT", 0), "send-outcome-unknown"],
    ["a time limit", new DOMException("too late", "TimeoutError"), "send-outcome-unknown"],
    ["an error without code", new TypeError("oops"), "send-outcome-unknown"],
    ["no error at all", "text", "send-outcome-unknown"],
    ["nothing", undefined, "send-outcome-unknown"],
    ["null", null, "send-outcome-unknown"],
  ] as const) {
    it(`by ${title} is ${code}`, () => {
      const error = explainSendFailure(thrown, "a reply");
      assert.deepEqual([error.code, error.cause], [code, thrown]);
    });
  }

  it("by an error of our own is that error", () => {
    const own = new EarshotError("token-refused", "no");
    assert.equal(explainSendFailure(own, "a reply"), own);
  });

  it("knows what was surely not sent from what may have been", () => {
    const codeOf = (status: number) => explainSendStatus(status, null, "a reply").code;
    assert.deepEqual([429, 412, 401, 403, 500, 502, 503, 504].map(codeOf), [
      ...["send-throttled", "send-throttled", "send-not-sent", "send-refused"],
      ...Array<string>(4).fill("send-outcome-unknown"),
    ]);
    assert.equal(explainSendFailure(nested("ECONNREFUSED", 1), "a reply").code, "send-not-sent");
  });

  describe("by fetch's own errors", () => {
    failOnLeaks();
    const listen = async (cut: boolean) => {
      const server = createServer((request) => {
        if (cut) request.socket.destroy();
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      const close = async () => {
        server.close();
        server.closeAllConnections();
        await once(server, "close");
      };
      return { url, close };
    };
    const explain = async (url: string, signal: AbortSignal | null = null) => {
      const thrown = await fetch(url, { method: "POST", signal }).then(
        () => assert.fail("it was answered"),
        (error: unknown) => error,
      );
      return explainSendFailure(thrown, "a reply").code;
    };

    it("is not sent where nobody listens", async () => {
      const { url, close } = await listen(true);
      await close();
      assert.equal(await explain(url), "send-not-sent");
    });
    it("is not known where the connection was cut", async () => {
      const { url, close } = await listen(true);
      assert.equal(await explain(url), "send-outcome-unknown");
      await close();
    });
    it("is not known where no answer came in time", async () => {
      const { url, close } = await listen(false);
      assert.equal(await explain(url, AbortSignal.timeout(50)), "send-outcome-unknown");
      await close();
    });
  });
});
