/** `earshot replay --payload`: sends to a bot what was once posted to one, and tells what it answered. */
import { resolve } from "node:path";
import { z } from "zod";
import type { Edges } from "../edges.ts";
import type { ExitCode, Misuse, Surroundings } from "./command.ts";
import { makePlain } from "./make-plain.ts";
import { parseWords } from "./parse-words.ts";
import { readSavedPayload, type PayloadKind, type SavedPayload } from "./saved-payload.ts";

const ANSWER_WITHIN_MS = 20_000;
const SHOWN_AT_MOST = 400;
const NAMES: Readonly<Record<PayloadKind, string>> = {
  batch: "notification batch",
  lifecycle: "lifecycle batch",
  activity: "activity",
};

export interface ReplayPayloadRequest {
  readonly file: string;
  /** The bot: a host, or the whole URL; null: not said. */
  readonly to: string | null;
  /** Base URL of the bot where nothing else is said. */
  readonly endpoint: string | null;
  /** Base URL of the emulated tenant that signs and delivers; null: it is sent as it is. */
  readonly tenant: string | null;
  readonly isJson: boolean;
}

interface Sent {
  readonly url: string;
  /** HTTP status; null: no answer came. */
  readonly status: number | null;
  /** Why none came. */
  readonly fault?: string;
  /** What the bot said, if anything. */
  readonly answer: string;
}

export function parsePayloadWords(
  words: readonly string[],
  { BOT_ENDPOINT }: { readonly BOT_ENDPOINT?: string | undefined },
): ReplayPayloadRequest | Misuse {
  const parsed = parseWords(words, {
    payload: { type: "string" },
    to: { type: "string" },
    tenant: { type: "string" },
    json: { type: "boolean", default: false },
  });
  if ("misuse" in parsed) return parsed;
  const { payload = "", to, tenant, json } = parsed.values;
  if (payload.trim() === "") return { misuse: "--payload is a file. Found: nothing." };
  for (const [name, value] of Object.entries({ to, tenant })) {
    if (value !== undefined && !isWebUrl(value))
      return { misuse: `--${name} is an http or https URL here. Found: ${JSON.stringify(value)}.` };
  }
  const said = { file: resolve(payload), to: to ?? null, tenant: tenant ?? null, isJson: json };
  if (to !== undefined || tenant !== undefined) return { ...said, endpoint: null };
  const endpoint = BOT_ENDPOINT?.trim() ?? "";
  if (endpoint === "")
    return { misuse: "There is nowhere to send it: give --to or --tenant, or set BOT_ENDPOINT." };
  if (!isWebUrl(endpoint))
    return { misuse: `BOT_ENDPOINT is an http or https URL. Found: ${JSON.stringify(endpoint)}.` };
  return { ...said, endpoint: endpoint.replace(/\/+$/, "") };
}

/** Throws `wire-shape` for a file that holds no payload. */
export async function replayPayload(
  request: ReplayPayloadRequest,
  { edges, print }: Pick<Surroundings, "edges" | "print">,
): Promise<ExitCode> {
  const saved = await readSavedPayload(request.file);
  const to = request.to === null ? null : aim(request.to, saved.path);
  const sent =
    request.tenant === null
      ? await sendAsItIs(edges, to ?? `${request.endpoint}${saved.path}`, saved)
      : await sendByTenant(edges, request.tenant, to, saved);
  if (request.isJson) print(JSON.stringify({ kind: saved.kind, tenant: request.tenant, ...sent }));
  else for (const line of formatSent(saved.kind, request.tenant, sent)) print(line);
  return isTaken(sent) ? 0 : 1;
}

/** A URL with a path is meant as it stands; a bare host gets the payload's own. */
function aim(to: string, path: string): string {
  const url = new URL(to);
  if (url.pathname === "/") url.pathname = path;
  return url.href;
}

async function sendAsItIs(edges: Edges, url: string, { payload }: SavedPayload): Promise<Sent> {
  return { url, ...(await post(edges, url, payload)) };
}

const Answered = z.looseObject({
  result: z.looseObject({
    answer: z.string(),
    delivery: z.looseObject({
      url: z.string(),
      state: z.string(),
      attempts: z.array(z.looseObject({ status: z.number().nullable(), fault: z.string().optional() })),
    }),
  }),
});

/** The tenant signs it anew and posts it; a bot believes nobody else. */
async function sendByTenant(
  edges: Edges,
  tenant: string,
  to: string | null,
  { payload }: SavedPayload,
): Promise<Sent> {
  const url = new URL("/control/acts/replay", tenant).href;
  const asked = await post(
    edges,
    url,
    { payload, ...(to === null ? {} : { to }) },
    { "x-earshot-control": "1" },
  );
  const parsed = Answered.safeParse(asked.status === 200 ? parseJson(asked.answer) : null);
  if (!parsed.success) {
    const said = asked.fault ?? `${asked.status ?? ""} ${readRefusal(asked.answer)}`.trim();
    return {
      url: to ?? tenant,
      status: null,
      fault: `the tenant at ${tenant} did not send it: ${said}`,
      answer: "",
    };
  }
  const { delivery, answer } = parsed.data.result;
  const last = delivery.attempts.at(-1);
  const fault = last ? last.fault : `the tenant did not post it: ${delivery.state}`;
  return {
    url: delivery.url,
    status: last?.status ?? null,
    ...(fault === undefined ? {} : { fault }),
    answer,
  };
}

async function post(
  edges: Edges,
  url: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Omit<Sent, "url">> {
  try {
    const response = await edges.fetch(url, {
      ...{ method: "POST", redirect: "manual", signal: edges.timeout(ANSWER_WITHIN_MS) },
      headers: { "content-type": "application/json; charset=utf-8", ...headers },
      body: JSON.stringify(body),
    });
    return { status: response.status, answer: await response.text() };
  } catch (thrown) {
    const isLate = thrown instanceof Error && thrown.name === "TimeoutError";
    const cause = thrown instanceof Error ? (thrown.cause ?? thrown) : thrown;
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    return { status: null, fault: isLate ? `no answer in ${ANSWER_WITHIN_MS / 1_000} s` : code, answer: "" };
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** As the control API words it; any other answer as it stands. */
function readRefusal(text: string): string {
  const shape = z.looseObject({ error: z.looseObject({ message: z.string() }) });
  const parsed = shape.safeParse(parseJson(text));
  return makePlain((parsed.success ? parsed.data.error.message : text).slice(0, SHOWN_AT_MOST));
}

function isTaken({ status }: Sent): boolean {
  return status !== null && status >= 200 && status < 300;
}

function formatSent(kind: PayloadKind, tenant: string | null, sent: Sent): string[] {
  const { url, status, fault, answer } = sent;
  const how = tenant === null ? "as it is, unsigned" : `signed by the tenant at ${tenant}`;
  const what = `${NAMES[kind]} to ${makePlain(url)}`;
  if (status === null) return [`Not answered: ${what}: ${makePlain(fault ?? "no answer came")}.`];
  const lines = [`Sent: ${what}, ${how}.`, `The bot answered ${status}.`];
  if (answer.trim() !== "") lines.push(`It said: ${makePlain(answer.slice(0, SHOWN_AT_MOST))}`);
  if (tenant === null && status === 401) {
    lines.push("It believes no unsigned activity: let an emulated tenant sign it with --tenant <url>.");
  }
  if (tenant === null && kind === "batch" && isTaken(sent)) {
    lines.push(
      "Whether it believed the batch the answer does not tell; Earshot drops what is not signed for it.",
    );
  }
  return lines;
}

function isWebUrl(text: string): boolean {
  return ["http:", "https:"].includes(URL.parse(text)?.protocol ?? "");
}
