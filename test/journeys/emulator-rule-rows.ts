/** Rules as rows: what breaks one, what just keeps it, and a desk at the emulated Graph that both are asked at. */
import assert from "node:assert/strict";
import { createEdges } from "../../src/edges.ts";
import { SILENT_LOG, type Answer } from "./emulator-fake-bot.ts";
import { startSubscriber, type Subscriber } from "./emulator-subscriber.ts";

/** Where the tenant's time stands still. */
export const RULES_NOW_MS = Date.UTC(2026, 10, 20, 12);
export const inMilliseconds = (ms: number) => new Date(RULES_NOW_MS + ms).toISOString();
export const inMinutes = (minutes: number) => inMilliseconds(minutes * 60_000);

/** What is asked for besides what is right; undefined: left out. `{chat}`, `{team}` and `{channel}` are real ids. */
export type Change = Readonly<Record<string, unknown>>;

export interface RuleRow {
  readonly rule: string;
  readonly refused: Change;
  readonly status?: number;
  readonly code?: string;
  readonly says: RegExp;
  /** The same but for the fault. */
  readonly accepted: Change;
}

export interface RulesDesk {
  readonly subscriber: Subscriber;
  ask(change: Change): Promise<Answer>;
  refuses(row: Omit<RuleRow, "rule" | "accepted">): Promise<void>;
  /** The subscription as it was made; it is gone again. */
  takes(change: Change): Promise<Answer["json"]>;
}

export async function openRulesDesk(): Promise<RulesDesk> {
  const subscriber = await startSubscriber({
    edges: { ...createEdges(SILENT_LOG), now: () => RULES_NOW_MS },
    consentedAppRoles: ["ChannelMessage.Read.All", "Chat.Read.All"],
  });
  const { tenant, bot, places, graph, subscribe } = subscriber;
  const nameIds = (resource: unknown) =>
    typeof resource === "string"
      ? resource
          .replace("{team}", places.team("Help Desk").id)
          .replace("{channel}", places.channel("Help Desk", "Outages").id)
          .replace("{chat}", places.chat("Lunch crew").id)
      : resource;
  const desk: RulesDesk = {
    subscriber,
    ask: ({ resource = null, ...change }) =>
      subscribe("", {
        lifecycleNotificationUrl: `${bot.url}/api/lifecycle`,
        expirationDateTime: inMinutes(50),
        ...change,
        resource: nameIds(resource ?? "/teams/{team}/channels/{channel}/messages"),
      }),
    async refuses({ refused, status = 400, code = "InvalidRequest", says }) {
      const { status: got, json } = await desk.ask(refused);
      const error = json.error as { code: string; message: string };
      assert.deepEqual([got, error.code], [status, code], error.message);
      assert.match(error.message, says);
      assert.deepEqual(tenant.subscriptions(), []);
    },
    async takes(change) {
      const { status, json } = await desk.ask(change);
      assert.equal(status, 201, JSON.stringify(json));
      assert.equal((await graph("DELETE", `v1.0/subscriptions/${String(json.id)}`)).status, 204);
      return json;
    },
  };
  return desk;
}

/** A test for each row. */
export function holdTo(readDesk: () => RulesDesk, rows: readonly RuleRow[]): void {
  for (const { accepted, ...row } of rows) {
    it(row.rule, async () => {
      await readDesk().refuses(row);
      await readDesk().takes(accepted);
    });
  }
}
