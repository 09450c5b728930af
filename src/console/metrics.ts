import { Counter, Gauge, Registry } from "prom-client";
import type { TraceSink } from "../model/trace.ts";
import type { InboxCounts } from "../storage/storage.ts";

export interface Metrics {
  readonly note: TraceSink;
  /** Prometheus text. */
  render(): Promise<string>;
  readonly contentType: string;
}

/** Labels hold words from closed lists alone: no id of a person, conversation or message. */
export function createMetrics(needs: { readCounts: () => Promise<InboxCounts> }): Metrics {
  const registry = new Registry();
  const steps = new Counter({
    name: "earshot_steps_total",
    help: "Steps of messages, by step, ear and result",
    labelNames: ["step", "ear", "result"],
    registers: [registry],
  });
  const reasons = new Counter({
    name: "earshot_reasons_total",
    help: "Why a step did not go through, by step and code",
    labelNames: ["step", "code"],
    registers: [registry],
  });
  new Gauge({
    name: "earshot_inbox_rows",
    help: "Rows of the inbox, by state",
    labelNames: ["state"],
    registers: [registry],
    async collect() {
      for (const [state, amount] of Object.entries(await needs.readCounts()))
        this.set({ state }, Number(amount));
    },
  });
  return {
    note: ({ step, ear, result, code, count = 1 }) => {
      steps.inc({ step, ear, result }, count);
      if (code !== undefined) reasons.inc({ step, code }, count);
    },
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
