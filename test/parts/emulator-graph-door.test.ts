/** Whose token the emulated Graph takes: each claim wrong by itself, and all of them right. */
import assert from "node:assert/strict";
import type { JWTPayload } from "jose";
import { createEdges } from "../../src/edges.ts";
import { createDirectory } from "../../src/emulator/directory.ts";
import { createGraphDoor, readTokenClaims, type GraphDoor } from "../../src/emulator/graph-access.ts";
import { BOT, createSeed } from "../../src/emulator/seed.ts";
import { createSigningKeys, type SigningKeys } from "../../src/emulator/signing-keys.ts";
import { formatV1Issuer, formatV2Issuer } from "../../src/emulator/tokens.ts";
import { SILENT_LOG } from "../journeys/emulator-fake-bot.ts";

const NOW_MS = Date.UTC(2026, 10, 21, 9);
const NOW_S = NOW_MS / 1_000;
/** Of clocks that differ. */
const SKEW_S = 300;

describe("emulated tenant: Graph's door", () => {
  const edges = { ...createEdges(SILENT_LOG), now: () => NOW_MS };
  const seed = createSeed(NOW_MS, true, {});
  const directory = createDirectory(seed.home, seed.customers);
  const [contoso, fabrikam] = directory.customers;
  assert.ok(contoso && fabrikam);
  let keys: SigningKeys;
  let door: GraphDoor;
  let good: JWTPayload;
  before(async () => {
    keys = await createSigningKeys(edges);
    door = createGraphDoor(keys, directory, BOT);
    good = {
      ...{ aud: "https://graph.microsoft.com", iss: formatV1Issuer(contoso.id), tid: contoso.id },
      ...{ appid: BOT.id, nbf: NOW_S, exp: NOW_S + 3_600, roles: ["Chat.Read.All"] },
    };
  });

  const knock = (authorization: string) =>
    door({
      ...{ method: "GET", path: "/v1.0/subscriptions", params: {}, query: new URLSearchParams() },
      ...{ headers: { authorization }, body: Buffer.alloc(0) },
    });
  const ask = async (change: JWTPayload, by = keys) =>
    knock(`Bearer ${await by.sign({ ...good, ...change })}`);
  const refusal = { status: 401, code: "InvalidAuthenticationToken" };

  const rows: [claim: string, refused: JWTPayload, accepted: JWTPayload][] = [
    ["audience", { aud: "https://api.botframework.com" }, {}],
    ["issuer", { iss: formatV1Issuer(fabrikam.id) }, { iss: formatV1Issuer(fabrikam.id), tid: fabrikam.id }],
    ["form of the issuer, which Graph's own tokens have", { iss: formatV2Issuer(contoso.id) }, {}],
    ["tenant", { tid: "00000000-0000-4000-8000-000000000000" }, { tid: contoso.id }],
    ["tenant by its id, not by its name", { tid: contoso.name, iss: formatV1Issuer(contoso.name) }, {}],
    ["app", { appid: "00000000-0000-4000-8000-000000000000" }, { appid: BOT.id }],
    ["end", { exp: NOW_S - SKEW_S }, { exp: NOW_S - SKEW_S + 1 }],
    ["end at all", { exp: undefined }, {}],
    ["beginning", { nbf: NOW_S + SKEW_S + 1 }, { nbf: NOW_S + SKEW_S }],
  ];
  for (const [claim, refused, accepted] of rows) {
    it(`looks at its ${claim}`, async () => {
      await assert.rejects(ask(refused), refusal);
      const caller = await ask(accepted);
      assert.deepEqual(
        [caller.organisation.id, caller.roles],
        [accepted.tid ?? contoso.id, ["Chat.Read.All"]],
      );
    });
  }

  it("looks at who signed it", async () => {
    await assert.rejects(ask({}, await createSigningKeys(edges)), refusal);
    const unsigned = [{ alg: "none", typ: "JWT" }, good]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    await assert.rejects(knock(`Bearer ${unsigned}.`), refusal);
    assert.ok(await ask({}));
  });

  it("wants a bearer", async () => {
    const token = await keys.sign(good);
    for (const authorization of ["", token, `Basic ${token}`, `Bearer ${token} ${token}`, "Bearer "]) {
      await assert.rejects(knock(authorization), refusal, authorization.slice(0, 20));
    }
    assert.ok(await knock(`bearer ${token}`));
  });

  it("counts a call of whom it believes, and no other", async () => {
    const counted: string[] = [];
    const count = async (bearer: string) =>
      door({
        ...{ method: "GET", path: "/v1.0/subscriptions", params: {}, query: new URLSearchParams() },
        ...{ headers: { authorization: `Bearer ${bearer}` }, body: Buffer.alloc(0) },
        countCall: (tenantId) => void counted.push(tenantId),
      });
    const forged = await (await createSigningKeys(edges)).sign(good);
    await assert.rejects(count(forged), refusal);
    await assert.rejects(count("a.bnVsbA.c"), refusal);
    assert.deepEqual(counted, []);
    await count(await keys.sign(good));
    assert.deepEqual(counted, [contoso.id]);
  });

  it("reads what a token says of itself, if it says anything", () => {
    const read = (payload: string) =>
      readTokenClaims({ headers: { authorization: `Bearer a.${payload}.c` } });
    const text = (claims: unknown) => Buffer.from(JSON.stringify(claims)).toString("base64url");
    assert.deepEqual(read(text({ tid: "t" })), { tid: "t" });
    for (const payload of [text(null), text("tid"), text(7), "", "%%"]) assert.deepEqual(read(payload), {});
  });

  it("takes a token without roles, which then allow nothing", async () => {
    assert.deepEqual((await ask({ roles: undefined })).roles, []);
  });
});
