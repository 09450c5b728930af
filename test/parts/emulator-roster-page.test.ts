import assert from "node:assert/strict";
import fc from "fast-check";
import { readRosterPage, type RosterPage } from "../../src/emulator/roster-page.ts";

const HERE = "19:abc@thread.tacv2";

function readPages(all: readonly number[], pageSize: string | null): (readonly number[])[] {
  const pages: (readonly number[])[] = [];
  let continuationToken: string | null = null;
  do {
    const page: RosterPage<number> = readRosterPage(all, HERE, { pageSize, continuationToken });
    pages.push(page.members);
    ({ continuationToken } = page);
  } while (continuationToken !== null);
  return pages;
}

describe("emulated tenant: pages of members", () => {
  it("bring everybody once, in order, fifty to five hundred at a time", () => {
    fc.assert(
      fc.property(fc.nat(1_500), fc.option(fc.nat(1_000)), (amount, size) => {
        const all = Array.from({ length: amount }, (_, index) => index);
        const pages = readPages(all, size === null ? null : String(size));
        assert.deepEqual(pages.flat(), all);
        const expected = size === null ? 200 : Math.min(500, Math.max(50, size));
        assert.ok(pages.slice(0, -1).every(({ length }) => length === expected));
        assert.ok(amount === 0 || (pages.at(-1)?.length ?? 0) > 0, "no empty page at the end");
      }),
    );
  });

  it("take no token but their own", () => {
    const all = Array.from({ length: 120 }, (_, index) => index);
    const first = readRosterPage(all, HERE, { pageSize: "50", continuationToken: null });
    const token = first.continuationToken ?? "";
    const ask = (conversationId: string, continuationToken: string) => () =>
      readRosterPage(all, conversationId, { pageSize: "50", continuationToken });
    assert.equal(ask(HERE, token)().members[0], 50);
    assert.throws(ask("19:other@thread.tacv2", token), { status: 400, code: "BadSyntax" });
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (other) => {
        fc.pre(other !== token);
        assert.throws(ask(HERE, other), { status: 400, code: "BadSyntax" });
      }),
    );
  });

  it("take no size that is no number", () => {
    for (const pageSize of ["ten", "-1", "1e3", "50.5"]) {
      assert.throws(() => readRosterPage([1], HERE, { pageSize, continuationToken: null }), { status: 400 });
    }
    assert.deepEqual(readRosterPage([1], HERE, { pageSize: "", continuationToken: "" }).members, [1]);
  });
});
