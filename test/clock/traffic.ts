/** Every HTTP call of both sides that has begun and whose answer has not been read. */
export interface Traffic {
  /** The same, counted; the answer's body is there when it resolves. A stream of events is not counted. */
  count(side: string, inner: typeof fetch): typeof fetch;
  list(): readonly string[];
}

/** Statuses whose answers have no body: https://fetch.spec.whatwg.org/#null-body-status */
const BODILESS = [101, 103, 204, 205, 304];

export function createTraffic(needs: { onCall: () => void }): Traffic {
  const underway = new Set<{ readonly what: string }>();
  return {
    count: (side, inner) => async (input, init) => {
      const call = { what: `${side}: ${init?.method ?? "GET"} ${readAddress(input)}` };
      underway.add(call);
      needs.onCall();
      try {
        const response = await inner(input, init);
        const { status, statusText, headers } = response;
        if (headers.get("content-type")?.startsWith("text/event-stream")) return response;
        const body = await response.arrayBuffer();
        return new Response(BODILESS.includes(status) ? null : body, { status, statusText, headers });
      } finally {
        underway.delete(call);
        needs.onCall();
      }
    },
    list: () => [...underway].map(({ what }) => what),
  };
}

export function readAddress(input: Parameters<typeof fetch>[0]): string {
  return input instanceof Request ? input.url : String(input);
}
