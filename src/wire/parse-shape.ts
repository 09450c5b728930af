import type { z } from "zod";
import { EarshotError } from "../errors.ts";

/**
 * Reads `input` by `schema`. Throws `wire-shape` naming the JSON path and what was wrong there, never the value:
 * it may hold message text.
 */
export function parseShape<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  what: string,
): z.infer<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${formatPath(issue.path)} ${describe(issue)}`);
  throw new EarshotError("wire-shape", `${what}: ${faults.slice(0, 5).join("; ")}`);
}

/** `$.value[0].tenantId` */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) => text + (typeof part === "number" ? `[${part}]` : `.${String(part)}`),
    "$",
  );
}

/** Our own words for a fault: the library's may quote the input. */
function describe(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `must be of type ${issue.expected}`;
    case "too_big":
      return `is larger than ${issue.maximum}`;
    case "too_small":
      return `is smaller than ${issue.minimum}`;
    default:
      return `is not of the expected form (${issue.code})`;
  }
}
