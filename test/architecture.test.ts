/** The house rules that a machine can hold: direction of imports, size, names, and who may touch the outside. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";

const SRC = resolve(import.meta.dirname, "../src");

/** Rooms by their floor: imports, types included, go down; rooms of one floor do not know each other. */
const FLOORS: readonly (readonly string[])[] = [
  ["model", "errors.ts", "edges.ts", "cloud.ts", "settings.ts", "loopback.ts"],
  ["wire", "storage", "config.ts", "http-server.ts"],
  ["identity", "rules"],
  ["graph", "inbox", "decryptor", "listener-file.ts"],
  ["replies", "subscriptions"],
  ["webhook", "console", "pipeline.ts"],
  ["service.ts", "operator"],
  ["main.ts"],
];

/** What the emulator may take of the service: ground floor, and the shapes (never the parsers) of the wire. */
const EMULATOR_MAY_IMPORT = ["model", "errors.ts", "edges.ts", "loopback.ts"];
const MOST_LINES = 300;
const DRAWERS = /^(utils?|helpers?|common|types|index|lib|misc|shared|interfaces)(\.ts)?$/;

interface Import {
  readonly from: string;
  readonly to: string;
  readonly isTypeOnly: boolean;
}

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
const texts = new Map(files.map((file) => [file, readFileSync(join(SRC, file), "utf8")]));
const imports = files.flatMap(readImports);

function readImports(from: string): Import[] {
  const pattern = /^(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s+)?"(\.[^"]+)";|import\("(\.[^"]+)"\)/gm;
  return [...(texts.get(from) ?? "").matchAll(pattern)].map((match) => ({
    from,
    to: relative(SRC, resolve(SRC, dirname(from), match[2] ?? match[3] ?? "")),
    isTypeOnly: match[1] !== undefined,
  }));
}

const readRoom = (file: string) => file.split("/")[0] ?? file;
const readFloor = (room: string) => FLOORS.findIndex((rooms) => rooms.includes(room));
/** Comments and strings out, so that a word in them is no use of it. */
const readCode = (file: string) =>
  (texts.get(file) ?? "").replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g, '""');
const filesUsing = (pattern: RegExp, except: readonly string[]) =>
  files.filter((file) => !except.includes(file) && pattern.test(readCode(file)));

describe("the house", () => {
  it("reads its own imports", () => {
    assert.ok(files.length > 80, `only ${files.length} files were found`);
    assert.ok(imports.some(({ from, to }) => from === "pipeline.ts" && to === "rules/decide.ts"));
  });

  it("has every file in a room it knows", () => {
    const rooms = new Set([...FLOORS.flat(), "emulator"]);
    assert.deepEqual(
      files.filter((file) => !rooms.has(readRoom(file))),
      [],
    );
  });

  it("imports one way", () => {
    const wrong = imports.filter(({ from, to }) => {
      const [own, other] = [readRoom(from), readRoom(to)];
      if (own === other || own === "emulator" || own === "main.ts") return false;
      return other === "emulator" || readFloor(other) >= readFloor(own);
    });
    assert.deepEqual(wrong, []);
  });

  it("lets the emulator share words with the service, and no parser or crypto", () => {
    const wrong = imports.filter(({ from, to, isTypeOnly }) => {
      if (readRoom(from) !== "emulator" || readRoom(to) === "emulator") return false;
      return !EMULATOR_MAY_IMPORT.includes(readRoom(to)) && !(readRoom(to) === "wire" && isTypeOnly);
    });
    assert.deepEqual(wrong, []);
  });

  it("loads the emulator in main alone, and only when it is asked for", () => {
    const loaders = imports.filter(
      ({ from, to }) => readRoom(to) === "emulator" && readRoom(from) !== "emulator",
    );
    const doors = ["emulator/demo.ts", "emulator/standing-alone.ts"];
    assert.deepEqual(
      loaders,
      doors.map((to) => ({ from: "main.ts", to, isTypeOnly: false })),
    );
    for (const door of doors) assert.ok(texts.get("main.ts")?.includes(`await import("./${door}")`));
  });

  it("has no import cycles", () => {
    const cycles: string[] = [];
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]) => {
      if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(" → "));
      if (path.includes(file) || done.has(file)) return;
      for (const { to } of imports.filter(({ from }) => from === file)) visit(to, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    assert.deepEqual(cycles, []);
  });

  it("imports only files that are there", () => {
    assert.deepEqual(
      imports.filter(({ to }) => !files.includes(to)),
      [],
    );
  });

  it("has no drawers, no barrels and no default exports", () => {
    assert.deepEqual(
      files.filter((file) => file.split("/").some((part) => DRAWERS.test(part))),
      [],
    );
    assert.deepEqual(filesUsing(/^export (\*|default)/m, []), []);
  });

  it("names its files in kebab-case", () => {
    assert.deepEqual(
      files.filter((file) => !/^[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(basename(file))),
      [],
    );
  });

  it("has no file over 300 lines", () => {
    const long = files.filter((file) => (texts.get(file) ?? "").split("\n").length > MOST_LINES + 1);
    assert.deepEqual(long, []);
  });

  it("uses `process` in main alone", () => {
    assert.deepEqual(filesUsing(/(?<![.\w])process\.|node:process/, ["main.ts"]), []);
  });

  it("touches clock, timers, chance, network and console in edges alone", () => {
    const outside =
      /\bDate\.now\(|\bnew Date\(\)|\b(?:set|clear)(?:Timeout|Interval|Immediate)\(|\bperformance\.now|\bMath\.random\(|\bAbortSignal\.timeout\(|(?<![.\w])fetch\(|(?<![.\w])console\./;
    assert.deepEqual(filesUsing(outside, ["edges.ts"]), []);
  });

  it("throws its own errors", () => {
    assert.deepEqual(filesUsing(/throw new (?:Error|TypeError|RangeError)\(/, []), []);
  });
});
