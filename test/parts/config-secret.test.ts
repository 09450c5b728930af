import assert from "node:assert/strict";
import { inspect } from "node:util";
import { parseConfig, parseDatabase, type Environment } from "../../src/config.ts";

const SECRET = "s3cret~of.the-app";
const good: Environment = {
  BOT_ID: "0a1b2c3d-0000-4000-8000-00000000000a",
  BOT_PASSWORD: SECRET,
  BOT_TENANT_ID: "0a1b2c3d-0000-4000-8000-00000000000b",
  TEAMS_APP_ID: "0a1b2c3d-0000-4000-8000-00000000000c",
  BOT_ENDPOINT: "https://bot.example.com",
};
const parse = (change: Environment = {}) => parseConfig({ ...good, ...change });

describe("the secret", () => {
  it("is revealed to the one that asks", () => {
    assert.equal(parse().bot.password?.reveal(), SECRET);
    assert.equal(parse({ BOT_TYPE: "UserAssignedMSI", BOT_PASSWORD: "" }).bot.password, null);
  });

  it("is shown nowhere else", () => {
    const config = parse();
    const { password } = config.bot;
    const shown = [
      JSON.stringify(config),
      inspect(config, { depth: 9, showHidden: true }),
      inspect(config, { depth: 9, customInspect: false, showHidden: true }),
      String(password),
      inspect(password),
      JSON.stringify({ ...config.bot }),
      Object.values(password ?? {}).join(),
    ];
    for (const text of shown) assert.ok(!text.includes(SECRET), text);
    assert.equal(String(password), "[secret]");
    assert.ok(shown[0]?.includes('"password":"[secret]"'));
  });

  it("is in no report of faults", () => {
    assert.throws(
      () => parseConfig({ BOT_PASSWORD: SECRET, PORT: "x", CLOUD: "x" }),
      (error: Error) => !inspect(error, { showHidden: true, depth: 9 }).includes(SECRET),
    );
  });

  it("in another setting's URL is hidden in the report", () => {
    for (const url of [`mysql://me:${SECRET}@db/x`, `postgres://me:a/${SECRET}@db/x`]) {
      assert.throws(
        () => parse({ DATABASE_URL: url }),
        ({ message }: Error) =>
          /Found: "\w+:\/\/\[hidden\]@db\/x"\./.test(message) && !message.includes(SECRET),
      );
    }
  });

  it("in a database's URL is revealed to the one that connects, and shown nowhere else", () => {
    const url = `postgres://me:${SECRET}@db/x`;
    const { database } = parse({ DATABASE_URL: url });
    assert.ok(database.kind === "postgres");
    assert.equal(database.url.reveal(), url);
    assert.equal(inspect(parseDatabase({ DATABASE_URL: url })).includes(SECRET), false);
    assert.equal(inspect(database, { depth: 9 }).includes(SECRET), false);
    assert.equal(JSON.stringify(database).includes(SECRET), false);
  });
});

describe("the configuration", () => {
  it("is frozen to its depth", () => {
    const seen = new Set<object>();
    const visit = (value: object) => {
      seen.add(value);
      assert.ok(Object.isFrozen(value), inspect(value));
      for (const member of Object.values(value))
        if (typeof member === "object" && member !== null) visit(member as object);
    };
    visit(parse());
    assert.ok(seen.size >= 7, `only ${seen.size} objects`);
  });
});
