import { Counter, Gauge, Registry } from "prom-client";
import { EARS, type Ear, type TraceSink } from "../model/trace.ts";
import type { InboxCounts } from "../storage/storage.ts";
import type { EarCounts } from "../subscriptions/count-ears.ts";

export interface Metrics {
  readonly note: TraceSink;
  /** Prometheus text. */
  render(): Promise<string>;
  readonly contentType: string;
}

/** Labels hold words from closed lists alone: no id of a person, conversation or message. */
export function createMetrics(needs: {
  readCounts: () => Promise<InboxCounts>;
  readEars: () => Promise<EarCounts>;
}): Metrics {
  const registry = new Registry();
  const alone: Record<Ear, number> = { graph: 0, "bot-framework": 0 };
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
  const heard = new Counter({
    name: "earshot_heard_total",
    help: "New messages by the ear that brought them, first or as the second of the two, or read back where none had",
    labelNames: ["ear", "order"],
    registers: [registry],
  });
  new Gauge({
    name: "earshot_heard_alone",
    help: "New messages since the start that this ear has brought and the other, so far, has not",
    labelNames: ["ear"],
    registers: [registry],
    collect() {
      for (const ear of EARS) this.set({ ear }, Math.max(0, alone[ear]));
    },
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
  addEarGauges(registry, needs.readEars);
  const noteHeard = (ear: Ear, isFirst: boolean, isSecond: boolean) => {
    if (isFirst) {
      heard.inc({ ear, order: "first" });
      alone[ear] += 1;
    } else if (isSecond) {
      heard.inc({ ear, order: "second" });
      alone[ear === "graph" ? "bot-framework" : "graph"] -= 1;
    }
  };

  return {
    note: ({ step, ear, change, result, code, count = 1 }) => {
      if (step === "stored" && !change) {
        if (code !== "read-back") noteHeard(ear, result === "ok", code === "second-ear");
        // What had to be read back was not heard.
        else if (result === "ok") heard.inc({ ear, order: "read-back" });
      }
      // Bot Framework never tells a bot its own words: that Graph alone does says nothing of either.
      if (step === "decided" && code === "own-message") alone[ear] -= 1;
      steps.inc({ step, ear, result }, count);
      if (code !== undefined) reasons.inc({ step, code }, count);
    },
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

/** What to be woken for: a bot that goes deaf says nothing by itself. */
function addEarGauges(registry: Registry, readEars: () => Promise<EarCounts>): void {
  // All gauges ask at once: one answer serves them.
  let reading: Promise<EarCounts> | null = null;
  const read = () =>
    (reading ??= readEars().finally(() => {
      reading = null;
    }));
  const registers = [registry];
  new Gauge({
    ...{ name: "earshot_subscriptions", help: "Subscriptions, by state", labelNames: ["state"], registers },
    async collect() {
      for (const [state, amount] of Object.entries((await read()).subscriptions)) this.set({ state }, amount);
    },
  });
  new Gauge({
    ...{ name: "earshot_unreported", labelNames: ["state"], registers },
    help: "Places that Graph does not report, by what is done instead",
    async collect() {
      for (const [state, amount] of Object.entries((await read()).unreported)) this.set({ state }, amount);
    },
  });
  new Gauge({
    ...{ name: "earshot_gaps", registers },
    help: "Conversations in which something is still to be read back",
    async collect() {
      this.set((await read()).gaps);
    },
  });
  new Gauge({
    ...{ name: "earshot_first_expiry_seconds", registers },
    help: "Until the first subscription expires; -1: there is none",
    async collect() {
      const { firstExpiryMs } = await read();
      this.set(firstExpiryMs === null ? -1 : Math.round(firstExpiryMs / 1_000));
    },
  });
}
