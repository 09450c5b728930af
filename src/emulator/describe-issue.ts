/** What is wrong with a call to the control API, as whoever made it would say. */
import type { z } from "zod";

type Issue = z.core.$ZodIssue;

const KINDS: Readonly<Record<string, string>> = {
  ...{ string: "text", number: "a number", int: "a whole number", boolean: "true or false" },
  ...{ array: "a list", object: "an object", record: "an object", null: "null" },
};

/** `json` is what was looked at. */
export function describeIssue(issue: Issue, json: unknown): string {
  const name = issue.path.length === 0 ? "the body" : issue.path.join(".");
  const isMissing = readAt(json, issue.path) === undefined;
  switch (issue.code) {
    case "invalid_type":
      return `${name} ${isMissing ? "is missing" : `must be ${KINDS[issue.expected] ?? issue.expected}`}`;
    case "invalid_value":
      return `${name} ${isMissing ? "is missing: it is" : "must be"} one of ${issue.values.join(", ")}`;
    case "invalid_format":
      return `${name} must be ${issue.format === "url" ? "a URL" : "of another form"}`;
    case "too_small":
      return `${name} must ${issue.origin === "number" ? `be ${describeBound(issue.inclusive, "at least", "more than")} ${issue.minimum}` : "not be empty"}`;
    case "too_big":
      return `${name} must ${issue.origin === "number" ? "be" : "have"} ${describeBound(issue.inclusive, "at most", "less than")} ${issue.maximum}${UNITS[issue.origin] ?? ""}`;
    case "unrecognized_keys":
      return `${name}: there is no ${issue.keys.map((key) => JSON.stringify(key)).join(", ")}`;
    case "invalid_union": {
      if (isMissing) return `${name} is missing`;
      const whys = issue.errors.flatMap(([first]) =>
        first ? [describeIssue({ ...first, path: [...issue.path, ...first.path] }, json)] : [],
      );
      return [...new Set(whys)].join(", or ");
    }
    default:
      return `${name}: ${issue.message}`;
  }
}

const UNITS: Readonly<Record<string, string>> = { string: " characters", array: " entries" };

function describeBound(inclusive: boolean | undefined, within: string, beyond: string): string {
  return inclusive === false ? beyond : within;
}

function readAt(json: unknown, path: readonly PropertyKey[]): unknown {
  let at = json;
  for (const key of path) {
    if (typeof at !== "object" || at === null) return undefined;
    at = (at as Record<PropertyKey, unknown>)[key];
  }
  return at;
}
