/** Graph's question to a notification URL: are you there, and do you want this? */
import type { Edges } from "../edges.ts";
import { ApiFault } from "./api-fault.ts";

const LIMIT_MS = 10_000;

/**
 * Posts `?validationToken=…` and wants, within 10 seconds, status 200, `text/plain`, and the decoded token as body.
 * The token has characters that must be encoded in a URL, so that a subscriber who decodes twice, or not at all, is
 * found out. Throws 400 `ValidationError`.
 * Source: https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
 */
export async function validateEndpoint(
  edges: Pick<Edges, "fetch" | "sleep" | "randomUuid">,
  notificationUrl: string,
): Promise<void> {
  const token = `Validation: Testing client application reachability for subscription Request-Id: ${edges.randomUuid()} <100%25 & a+b>`;
  const url = `${notificationUrl}${notificationUrl.includes("?") ? "&" : "?"}validationToken=${encodeURIComponent(token)}`;
  const limit = new AbortController();
  const answered = new AbortController();
  void edges.sleep(LIMIT_MS, answered.signal).then(() => limit.abort());
  let answer: { status: number; type: string; text: string };
  try {
    const response = await edges.fetch(url, {
      ...{ method: "POST", redirect: "manual", signal: limit.signal },
      headers: { "content-type": "text/plain; charset=utf-8" },
    });
    const type = response.headers.get("content-type") ?? "";
    answer = { status: response.status, type, text: await response.text() };
  } catch {
    const what = limit.signal.aborted
      ? "Subscription validation request timed out."
      : "Subscription validation request failed. The notification endpoint cannot be reached.";
    throw new ApiFault(400, "ValidationError", what);
  } finally {
    answered.abort();
  }
  const { status, type, text } = answer;
  if (status !== 200) {
    throw refuse(
      `Notification endpoint must respond with 200 OK to validation request, but responded ${status}.`,
    );
  }
  if (!/^text\/plain\s*(;|$)/i.test(type)) throw refuse(`Content type must be text/plain, but is '${type}'.`);
  if (text !== token) throw refuse("The body must be the decoded validation token and nothing else.");
}

function refuse(reason: string): ApiFault {
  return new ApiFault(400, "ValidationError", `Subscription validation request failed. ${reason}`);
}
