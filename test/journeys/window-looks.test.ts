/** The window light and dark, and whether everything in it can be read and has a name. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { listFaintTexts, listUnnamed } from "./window-checks.ts";
import { openWindowPage, waitUntilTrue, type WindowPage } from "./window-page.ts";

describe("the window's looks", function () {
  this.timeout(90_000);
  let opened: WindowPage | null = null;
  let page: Page;

  before(async function () {
    opened = await openWindowPage({ colorScheme: "light", reducedMotion: "reduce" });
    if (!opened) return this.skip();
    ({ page } = opened);
    const { tenant } = opened.stage;
    const down = tenant.say({ person: "Mira Lindqvist", conversation: "Outages", text: "the wifi is down" });
    tenant.say({ person: "Priya Raman", conversation: "Outages", text: "here too", inThreadOf: down });
    const lunch = tenant.say({ person: "Priya Raman", conversation: "Lunch crew", text: "the oven is down" });
    tenant.say({
      ...{ person: "Mira Lindqvist", conversation: "Lunch crew", text: "this one", quoting: lunch },
      ...{ attachments: [{ file: "Menu.xlsx" }], images: [{ alt: "The oven" }] },
    });
    tenant.say({
      ...{ person: "Hannah Brandt", conversation: "Outages", text: "All hands" },
      ...{ subject: "Fire drill", importance: "urgent" },
    });
    tenant.postSystemEvent({ conversation: "Lunch crew", event: "chatRenamed", name: "Lunch crew" });
    tenant.react({ person: "Mira Lindqvist", message: lunch, type: "heart" });
    await opened.stage.waitForOutcome(lunch);
  });
  after(() => opened?.close());
  afterEach(() => {
    assert.deepEqual(opened?.takeComplaints(), []);
  });

  const readGround = () => page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
  const LIGHT = "rgb(245, 245, 245)";
  const DARK = "rgb(31, 31, 31)";

  /** Every view of the page, one after the other. */
  async function* showAll(): AsyncGenerator<string> {
    await opened?.open("outages");
    await page.getByTestId("open-reply").last().click();
    await page.getByTestId("thread").waitFor();
    yield "channel and thread";
    await page.getByTestId("side-close").click();
    await opened?.open("lunch-crew");
    await page.getByTestId("outcome").waitFor();
    await page.getByTestId("message").last().hover();
    yield "chat and steps";
    await opened?.open("leads");
    await page.getByTestId("tab-subscriptions").click();
    await page.getByTestId("subscription").first().waitFor();
    yield "private channel and subscriptions";
    await page.getByTestId("tab-faults").click();
    await page.getByTestId("act-forge").waitFor();
    yield "faults";
    await page.getByTestId("show-keys").click();
    await page.getByTestId("keys").waitFor();
    yield "keys";
    await page.keyboard.press("Escape");
    await page.getByTestId("keys").waitFor({ state: "detached" });
    await page.getByTestId("find").fill("nothing of that name");
    yield "a search without a find";
    await page.getByTestId("find").fill("");
    await page.getByTestId("tab-steps").click();
  }

  it("is light or dark like the system, unless one was picked; which a reload keeps", async () => {
    assert.equal(await readGround(), LIGHT);
    await page.emulateMedia({ colorScheme: "dark" });
    assert.equal(await readGround(), DARK);
    await page.getByTestId("theme").getByLabel("Light").check({ force: true });
    assert.equal(await readGround(), LIGHT);
    await page.reload();
    await page.getByTestId("theme").waitFor();
    assert.equal(await readGround(), LIGHT);
    await page.emulateMedia({ colorScheme: "light" });
    await page.getByTestId("theme").getByLabel("Dark").check({ force: true });
    assert.equal(await readGround(), DARK);
    await page.getByTestId("theme").getByLabel("Like the system").check({ force: true });
    assert.equal(await readGround(), LIGHT);
  });

  for (const scheme of ["light", "dark"] as const) {
    it(`can be read everywhere when it is ${scheme} (WCAG AA)`, async () => {
      await page.emulateMedia({ colorScheme: scheme });
      for await (const view of showAll()) assert.deepEqual(await listFaintTexts(page), [], view);
    });
  }

  it("finds a text that is too faint", async () => {
    await page.addStyleTag({ content: ".title__below { color: #a0a0a0 }" });
    await page.emulateMedia({ colorScheme: "light" });
    assert.match((await listFaintTexts(page)).join(), /^[^,]*: 2\.\d\d/);
    await page.reload();
    await page.getByTestId("theme").waitFor();
  });

  it("names everything that can be used", async () => {
    for await (const view of showAll()) assert.deepEqual(await listUnnamed(page), [], view);
  });

  it("does not move under a reader when a message comes", async () => {
    await opened?.open("lunch-crew");
    const composer = page.getByTestId("composer");
    const before = await composer.boundingBox();
    opened?.stage.tenant.say({ person: "Priya Raman", conversation: "Lunch crew", text: "noodles it is" });
    await page
      .getByTestId("message")
      .filter({ hasText: "noodles it is" })
      .locator("[data-word=silent]")
      .waitFor();
    assert.deepEqual(await composer.boundingBox(), before);
  });

  it("stays at the end for who reads along, however fast and tall what comes is", async () => {
    await opened?.open("outages");
    for (let number = 1; number <= 8; number++) {
      const text = `lamp ${number}. is down\n`.repeat(1 + (number % 7));
      opened?.stage.tenant.say({ person: "Priya Raman", conversation: "Outages", text });
      await page.waitForTimeout(40);
    }
    await page.getByTestId("card").getByText("lamp 8. is down").waitFor();
    await waitUntilTrue(
      page,
      `(() => {
      const { scrollHeight, scrollTop, clientHeight } = document.querySelector(".conversation__scroll");
      return scrollHeight - scrollTop - clientHeight < 2;
    })()`,
    );
  });

  it("shows the end of a long conversation, the rest when asked, and does not move who reads above", async () => {
    const say = (text: string) =>
      opened?.stage.tenant.say({ person: "Priya Raman", conversation: "Weekly stand-up", text });
    await opened?.open("outages");
    for (let number = 1; number <= 100; number++) say(`note ${number}.`);
    await page.getByTestId("conversation-weekly-stand-up").locator('[data-testid="unread"]').waitFor();
    await opened?.open("weekly-stand-up");
    const note = (number: number) => page.locator(".message__text", { hasText: `note ${number}.` });
    await note(100).waitFor();
    const shown = await page.getByTestId("message").count();
    assert.ok(shown < 100, `${shown} messages are drawn at once`);
    await page.getByTestId("earlier").click();
    await note(1).waitFor({ state: "attached" });
    await note(20).scrollIntoViewIfNeeded();
    const before = await note(20).boundingBox();
    say("note 101.");
    await note(101).waitFor({ state: "attached" });
    assert.deepEqual(await note(20).boundingBox(), before);
  });
});
