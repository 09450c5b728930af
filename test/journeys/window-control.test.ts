/** What the window shows of subscriptions, and the trouble and the busy day that it makes. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { ControlState } from "../../src/emulator/control-state.ts";
import type { Faults } from "../../src/emulator/faults.ts";
import type { Stage } from "./stage.ts";
import { openWindowPage, type WindowPage } from "./window-page.ts";

describe("the window's subscriptions, faults and busy day", function () {
  this.timeout(120_000);
  let opened: WindowPage | null = null;
  let stage: Stage;
  let page: Page;

  before(async function () {
    opened = await openWindowPage({}, { mayPark: true });
    if (!opened) return this.skip();
    ({ stage, page } = opened);
  });
  after(() => opened?.close());
  afterEach(() => {
    assert.deepEqual(opened?.takeComplaints(), []);
  });

  const setSlider = (testId: string, value: number) =>
    page.getByTestId(testId).locator("input[type=range]").fill(String(value));

  const readState = async () =>
    (await (await fetch(`${stage.tenant.url}/control/state`)).json()) as ControlState;

  const waitForFaults = async (wanted: Faults | null) => {
    const isSo = async () => JSON.stringify((await readState()).faults) === JSON.stringify(wanted);
    while (!(await isSo())) await page.waitForTimeout(50);
  };

  it("names each subscription by its place, with the time it has left", async () => {
    await page.getByTestId("tab-subscriptions").click();
    const rows = page.getByTestId("subscription");
    await rows.first().waitFor();
    assert.equal(await rows.count(), stage.tenant.subscriptions().length);
    const outages = rows.filter({ hasText: "Messages in Outages" });
    await outages.getByText("Help Desk · with content").waitFor();
    await rows.filter({ hasText: "Messages of all chats with Earshot" }).waitFor();
    await rows.filter({ hasText: "Channels of Facilities" }).waitFor();
    assert.equal(await outages.getAttribute("data-state"), "live");
    assert.match((await outages.locator(".subscription__rest").textContent()) ?? "", /^\d+ (d|h|min) /);
  });

  it("shows a subscription that was removed come back", async () => {
    const row = page.getByTestId("subscription").filter({ hasText: "Messages in Outages" });
    const before = await row.getAttribute("data-id");
    await row.getByTestId("remove-subscription").click();
    await row.and(page.locator('[data-state="back"]')).waitFor();
    const after = await row.getAttribute("data-id");
    assert.notEqual(after, before);
    assert.ok(stage.tenant.subscriptions().some(({ id }) => id === after));
  });

  it("makes the fault that was set, and counts it; and the reply comes all the same", async () => {
    await page.getByTestId("tab-faults").click();
    await page.getByTestId("seed").fill("7");
    await page.getByTestId("seed").press("Enter");
    await setSlider("fault-deliveries-duplicate", 100);
    await page.getByTestId("fault-deliveries-duplicate").getByText("100 %").waitFor();
    await stage.waitUntil(
      "the fault to be set",
      () => stage.tenant.readFaultCounts().duplicate === undefined,
    );
    await page.waitForResponse((response) => response.url().endsWith("/control/state"));
    const message = stage.tenant.say({
      person: "Mira Lindqvist",
      conversation: "Outages",
      text: "the projector is down",
    });
    await stage.waitForOutcome(message);
    await page.locator('[data-testid="count-duplicate"]:not([data-count="0"])').waitFor();
    const shown = Number(await page.getByTestId("count-duplicate").getAttribute("data-count"));
    assert.ok(shown > 0 && shown <= (stage.tenant.readFaultCounts().duplicate ?? 0));
    await page.getByTestId("no-faults").click();
    await page.getByTestId("fault-deliveries-duplicate").getByText("off").waitFor();
    await waitForFaults(null);
  });

  it("rotates the signing keys", async () => {
    const before = (await readState()).signing.keys.entra;
    await page.getByTestId("rotateSigningKeys-of").selectOption("entra");
    await page.getByTestId("rotateSigningKeys-do").click();
    await page.getByTestId("act-rotateSigningKeys").getByText("Done").waitFor();
    const after = (await readState()).signing.keys.entra;
    assert.deepEqual(after.slice(0, before.length), before);
    assert.equal(after.length, before.length + 1);
  });

  it("forges a delivery, and tells that the bot refused it", async () => {
    const outcome = page.getByTestId("act-forge").locator(".act__outcome");
    await page.getByTestId("forge-kind").selectOption("unsigned-activity");
    await page.getByTestId("forge-do").click();
    await outcome.getByText("Answered 401").waitFor();
    await page.getByTestId("forge-kind").selectOption("genuine-activity");
    await page.getByTestId("forge-do").click();
    await outcome.getByText(/^Answered 2\d\d$/).waitFor();
  });

  it("withdraws a consent, and gives it back", async () => {
    const roles = async () => (await readState()).organisations[0]?.appRoles ?? [];
    const [role = ""] = await roles();
    await page.getByTestId("withdrawConsent-role").selectOption(role);
    await page.getByTestId("withdrawConsent-do").click();
    await page.getByTestId("act-withdrawConsent").getByText("Done").waitFor();
    assert.ok(!(await roles()).includes(role));
    await page.getByTestId("consent-role").selectOption(role);
    await page.getByTestId("consent-do").click();
    await page.getByTestId("act-consent").getByText("Done").waitFor();
    assert.ok((await roles()).includes(role));
  });

  it("brings messages on a busy day, stays quick, and falls silent when told to", async () => {
    await page.getByTestId("tab-steps").click();
    await opened?.open("outages");
    const countAll = async () => {
      const response = await fetch(`${stage.tenant.url}/window/state`);
      return ((await response.json()) as { messages: unknown[] }).messages.length;
    };
    const atFirst = await countAll();
    await page.getByTestId("busy-day").click();
    await page.getByTestId("busy-day").getByText("Stop the busy day").waitFor();
    while ((await countAll()) < atFirst + 15) await page.waitForTimeout(200);
    // Somebody who writes in the midst of it is not kept waiting.
    const lateMs = await page.evaluate<number>(`
      new Promise((resolve) => {
        const began = performance.now();
        let latest = began;
        let worst = 0;
        const look = (at) => {
          worst = Math.max(worst, at - latest);
          latest = at;
          if (at - began < 3000) requestAnimationFrame(look);
          else resolve(worst);
        };
        requestAnimationFrame(look);
      })
    `);
    assert.ok(lateMs < 1000, `the page stood still for ${Math.round(lateMs)} ms`);
    await page.getByTestId("composer").fill("the wifi is down, and everybody talks");
    await page.getByTestId("composer").press("Enter");
    await page.getByTestId("message").filter({ hasText: "and everybody talks" }).first().waitFor();
    await page.getByTestId("busy-day").click();
    await page.getByTestId("busy-day").getByText("Busy day", { exact: true }).waitFor();
  });
});
