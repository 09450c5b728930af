/** What the bot asked of Graph and of the connector, newest last; the oldest fall off. */
export interface ApiCall {
  readonly area: "graph" | "connector";
  readonly method: string;
  readonly path: string;
  /** 0: the connection was cut without an answer. */
  readonly status: number;
}

const KEPT = 100_000;

export interface CallLog {
  readonly calls: readonly ApiCall[];
  add(call: ApiCall): void;
}

export function createCallLog(): CallLog {
  const calls: ApiCall[] = [];
  return {
    calls,
    add(call) {
      calls.push(call);
      if (calls.length > KEPT) calls.shift();
    },
  };
}
