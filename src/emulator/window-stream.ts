/** Server-sent events to every open window. */
import type { ServerResponse } from "node:http";
import type { Edges } from "../edges.ts";

export interface WindowStream {
  readonly open: (response: ServerResponse) => void;
  /** The data is read only where a window is open. */
  send(event: string, readData: () => unknown): void;
  close(): void;
}

const HEARTBEAT_MS = 15_000;
/** A window that reads no more is cut off; it comes back and fetches everything. */
const BACKLOG_BYTES = 4_000_000;

/** Source of the format: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export function createWindowStream(edges: Pick<Edges, "sleep">): WindowStream {
  const windows = new Set<ServerResponse>();
  const stopping = new AbortController();
  void beat();

  function write(text: string): void {
    for (const response of windows) {
      if (response.writableLength > BACKLOG_BYTES) response.destroy();
      else response.write(text);
    }
  }

  async function beat(): Promise<void> {
    while (!stopping.signal.aborted) {
      await edges.sleep(HEARTBEAT_MS, stopping.signal);
      write(":\n\n");
    }
  }

  return {
    open(response) {
      response.writeHead(200, {
        "content-type": "text/event-stream",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
      });
      response.write(":\n\n");
      windows.add(response);
      response.once("close", () => windows.delete(response));
    },
    send(event, readData) {
      if (windows.size > 0) write(`event: ${event}\ndata: ${JSON.stringify(readData())}\n\n`);
    },
    close() {
      stopping.abort();
      for (const response of windows) response.destroy();
    },
  };
}
