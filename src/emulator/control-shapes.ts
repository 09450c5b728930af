/** What the control API takes, as shapes: an unknown name is refused, and the refusal says which. */
import { z } from "zod";
import { ApiFault } from "./api-fault.ts";
import { describeIssue } from "./describe-issue.ts";
import type { Faults } from "./faults.ts";

const chance = z.number().min(0).max(1);
const callChance = z.union([chance, z.strictObject({ untilAt: z.number() })]);
const milliseconds = z.number().int().min(0).max(3_600_000);

const callFaults = z.strictObject({
  throttleCall: callChance.optional(),
  throttleCallBare: callChance.optional(),
  refuseCall500: callChance.optional(),
  refuseCall502: callChance.optional(),
  refuseCall503: callChance.optional(),
  refuseCall504: callChance.optional(),
  cutCall: callChance.optional(),
  takeAndCutCall: callChance.optional(),
  redirectCall: callChance.optional(),
  hangCall: z.strictObject({ chance, ms: milliseconds }).optional(),
});

const service = <Group extends string>(...groups: readonly Group[]) =>
  z
    .strictObject({
      ...(Object.fromEntries(["all", ...groups].map((group) => [group, callFaults.optional()])) as Record<
        Group | "all",
        z.ZodOptional<typeof callFaults>
      >),
      outage: z.boolean().optional(),
    })
    .optional();

/** As `Faults` has it. */
const faultsShape = z.strictObject({
  seed: z.number().int(),
  deliveries: z
    .strictObject({
      duplicate: chance.optional(),
      delay: z.strictObject({ chance, mostMs: milliseconds }).optional(),
      reorder: chance.optional(),
      loseGraph: chance.optional(),
      loseAnswer: chance.optional(),
      poison: chance.optional(),
    })
    .optional(),
  sends: z
    .strictObject({
      throttle: chance.optional(),
      refuse412: chance.optional(),
      refuse500: chance.optional(),
      takenBut500: chance.optional(),
      hangUp: chance.optional(),
      takenButHangUp: chance.optional(),
      slow: z.strictObject({ chance, ms: milliseconds }).optional(),
    })
    .optional(),
  graph: service("subscriptions", "messages", "channels"),
  connector: service("activities", "members", "conversations"),
  entra: service("tokens", "metadata", "keys"),
  botLogin: service("metadata", "keys"),
});

/** Names, ids and texts. */
export const word = z.string().min(1).max(2_048);
const text = z.string().min(1).max(28_000);
const part = z.union([
  z.strictObject({ text }),
  z.strictObject({ mention: z.strictObject({ id: word, name: word }) }),
]);
/** What is said: `text` as it stands, or `parts` with mentions; `readWords` demands one of them. */
export const words = { text: text.optional(), parts: z.array(part).min(1).max(200).optional() };

/** Throws 400 where there is neither, or both. */
export function readWords(given: z.infer<z.ZodObject<typeof words>>) {
  if (given.text !== undefined && given.parts === undefined) return { text: given.text };
  if (given.parts !== undefined && given.text === undefined) return { parts: given.parts };
  throw new ApiFault(
    400,
    "BadRequest",
    "text: say it by `text` or by `parts`, and by one of them; `html` may stand beside it, or alone.",
  );
}

/** Throws 400 naming the first field that is wrong. */
export function parseControl<T>(shape: z.ZodType<T>, json: unknown): T {
  const parsed = shape.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const message = issue ? describeIssue(issue, json) : "the body is wrong";
  throw new ApiFault(400, "BadRequest", `${message}.`);
}

/** Throws as above. */
export function parseFaults(json: unknown): Faults | null {
  return parseControl(faultsShape.nullable(), json);
}
