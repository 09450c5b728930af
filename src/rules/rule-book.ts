/** `listener.yaml` → a rule book, or every fault in it by file, line, rule and remedy. Pure: files come as text. */
import { RE2JS } from "re2js";
import { isMap, isScalar, LineCounter, parseDocument, type Document } from "yaml";
import type { z } from "zod";
import { EarshotError } from "../errors.ts";
import type { ListenEntry } from "../model/listen.ts";
import { createKnownKeys } from "./known-keys.ts";
import { findListenFaults, formatListenKey, readListenEntry } from "./listen-grammar.ts";
import { createMatcher } from "./matching.ts";
import { buildAction, type ReadCard, type RuleAction } from "./rule-action.ts";
import { listenerGrammar, type ListenerFile } from "./rule-grammar.ts";

export interface RuleBook {
  /** What to listen to, each resource once. */
  readonly listen: readonly ListenEntry[];
  readonly rules: readonly Rule[];
  /** The first rule that fits, or null. */
  findRule(text: string): Rule | null;
}

export interface Rule {
  readonly name: string;
  readonly then: readonly RuleAction[];
}

const NO_RULES: ListenerFile = { listen: ["installed"], rules: [] };

type Path = readonly PropertyKey[];
/** A file that is wrong from its beginning has a fault a line; nobody reads them all. */
const MOST_REPORTED = 50;

/** Throws `listener-file-invalid` with a report of every fault. */
export function parseRuleBook(source: { file: string; text: string; readCard: ReadCard }): RuleBook {
  const lines = new LineCounter();
  const document = parseDocument(source.text, { lineCounter: lines, prettyErrors: false, logLevel: "error" });
  const faults: { line: number; text: string }[] = [...document.errors, ...document.warnings].map(
    (error) => ({
      line: lines.linePos(error.pos[0]).line,
      text: `is not YAML that can be used: ${error.message}`,
    }),
  );
  const report = (path: Path, text: string) => {
    faults.push({ line: findLine(document, lines, path), text: `${describePlace(document, path)}${text}` });
  };
  const stopAtFaults = () => {
    if (faults.length === 0) return;
    const rows = faults
      .sort((a, b) => a.line - b.line)
      .slice(0, MOST_REPORTED)
      .map(({ line, text }) => `  ${source.file}:${line} ${text}`);
    if (faults.length > rows.length) rows.push(`  and ${faults.length - rows.length} more`);
    throw new EarshotError("listener-file-invalid", ["The rules cannot be used:", ...rows].join("\n"));
  };

  stopAtFaults();
  const file = readGrammar(readPlainValue(document, report), report);
  stopAtFaults();

  const listen = file.listen.map(readListenEntry);
  const keys = listen.map(formatListenKey);
  keys.forEach((key, index) => {
    if (keys.indexOf(key) === index) return;
    report(["listen", index], `says what entry ${keys.indexOf(key) + 1} says: leave one of the two out`);
  });
  const names = file.rules.map(({ name }) => name);
  const rules = file.rules.map((rule, index): Rule => {
    const path = ["rules", index];
    if (names.indexOf(rule.name) !== index) {
      report(
        [...path, "name"],
        "has the name of an earlier rule: give each its own, the ledger tells them apart by it",
      );
    }
    const then = rule.then.map((action, at) =>
      buildAction(action, source.readCard, (text) => {
        report([...path, "then", at], text);
      }),
    );
    return { name: rule.name, then: then.filter((action) => action !== null) };
  });
  const match = createMatcher(
    file.rules.map(({ when }, index) => ({
      phrases: when.text === undefined ? [] : [when.text].flat(),
      pattern:
        when.matches === undefined
          ? null
          : compilePattern(when.matches, (text) => {
              report(["rules", index, "when", "matches"], text);
            }),
    })),
  );
  stopAtFaults();

  return {
    listen,
    rules,
    findRule: (text) => {
      const index = match(text);
      return index === null ? null : (rules[index] ?? null);
    },
  };
}

/** Aliases are filled in here: one that names nothing, or a few that would grow without end, are faults. */
function readPlainValue(document: Document, report: (path: Path, text: string) => void): unknown {
  try {
    return document.toJS();
  } catch (error) {
    report([], `has aliases that cannot be used: ${error instanceof Error ? error.message : String(error)}`);
    return NO_RULES;
  }
}

/** A faulty file reads as one without rules; its faults are reported. */
function readGrammar(input: unknown, report: (path: Path, text: string) => void): ListenerFile {
  const parsed = listenerGrammar.safeParse(input);
  if (parsed.success) return parsed.data;
  const listKnownKeys = createKnownKeys();
  for (const issue of explainListenIssues(parsed.error.issues, input)) {
    if (issue.code === "unrecognized_keys") {
      const unknown = issue.keys.map(formatKey).join(", ");
      const known = listKnownKeys(issue.path, input).map(formatKey).join(", ");
      report(issue.path, `has ${unknown}, which means nothing here; there may be ${known}`);
    } else {
      reportIssue(issue, report);
    }
  }
  return NO_RULES;
}

function formatKey(key: string): string {
  return `\`${key}\``;
}

/** Of an entry that fits no form of `listen:`, what is wrong with the form that was meant: once, for all its issues. */
function explainListenIssues(
  issues: readonly z.core.$ZodIssue[],
  input: unknown,
): readonly z.core.$ZodIssue[] {
  const explained = new Set<number>();
  return issues.flatMap((issue) => {
    const [top, index] = issue.path;
    if (top !== "listen" || typeof index !== "number") return [issue];
    if (explained.has(index)) return [];
    explained.add(index);
    const { listen } = input as { listen: readonly unknown[] };
    return findListenFaults(listen[index]).map((each) => ({ ...each, path: [top, index, ...each.path] }));
  });
}

function compilePattern(pattern: string, report: (text: string) => void): RE2JS | null {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    report(`is not an RE2 pattern (${found}); look-around and back-references are not part of RE2`);
    return null;
  }
}

function reportIssue(issue: z.core.$ZodIssue, report: (path: Path, text: string) => void): void {
  if (issue.code === "invalid_union") {
    report(issue.path, describeUnion(issue));
  } else if (issue.code === "invalid_type" && issue.message.includes("received undefined")) {
    report(issue.path.slice(0, -1), `lacks \`${String(issue.path.at(-1))}\``);
  } else if (issue.code === "invalid_type" && issue.path.length === 0) {
    report([], "must hold `rules:` and under it a list of rules");
  } else if (issue.code === "invalid_type" && issue.expected === "array") {
    report(issue.path, "must be a list: below it a line for each item, which begins with `- `");
  } else if (issue.code === "too_small") {
    report(issue.path, "must not be empty");
  } else if (issue.code === "too_big") {
    report(
      issue.path,
      `must have at most ${issue.maximum} ${issue.origin === "array" ? "items" : "characters"}`,
    );
  } else {
    report(issue.path, issue.message.replace(/^Invalid (input|string): ?/, "is not right: "));
  }
}

/** Names the alternatives rather than the library's reasons against each. */
function describeUnion(issue: z.core.$ZodIssueInvalidUnion): string {
  const last = String(issue.path.at(-1));
  if (last === "reply") return "must be a text or { card: <path> }";
  if (last === "text") return "must be a word or phrase, or a list of them (a number in quotes)";
  return "must be one of `react: <reaction>`, `reply: <text>` or `reply: { card: <path> }`";
}

/** `rule "outage", then[1]: ` */
function describePlace(document: Document, path: Path): string {
  const [top, index, ...rest] = path;
  if ((top !== "rules" && top !== "listen") || typeof index !== "number")
    return path.length > 0 ? `\`${path.join(".")}\` ` : "the file ";
  const name = document.getIn([top, index, "name"]);
  const where = rest.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  const what = top === "listen" ? "`listen` entry" : "rule";
  const which = top === "rules" && typeof name === "string" ? `"${name}"` : index + 1;
  return `${what} ${which}${where ? `, ${where.slice(1)}` : ""} `;
}

/** The line of the deepest node on the path that is in the file. */
function findLine(document: Document, lines: LineCounter, path: Path): number {
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const node: unknown = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
    if (isScalar(node) || isMap(node) || (typeof node === "object" && node !== null && "range" in node)) {
      const { range } = node as { range?: [number, number, number] | null };
      if (range) return lines.linePos(range[0]).line;
    }
  }
  return 1;
}
