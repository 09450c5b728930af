/** Follows the bot's stream of traces, so that the window can show what became of a message. */
import { z } from "zod";
import type { Edges } from "../edges.ts";
import { STEPS, type Trace } from "../model/trace.ts";

const RECONNECT_MS = 1_000;
const KEPT = 2_000;

const trace = z.looseObject({
  step: z.enum(STEPS),
  at: z.string(),
  ear: z.enum(["graph", "bot-framework"]),
  result: z.enum(["ok", "duplicate", "refused", "silent", "retry", "failed"]),
});

export interface TraceFeed {
  /** The newest, oldest first. */
  list(): readonly Trace[];
  close(): Promise<void>;
}

/** Reconnects until closed. `url` null: no feed, an empty list. */
export function createTraceFeed(
  edges: Pick<Edges, "fetch" | "sleep">,
  url: string | null,
  onTrace: (trace: Trace) => void,
): TraceFeed {
  const traces: Trace[] = [];
  const stopping = new AbortController();
  const following = url === null ? Promise.resolve() : follow(url);

  async function follow(from: string): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const headers = { accept: "text/event-stream" };
        const response = await edges.fetch(from, { headers, signal: stopping.signal });
        if (response.ok && response.body) await readEvents(response.body, take);
        else await response.body?.cancel();
      } catch {
        // Not there yet, or gone: the bot may come (back).
      }
      await edges.sleep(RECONNECT_MS, stopping.signal);
    }
  }

  function take(event: string, data: string): void {
    if (event !== "trace") return;
    const parsed = trace.safeParse(parseJson(data));
    if (!parsed.success) return;
    const heard = parsed.data as Trace;
    traces.push(heard);
    if (traces.length > KEPT) traces.shift();
    onTrace(heard);
  }

  return {
    list: () => traces,
    async close() {
      stopping.abort();
      await following;
    },
  };
}

async function readEvents(
  body: ReadableStream<Uint8Array>,
  take: (event: string, data: string) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).replaceAll("\r\n", "\n").split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const lines = block.split("\n");
      const event =
        lines
          .find((line) => line.startsWith("event:"))
          ?.slice(6)
          .trim() ?? "message";
      const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart());
      if (data.length > 0) take(event, data.join("\n"));
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
