/** A file with what was once posted to a bot: by itself, or as `earshot tenant --record` keeps it. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { EarshotError } from "../errors.ts";

export type PayloadKind = "batch" | "lifecycle" | "activity";

export interface SavedPayload {
  readonly kind: PayloadKind;
  /** As it goes out. */
  readonly payload: object;
  /** Of the URL that it was once posted to, or of the bot's own route where the file does not tell. */
  readonly path: string;
}

/** The bot's own routes. */
const PATHS: Readonly<Record<PayloadKind, string>> = {
  batch: "/api/notifications",
  lifecycle: "/api/lifecycle",
  activity: "/api/messages",
};

const Recording = z.looseObject({
  sender: z.enum(["graph", "bot-framework"]),
  url: z.url(),
  payload: z.looseObject({}),
});
/** Items may be as odd as they like: that they are sent again is what this is for. */
const Batch = z.looseObject({ value: z.array(z.looseObject({})).min(1) });
/** Other JSON has a `type`, too. */
const Activity = z.looseObject({ type: z.string().min(1), conversation: z.looseObject({}) });

/** Throws `wire-shape` where the file cannot be read or holds nothing of the kind. Names the file, quotes nothing. */
export async function readSavedPayload(file: string): Promise<SavedPayload> {
  const fault = (what: string, cause?: unknown) =>
    new EarshotError("wire-shape", `Nothing was sent: ${file} ${what}`, { cause });
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw fault(`cannot be read: ${code}.`, error);
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Node's own words would quote the file.
    throw fault("is not JSON.");
  }
  const recording = Recording.safeParse(json);
  const payload = recording.success ? recording.data.payload : json;
  const kind = findKind(payload);
  if (kind === null) {
    throw fault(
      'is no payload: neither a notification batch ({ "value": [items] }), nor an activity ({ "type", "conversation", … }), nor ' +
        "one of these as earshot tenant --record keeps it.",
    );
  }
  const path = recording.success ? new URL(recording.data.url).pathname : PATHS[kind];
  return { kind, payload: payload as object, path };
}

function findKind(payload: unknown): PayloadKind | null {
  const batch = Batch.safeParse(payload);
  if (batch.success) {
    return batch.data.value.every((item) => "lifecycleEvent" in item) ? "lifecycle" : "batch";
  }
  return Activity.safeParse(payload).success ? "activity" : null;
}
