/** The files at top level that people edit: the example rules, and the schema by which editors complete them. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Decision } from "../../src/model/decision.ts";
import { loadConversationCards, loadRuleBook } from "../../src/listener-file.ts";
import { decide } from "../../src/rules/decide.ts";
import { buildListenerSchema } from "../../src/rules/rule-grammar.ts";
import { say } from "./said.ts";

const readTop = (name: string) => new URL(`../../${name}`, import.meta.url);
const LISTENER_FILE = fileURLToPath(readTop("listener.yaml"));

describe("listener.schema.json", () => {
  it("is made from the grammar", () => {
    const kept: unknown = JSON.parse(readFileSync(readTop("listener.schema.json"), "utf8"));
    assert.deepEqual(
      kept,
      JSON.parse(JSON.stringify(buildListenerSchema())),
      "the grammar has changed: write buildListenerSchema() to listener.schema.json and let prettier form it",
    );
  });

  it("is what the example names, so that editors find it", () => {
    const [first] = readFileSync(LISTENER_FILE, "utf8").split("\n");
    assert.equal(first, "# yaml-language-server: $schema=./listener.schema.json");
  });

  it("describes each key, and allows no other", () => {
    const objects: {
      properties: Record<string, { description?: string }>;
      additionalProperties?: unknown;
    }[] = [];
    JSON.stringify(buildListenerSchema(), (_, value: unknown) => {
      if (typeof value === "object" && value !== null && "properties" in value) objects.push(value as never);
      return value;
    });
    assert.ok(objects.length >= 5, `only ${objects.length} objects`);
    for (const { properties, additionalProperties } of objects) {
      assert.equal(additionalProperties, false);
      for (const [name, { description }] of Object.entries(properties)) assert.ok(description, name);
    }
  });
});

describe("listener.yaml, as it is given", () => {
  const ruleBook = loadRuleBook(LISTENER_FILE);

  it("holds three examples", () => {
    assert.deepEqual(
      ruleBook.rules.map(({ name }) => name),
      ["outage", "password-reset", "thanks"],
    );
  });

  const SAMPLES: readonly [rule: string | null, said: readonly string[]][] = [
    [
      "outage",
      [
        "the wifi is down",
        "Is there an outage?",
        "OUTAGE!!",
        "The printers are down again",
        "my laptop doesn’t work",
        "Outlook keeps crashing, thanks for nothing",
        "VPN not working since noon",
        "the portal is\ndown",
      ],
    ],
    [
      "password-reset",
      [
        "I forgot my password",
        "How do I reset the password of my account?",
        "My Passcode has expired",
        "PASSWORD EXPIRED",
        "can you change my password please, thanks",
      ],
    ],
    ["thanks", ["Thanks!", "thank you so much", "Danke", "many thanks, all", "merci 🙏", "thanks❤️"]],
    [
      null,
      [
        "sit down please",
        "my download is slow",
        "the meeting is downstairs",
        "it was shut down on purpose",
        "outages are discussed in chapter two",
        "passwords are boring",
        "my password manager is nice",
        "reset the router",
        "thankless work",
        "no thankyou",
        "",
        "👍",
      ],
    ],
  ];
  for (const [rule, said] of SAMPLES) {
    for (const text of said) {
      it(`${rule ?? "nothing"}: ${JSON.stringify(text)}`, () => {
        assert.equal(readRule(decide(say(text), ruleBook)), rule);
      });
    }
  }

  it("reacts and answers with a card that says what was said", () => {
    const decision = decide(say("the wifi is down"), ruleBook);
    assert.ok(decision.kind === "act");
    const [react, reply] = decision.actions;
    assert.deepEqual(react, { kind: "react", reaction: "1f440_eyes" });
    assert.ok(reply?.kind === "reply" && reply.content.kind === "card");
    const text = JSON.stringify(reply.content.card);
    assert.ok(text.includes("We heard you, Ada") && text.includes("the wifi is down"));
    assert.doesNotMatch(text, /\$\{/);
  });

  it("answers with text that has the sender's name", () => {
    const decision = decide(say("I forgot my password"), ruleBook);
    assert.ok(decision.kind === "act" && decision.actions[0]?.kind === "reply");
    const { content } = decision.actions[0];
    assert.ok(content.kind === "text" && content.text.startsWith("Ada, you can set a new password yourself"));
  });
});

describe("files that the rules need", () => {
  it("are missed by name and remedy", () => {
    const missing = fileURLToPath(readTop("no-such-listener.yaml"));
    assert.throws(
      () => loadRuleBook(missing),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, "listener-file-invalid");
        assert.ok(error.message.includes(missing) && error.message.includes("LISTENER_FILE"));
        return true;
      },
    );
    assert.equal(loadRuleBook(LISTENER_FILE).rules.length, 3);
  });

  it("are the bot's own cards too", () => {
    const status = {
      ears: [{ name: "General", state: "listening" }],
      rules: ["outage"],
      heard: 1,
      parked: 0,
    };
    const { help, status: statusCard } = loadConversationCards();
    for (const fill of [help, statusCard]) {
      const card = fill({ status: { ...status, ruleList: "outage" } });
      assert.equal((card as { type?: string }).type, "AdaptiveCard");
      assert.doesNotMatch(JSON.stringify(card), /\$\{/);
    }
  });
});

function readRule(decision: Decision): string | null {
  return decision.kind === "act" ? decision.rule : null;
}
