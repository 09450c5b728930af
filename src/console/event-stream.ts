import type { Handler } from "../http-server.ts";
import type { TraceFeed } from "./trace-feed.ts";

export interface EventStream {
  readonly handler: Handler;
  /** Ends every stream, so that the server can close. */
  close(): void;
}

/** A reader that does not keep up is let go rather than buffered for. */
const MOST_BUFFERED_BYTES = 1024 * 1024;

/** `GET /events`: the latest traces, then each as it happens, as server-sent events named `trace`. */
export function createEventStream(feed: TraceFeed): EventStream {
  const endings = new Set<() => void>();
  return {
    close: () => {
      for (const stop of endings) stop();
    },
    handler: async (_request, response) => {
      response.writeHead(200, {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
      });
      const write = (trace: object) => {
        response.write(`event: trace\ndata: ${JSON.stringify(trace)}\n\n`);
        if (response.writableLength > MOST_BUFFERED_BYTES) response.destroy();
      };
      response.write(": earshot\n\n");
      feed.recent().forEach(write);
      const unsubscribe = feed.subscribe(write);
      const stop = () => {
        if (!endings.delete(stop)) return;
        unsubscribe();
        response.end();
      };
      endings.add(stop);
      response.on("close", stop);
    },
  };
}
