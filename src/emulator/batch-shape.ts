/**
 * What a batch is asked for: the whole of it is refused where one part of it is malformed.
 * Source: https://learn.microsoft.com/graph/json-batching
 */
import { z } from "zod";
import { ApiFault } from "./api-fault.ts";

const MOST_REQUESTS = 20;

const step = z.looseObject({
  id: z.string().min(1),
  method: z.string().min(1),
  url: z.string().min(1),
  headers: z.record(z.string(), z.string()).nullish(),
  body: z.unknown().optional(),
  dependsOn: z.array(z.string()).nullish(),
});

const batch = z.looseObject({ requests: z.array(step) });

export type BatchStep = z.infer<typeof step>;

/** Throws 400. Ids are compared without their letters' case. */
export function parseBatch(input: unknown): readonly BatchStep[] {
  const parsed = batch.safeParse(input);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw refuse(`Invalid batch payload format: ${issue?.path.join(".") ?? "body"}: ${issue?.message ?? ""}`);
  }
  const { requests } = parsed.data;
  if (requests.length === 0) throw refuse("Invalid batch payload format: it has no requests.");
  if (requests.length > MOST_REQUESTS) {
    throw refuse(`Number of batch request steps exceeds the maximum value of ${MOST_REQUESTS}.`);
  }
  const known = new Set<string>();
  for (const { id, method, headers, body, dependsOn } of requests) {
    const own = id.toLowerCase();
    if (known.has(own)) throw refuse(`Request Id ${id} has to be unique in a batch.`);
    const hasType = Object.keys(headers ?? {}).some((name) => name.toLowerCase() === "content-type");
    if (body !== undefined && !hasType) {
      throw refuse(`Write request id : ${id} does not contain Content-Type header or body.`);
    }
    if (body === undefined && /^(put|patch)$/i.test(method)) {
      throw refuse(`Write request id : ${id} does not contain Content-Type header or body.`);
    }
    // What it waits for stands in front of it, so that none waits for itself.
    const unknown = (dependsOn ?? []).find((one) => !known.has(one.toLowerCase()));
    if (unknown !== undefined) {
      throw refuse(`Request ${id} depends on ${unknown}, which is not in front of it in the batch.`);
    }
    known.add(own);
  }
  return requests;
}

function refuse(message: string): ApiFault {
  return new ApiFault(400, "BadRequest", message);
}
