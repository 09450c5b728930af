/** What the control API says to a wrong call, in words of its own, and what it takes. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { createConsents } from "../../src/emulator/consents.ts";
import { parseControl, parseFaults, word } from "../../src/emulator/control-shapes.ts";
import { readHtmlWords } from "../../src/emulator/html-words.ts";
import { createInstallations } from "../../src/emulator/installations.ts";
import { APP_ROLES, RSC_PERMISSIONS } from "../../src/emulator/known-permissions.ts";
import { extras, readSaid } from "../../src/emulator/payload-shapes.ts";
import { createSeed } from "../../src/emulator/seed.ts";

const shape = z.strictObject({
  person: word,
  kind: z.enum(["red", "blue"]).optional(),
  index: z.number().int().min(0).max(9).optional(),
  share: z.number().positive().optional(),
  on: z.boolean().optional(),
  members: z.array(word).max(2).optional(),
  inputs: z.record(word, z.string()).optional(),
  url: z.url().optional(),
  attachments: extras.attachments,
});

describe("a wrong call to the control API", () => {
  const rows: [fields: object, said: string, right: object][] = [
    [{ person: undefined }, "person is missing.", {}],
    [{ person: 7 }, "person must be text.", {}],
    [{ person: null }, "person must be text.", {}],
    [{ person: "" }, "person must not be empty.", {}],
    [{ person: "x".repeat(2_049) }, "person must have at most 2048 characters.", {}],
    [{ kind: "green" }, "kind must be one of red, blue.", { kind: "red" }],
    [{ index: -1 }, "index must be at least 0.", { index: 0 }],
    [{ index: 10 }, "index must be at most 9.", { index: 9 }],
    [{ index: 1.5 }, "index must be a whole number.", { index: 1 }],
    [{ index: "1" }, "index must be a number.", { index: 1 }],
    [{ share: 0 }, "share must be more than 0.", { share: 0.1 }],
    [{ on: "yes" }, "on must be true or false.", { on: true }],
    [{ members: "Mira" }, "members must be a list.", { members: ["Mira"] }],
    [{ members: ["a", "b", "c"] }, "members must have at most 2 entries.", { members: [] }],
    [{ members: [7] }, "members.0 must be text.", { members: ["7"] }],
    [{ inputs: [] }, "inputs must be an object.", { inputs: { a: "b" } }],
    [{ url: "bot" }, "url must be a URL.", { url: "http://bot/" }],
    [{ more: 1 }, 'the body: there is no "more".', {}],
    [
      { attachments: [{ video: "x" }] },
      "attachments.0.file is missing, or attachments.0.card is missing, or attachments.0.code is missing.",
      { attachments: [{ file: "x" }] },
    ],
  ];
  for (const [fields, said, right] of rows) {
    it(`is told: ${said}`, () => {
      assert.throws(() => parseControl(shape, { person: "Mira", ...fields }), { status: 400, message: said });
      assert.doesNotThrow(() => parseControl(shape, { person: "Mira", ...right }));
    });
  }

  it("is told so too of a body that is none, and of trouble", () => {
    assert.throws(() => parseControl(shape, "x"), { message: "the body must be an object." });
    const named = {
      message: "graph.all.throttleCall must be at most 1.",
    };
    assert.throws(() => parseFaults({ seed: 1, graph: { all: { throttleCall: 2 } } }), named);
    assert.ok(parseFaults({ seed: 1, graph: { all: { throttleCall: 1 } } }));
    assert.throws(() => parseFaults({ deliveries: {} }), { message: "seed is missing." });
    assert.throws(() => parseControl(z.strictObject({ of: z.enum(["a", "b"]) }), {}), {
      message: "of is missing: it is one of a, b.",
    });
  });
});

describe("words of the control API", () => {
  it("may be HTML alone, and are then what it says", () => {
    const html = "<p>Steps:&nbsp;<b>a&amp;b</b></p>\n<ul><li>one</li><li>two &#x1F600;</li></ul>";
    const text = "Steps: a&b\none\ntwo 😀";
    assert.equal(readHtmlWords(html), text);
    const said = readSaid({ html });
    assert.deepEqual([said.html, "text" in said && said.text], [html, text]);
    const beside = readSaid({ html, text: "Steps" });
    assert.equal("text" in beside && beside.text, "Steps");
    assert.equal(readHtmlWords("1 &lt; 2 &unknown; &#1114112;"), "1 < 2 &unknown; &#1114112;");
  });

  it("are demanded, and a mention in HTML says who it is", () => {
    assert.throws(() => readSaid({}), { status: 400, message: /`html` may stand beside it, or alone/ });
    assert.throws(() => readSaid({ html: "<p> </p>" }), { status: 400 });
    assert.throws(() => readSaid({ html: "x", text: "x", parts: [{ text: "x" }] }), { status: 400 });
    const html = '<p><at id="0">Mira</at></p>';
    assert.throws(() => readSaid({ html }), { status: 400, message: /`parts`/ });
    assert.doesNotThrow(() => readSaid({ html, parts: [{ mention: { id: "mira", name: "Mira" } }] }));
  });
});

describe("permissions of the emulated tenant", () => {
  it("are known by name wherever one is looked for", () => {
    const folder = resolve(import.meta.dirname, "../../src/emulator");
    const sources = globSync(`${folder}/*.ts`).map((file) => readFileSync(file, "utf8"));
    const listNamed = (end: string) => [
      ...new Set(
        sources.flatMap((text) =>
          [...text.matchAll(new RegExp(`"((?:[A-Z]\\w+\\.)+${end})"`, "g"))].map(([, name = ""]) => name),
        ),
      ),
    ];
    const [roles, grants] = [listNamed("(?:All|WhereInstalled)"), listNamed("(?:Group|Chat|User)")];
    assert.ok(roles.length > 20 && grants.length > 20);
    for (const [named, known] of [
      [roles, APP_ROLES],
      [grants, RSC_PERMISSIONS],
    ] as const) {
      assert.deepEqual(
        named.filter((name) => !known.includes(name)),
        [],
      );
      assert.equal(new Set(known).size, known.length);
    }
  });

  it("are withdrawn where they are held, and not twice", () => {
    const [contoso] = createSeed(0, false).customers;
    assert.ok(contoso);
    const consents = createConsents([contoso], ["Chat.Read.All"]);
    consents.withdraw(contoso.id, "Chat.Read.All");
    assert.throws(() => consents.withdraw(contoso.id, "Chat.Read.All"), {
      status: 409,
      message: /Chat\.Read\.All/,
    });
    consents.grant(contoso.id, "Chat.Read.All");
    assert.doesNotThrow(() => consents.withdraw(contoso.id, "Chat.Read.All"));

    const [team] = contoso.teams;
    assert.ok(team);
    const installations = createInstallations(["ChannelMessage.Read.Group"], () => undefined);
    assert.throws(() => installations.setGrants(team.id, []), { status: 404 });
    installations.install({ kind: "team", organisation: contoso, team });
    installations.setGrants(team.id, []);
    assert.throws(() => installations.setGrants(team.id, []), { status: 409, message: /are none/ });
    installations.setGrants(team.id, ["ChannelMessage.Read.Group"]);
    assert.throws(() => installations.setGrants(team.id, ["ChannelMessage.Read.Group"]), { status: 409 });
    installations.upgrade({ kind: "team", organisation: contoso, team });
    assert.deepEqual(installations.listGrants(team.id), ["ChannelMessage.Read.Group"]);
  });
});
