/** What a person does in the playground's page, and what must be seen there. One picture a step. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Page } from "playwright-core";
import type { RelayedCall, SigningRelay } from "./signing-relay.ts";

export interface Step {
  readonly name: string;
  run(): Promise<void>;
}

const PATIENCE_MS = 20_000;

/** In this order: each stands on the ones before. A step that fails throws. */
export function planSteps(needs: {
  readonly page: Page;
  readonly url: string;
  readonly relay: SigningRelay;
  readonly pictures: string;
  readonly restartBot: () => Promise<void>;
}): readonly Step[] {
  const { page, url, relay, pictures, restartBot } = needs;
  page.setDefaultTimeout(PATIENCE_MS);

  const draw = (name: string) => page.screenshot({ path: join(pictures, `${name}.png`) });

  const composer = () => page.getByRole("textbox").first();

  async function say(text: string): Promise<void> {
    await composer().click();
    await page.keyboard.type(text);
    await page.keyboard.press("Enter");
  }

  /** The first call behind `start` that fits and was answered. */
  async function awaitCall(what: string, start: number, fits: (call: RelayedCall) => boolean) {
    const lastMs = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = relay.calls.slice(start).find((call) => call.status !== null && fits(call));
      if (found) return found;
      assert.ok(Date.now() < lastMs, `waited in vain for ${what}`);
      await page.waitForTimeout(50);
    }
  }
  const isQuestion = (text: string) => (call: RelayedCall) =>
    call.to === "bot" && call.activity.type === "message" && Boolean(call.activity.text?.includes(text));
  const isAnswer = ({ to, method }: RelayedCall) => to === "connector" && method === "POST";
  const isSaid = (call: RelayedCall) => isAnswer(call) && call.status! < 300;
  const helpCards = () => page.getByText("I am Earshot");
  const outageCards = () => page.getByText("We heard you, Mira Lindqvist");

  return [
    {
      name: "1-install",
      async run() {
        await page.goto(url);
        for (const type of ["installationUpdate", "conversationUpdate"]) {
          const call = await awaitCall(type, 0, (one) => one.to === "bot" && one.activity.type === type);
          assert.equal(call.status, 200, `${type} was refused`);
        }
        await page.getByText("installationUpdate 200").waitFor();
        await draw("1-install");
      },
    },
    {
      name: "2-unsigned",
      async run() {
        const start = relay.calls.length;
        relay.isPassingThrough = true;
        await say("help, unsigned");
        const { isSigned, status } = await awaitCall("a refusal", start, isQuestion("help, unsigned"));
        relay.isPassingThrough = false;
        assert.deepEqual({ isSigned, status }, { isSigned: false, status: 401 });
        await page.getByText("message 401").waitFor();
        assert.equal(relay.calls.slice(start).filter(isAnswer).length, 0, "it was answered");
        await draw("2-unsigned");
      },
    },
    {
      name: "3-personal-chat",
      async run() {
        const start = relay.calls.length;
        await say("help");
        assert.equal((await awaitCall("it", start, isQuestion("help"))).status, 200);
        await awaitCall("the answer", start, isSaid);
        await helpCards().first().waitFor();
        await draw("3-personal-chat");
      },
    },
    {
      name: "4-card",
      async run() {
        const start = relay.calls.length;
        await say("status, please");
        await awaitCall("the answer", start, isSaid);
        // Filled in by the bot and drawn by Microsoft's renderer.
        await page.getByText("Where I listen").first().waitFor();
        await draw("4-card");
      },
    },
    {
      name: "5-proactive",
      async run() {
        const start = relay.calls.length;
        const before = await helpCards().count();
        relay.isConnectorBusy = true;
        await say("help me once more");
        assert.equal((await awaitCall("it", start, isQuestion("help me once more"))).status, 200);
        await awaitCall("a refused answer", start, (call) => isAnswer(call) && call.status === 429);
        await restartBot();
        relay.isConnectorBusy = false;
        // No turn of this process ever brought the question: it speaks of its own accord.
        await awaitCall("the answer", start, isSaid);
        await helpCards().nth(before).waitFor();
        await draw("5-proactive");
      },
    },
    {
      name: "6-mentioned-in-a-channel",
      async run() {
        const start = relay.calls.length;
        await page.getByRole("treeitem", { name: "My Team - General" }).click();
        const isInstalled = ({ to, activity }: RelayedCall) =>
          to === "bot" && activity.type === "installationUpdate";
        assert.equal((await awaitCall("the team's installation", start, isInstalled)).status, 200);
        await composer().click();
        await page.keyboard.type("@Ear");
        await page.getByText("Earshot", { exact: true }).last().click();
        await page.keyboard.type(" what can you do?");
        await page.getByRole("button", { name: "Post", exact: true }).click();
        assert.equal((await awaitCall("it", start, isQuestion("what can you do?"))).status, 200);
        const answer = await awaitCall("the answer", start, isSaid);
        assert.match(decodeURIComponent(answer.path), /;messageid=/, "it stands in the thread");
        await helpCards().first().waitFor();
        await draw("6-mentioned-in-a-channel");
      },
    },
    {
      name: "7-un-mentioned",
      async run() {
        const start = relay.calls.length;
        const asked = relay.calls.findLast(isQuestion("what can you do?"))!.activity;
        // The playground has no consent to hear all, so that its page sends nothing un-mentioned: it is asked below it.
        const activity = { ...asked, id: String(Date.now()), text: "the printer is down", entities: [] };
        const injected = await fetch(`${url}/_internal/v1/customActivities`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(activity),
        });
        assert.ok(injected.ok, `the playground took no activity: ${injected.status}`);
        assert.equal((await awaitCall("it", start, isQuestion("the printer is down"))).status, 200);
        // The rule's reaction comes first. The playground has none, and that must not keep the card back.
        const isReaction = ({ to, method }: RelayedCall) => to === "connector" && method === "PUT";
        assert.equal((await awaitCall("the reaction", start, isReaction)).status, 404);
        await awaitCall("the card", start, isSaid);
        await outageCards().first().waitFor();
        await draw("7-un-mentioned");
      },
    },
  ];
}
