import assert from "node:assert/strict";
import { COVERAGE, formatCoverage } from "../../src/emulator/coverage.ts";
import { startEmulatedTenant } from "../../src/emulator/emulated-tenant.ts";
import { createEdges } from "../../src/edges.ts";

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

describe("emulated tenant: coverage", () => {
  it("lists every registered route and no other", async () => {
    const tenant = await startEmulatedTenant({
      edges: createEdges(log),
      port: 0,
      botUrl: "http://127.0.0.1:9",
      tracesUrl: null,
      rscPermissions: [],
    });
    try {
      const listed = COVERAGE.map(({ method, path }) => `${method} ${path}`);
      assert.deepEqual(listed.toSorted(), tenant.routes.toSorted());
      assert.equal(new Set(listed).size, listed.length, "a route is listed twice");
      const response = await fetch(`${tenant.url}/window/coverage`);
      assert.equal(await response.text(), formatCoverage());
    } finally {
      await tenant.close();
    }
  });

  it("says what is missing wherever it is partial", () => {
    assert.deepEqual(
      COVERAGE.filter(({ coverage, note }) => coverage === "partial" && note === ""),
      [],
    );
  });
});
