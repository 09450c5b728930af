import assert from "node:assert/strict";
import fc from "fast-check";
import { ApiFault } from "../../src/emulator/api-fault.ts";
import type { ApiAnswer, ApiHandler, ApiRequest } from "../../src/emulator/api-route.ts";
import { createGraphLimits } from "../../src/emulator/graph-limits.ts";
import { createSubscriptionBook } from "../../src/emulator/subscription-book.ts";
import type { Subscription } from "../../src/emulator/subscription-resource.ts";

/** A call to Graph as a tenant; answers null where it is taken, else in how many seconds to come back. */
type Call = (method: string, path: string, tenant?: string) => number | null;

function createCaller(now: () => number): Call {
  let caller = "";
  /** As Graph's door does it, where it believes. */
  const answer: ApiHandler = ({ countCall }) => {
    countCall?.(caller);
    return { status: 200 };
  };
  const { handlers } = createGraphLimits(now)({ area: "graph", handlers: { any: answer } });
  const handle = handlers.any as (request: ApiRequest) => ReturnType<ApiHandler>;
  return (method, path, tenant = "contoso") => {
    caller = tenant;
    try {
      const answer = handle({
        ...{ method, path: `/v1.0${path}`, params: {}, query: new URLSearchParams(), body: Buffer.alloc(0) },
        headers: {},
      });
      assert.equal((answer as ApiAnswer & { status: number }).status, 200);
      return null;
    } catch (thrown) {
      assert.ok(thrown instanceof ApiFault);
      assert.deepEqual([thrown.status, thrown.code], [429, "TooManyRequests"]);
      return thrown.retryAfterS ?? assert.fail("it does not say when to come back");
    }
  };
}

describe("emulated tenant: limits on calls to Graph", () => {
  let now: number;
  let call: Call;
  beforeEach(() => {
    now = 1_000_000;
    call = createCaller(() => now);
  });

  /** `most` are taken at once, one more is refused, and is taken when the window is over. */
  const demandLimit = (most: number, windowMs: number, callOnce: (index: number) => number | null) => {
    for (let index = 0; index < most; index += 1) assert.equal(callOnce(index), null, `call ${index}`);
    assert.equal(callOnce(most), windowMs / 1_000);
    now += windowMs - 1;
    assert.equal(callOnce(most), 1);
    now += 1;
    assert.equal(callOnce(most), null);
  };
  const TEAM = "/teams/t1";
  const messagesOf = (channel: string) => `${TEAM}/channels/${channel}/messages`;

  const RESOURCES: readonly (readonly [most: number, path: string, other: string])[] = [
    [1, messagesOf("c1"), messagesOf("c2")],
    [1, "/chats/c1/messages", "/chats/c2/messages"],
    [4, `${TEAM}/channels`, "/teams/t2/channels"],
    [4, TEAM, "/teams/t2"],
    [1, `${TEAM}/permissionGrants`, "/teams/t2/permissionGrants"],
    [1, "/chats/c1/permissionGrants", "/chats/c2/permissionGrants"],
    [1, `${TEAM}/installedApps`, "/teams/t2/installedApps"],
    [1, "/chats/c1/installedApps", "/chats/c2/installedApps"],
    [1, "/chats/c1", "/chats/c2"],
    [1, "/chats/c1/members", "/chats/c2/members"],
    [1, `${TEAM}/channels/c1`, `${TEAM}/channels/c2`],
    [1, "/chats/c1/messages/1/hostedContents", "/chats/c2/messages/1/hostedContents"],
    [1, "/chats/c1/messages/1/hostedContents/a/$value", "/chats/c2/messages/1/hostedContents/a/$value"],
    [1, `${messagesOf("c1")}/1/replies/2/hostedContents/a/$value`, `${messagesOf("c2")}/1`],
  ];
  for (const [most, path, other] of RESOURCES) {
    it(`${most} in a second of ${path}, whatever goes on elsewhere`, () => {
      demandLimit(most, 1_000, () => call("GET", path));
      for (let left = most - 1; left > 0; left -= 1) call("GET", path);
      assert.notEqual(call("GET", path), null);
      assert.equal(call("GET", other), null);
    });
  }

  it("counts a channel's list, delta, single messages and replies as one", () => {
    for (const end of ["", "/delta", "/1", "/1/replies", "/1/replies/2"]) {
      assert.equal(call("GET", messagesOf("c1") + end), null);
      assert.equal(call("GET", messagesOf("c1")), 1);
      now += 1_000;
    }
  });

  it("counts a chat's messages, their pictures, its grants, its apps and the rest each by itself", () => {
    const ends = ["/messages", "/messages/1/hostedContents", "/messages/1/hostedContents/a/$value"];
    for (const end of [...ends, "/permissionGrants", "/installedApps", ""]) {
      assert.equal(call("GET", `/chats/c1${end}`), null, end);
    }
    assert.equal(call("GET", "/chats/c1/members"), 1, "of the rest one a second, whatever it is");
    assert.equal(call("GET", "/chats/c1/messages/2"), 1);
  });

  const TENANTS: readonly (readonly [
    what: string,
    most: number,
    windowMs: number,
    method: string,
    path: (index: number) => string,
  ])[] = [
    ["writes of subscriptions", 500, 20_000, "POST", () => "/subscriptions"],
    ["renewals", 500, 20_000, "PATCH", (index) => `/subscriptions/${index}`],
    ["reauthorizations", 1_000, 20_000, "POST", (index) => `/subscriptions/${index}/reauthorize`],
    ["reads of one subscription", 500, 20_000, "GET", (index) => `/subscriptions/${index}`],
    ["lists of subscriptions", 25, 20_000, "GET", () => "/subscriptions"],
    ["reads of channel messages", 20, 1_000, "GET", (index) => messagesOf(`c${index}`)],
    ["reads of chat messages", 20, 1_000, "GET", (index) => `/chats/c${index}/messages`],
    ["lists of channels", 60, 1_000, "GET", (index) => `/teams/t${index}/channels`],
    ["reads of a team", 30, 1_000, "GET", (index) => `/teams/t${index}`],
    ["reads of grants", 30, 1_000, "GET", (index) => `/teams/t${index}/permissionGrants`],
    ["reads of installed apps", 30, 1_000, "GET", (index) => `/teams/t${index}/installedApps`],
    ["lists of pictures", 50, 1_000, "GET", (index) => `/chats/c${index}/messages/1/hostedContents`],
    ["pictures", 60, 1_000, "GET", (index) => `/chats/c${index}/messages/1/hostedContents/a/$value`],
    ["reads of a chat", 30, 1_000, "GET", (index) => `/chats/c${index}`],
    ["anything else", 30, 1_000, "GET", () => "/appCatalogs/teamsApps"],
  ];
  for (const [what, most, windowMs, method, path] of TENANTS) {
    it(`${most} ${what} in ${windowMs / 1_000} s in a tenant, and another tenant has its own`, () => {
      demandLimit(most, windowMs, (index) => call(method, path(index)));
      assert.equal(call(method, path(0), "fabrikam"), null);
    });
  }

  it("counts all writes of subscriptions together, and each other kind of call by itself", () => {
    for (const method of ["POST", "PATCH", "DELETE"]) {
      for (let index = 0; index < 166; index += 1) {
        assert.equal(call(method, method === "POST" ? "/subscriptions" : `/subscriptions/${index}`), null);
      }
    }
    assert.deepEqual([call("PATCH", "/subscriptions/1"), call("PATCH", "/subscriptions/2")], [null, null]);
    assert.equal(call("DELETE", "/subscriptions/1"), 20);
    assert.equal(call("GET", "/subscriptions/1"), null);
    assert.equal(call("GET", "/subscriptions"), null);
    assert.equal(call("POST", "/subscriptions/1/reauthorize"), null);
  });

  it("limits the app over all its tenants", () => {
    demandLimit(40, 20_000, (index) => call("GET", "/subscriptions", `tenant ${index % 2}`));
    now += 20_000;
    demandLimit(2_000, 20_000, (index) => call("POST", "/subscriptions", `tenant ${index % 5}`));
  });

  it("never takes more than it may in any window, and takes whoever comes back when told", () => {
    const steps = fc.array(
      fc.record({ waitMs: fc.nat(9_000), tenant: fc.constantFrom("a", "b"), comesBack: fc.boolean() }),
      { minLength: 60, maxLength: 200 },
    );
    fc.assert(
      fc.property(steps, (plan) => {
        now = 0;
        call = createCaller(() => now);
        const taken: { at: number; tenant: string }[] = [];
        for (const { waitMs, tenant, comesBack } of plan) {
          // Mostly a crowd, now and then a pause.
          now += waitMs > 8_000 ? waitMs : waitMs % 200;
          const waitS = call("GET", "/subscriptions", tenant);
          if (waitS === null) taken.push({ at: now, tenant });
          if (waitS === null || !comesBack) continue;
          now += waitS * 1_000;
          assert.equal(call("GET", "/subscriptions", tenant), null);
          taken.push({ at: now, tenant });
        }
        for (const { at, tenant } of taken) {
          const inWindow = taken.filter((one) => one.at > at - 20_000 && one.at <= at);
          assert.ok(inWindow.length <= 40, "of the app");
          assert.ok(inWindow.filter((one) => one.tenant === tenant).length <= 25, "of a tenant");
        }
      }),
      { numRuns: 60 },
    );
  });

  it("does not count a call that nobody stands up for, and one call once", () => {
    let isBelieved = false;
    const { handlers } = createGraphLimits(() => now)({
      area: "graph",
      handlers: {
        any: ({ countCall }) => {
          for (let times = 0; isBelieved && times < 3; times += 1) countCall?.("contoso");
          return { status: isBelieved ? 200 : 401 };
        },
      },
    });
    const request = { method: "GET", path: "/v1.0/chats/c1/messages", params: {}, headers: {} };
    const handle = () => handlers.any?.({ ...request, query: new URLSearchParams(), body: Buffer.alloc(0) });
    for (let times = 0; times < 5; times += 1) assert.deepEqual(handle(), { status: 401 });
    isBelieved = true;
    assert.deepEqual(handle(), { status: 200 });
    assert.throws(handle, { status: 429 });
  });
});

describe("emulated tenant: the book of subscriptions", () => {
  const createOne = (id: string, organisationId = "contoso", expiresAtMs = 100): Subscription =>
    ({
      organisationId,
      scope: { kind: "chat", chatId: `chat ${id}` },
      expiresAtMs,
      resource: { id },
    }) as Subscription;

  it("has room for so many in each organisation; those that expired are not counted", () => {
    let now = 0;
    const book = createSubscriptionBook(() => now, 2);
    book.put(createOne("1", "contoso", 50));
    book.put(createOne("2"));
    assert.throws(() => book.put(createOne("3")), {
      status: 403,
      message: /maximum number of subscriptions/,
    });
    assert.equal(book.find("3"), undefined);
    book.put(createOne("4", "fabrikam"));
    // A renewal is not a new one.
    book.put(createOne("2", "contoso", 200));
    now = 50;
    book.put(createOne("3"));
    assert.deepEqual(
      book.list("contoso").map(({ resource }) => resource.id),
      ["2", "3"],
    );
    book.remove("2");
    book.put(createOne("5"));
    assert.deepEqual(book.listAll().length, 3);
  });

  it("finds one by its scope, until it is removed or over", () => {
    let now = 0;
    const book = createSubscriptionBook(() => now);
    const one = createOne("1");
    book.put(one);
    assert.equal(book.findDuplicate("contoso", one.scope), one);
    assert.equal(book.findDuplicate("fabrikam", one.scope), undefined);
    now = 100;
    assert.equal(book.findDuplicate("contoso", one.scope), undefined);
    assert.deepEqual(book.list("contoso"), []);
    const other = createOne("2", "contoso", 300);
    book.put(other);
    book.remove("2");
    assert.equal(book.findDuplicate("contoso", other.scope), undefined);
    book.remove("2");
  });
});
