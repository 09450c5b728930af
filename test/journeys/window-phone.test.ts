/** The window on a phone: list, conversation and thread are pages. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { openWindowPage, type WindowPage } from "./window-page.ts";

const WIDTH = 390;

describe("the window on a phone", function () {
  this.timeout(60_000);
  let opened: WindowPage | null = null;
  let page: Page;

  before(async function () {
    opened = await openWindowPage({
      viewport: { width: WIDTH, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    if (!opened) return this.skip();
    ({ page } = opened);
  });
  after(() => opened?.close());
  afterEach(() => {
    assert.deepEqual(opened?.takeComplaints(), []);
  });

  const seenParts = async () => {
    const seen: string[] = [];
    for (const part of [".list", ".conversation", ".side"]) {
      if (await page.locator(part).isVisible()) seen.push(part);
    }
    return seen;
  };
  const readWidth = () => page.evaluate<number>("document.documentElement.scrollWidth");

  it("begins with the list, goes to a conversation, to its thread, and back again", async () => {
    assert.deepEqual(await seenParts(), [".list"]);
    await page.getByTestId("conversation-outages").tap();
    assert.deepEqual(await seenParts(), [".conversation"]);
    await page.getByTestId("open-reply").last().tap();
    assert.deepEqual(await seenParts(), [".side"]);
    await page.getByTestId("reply-composer").fill("the scanner is down too");
    await page.getByTestId("reply-send").tap();
    await page
      .getByTestId("thread")
      .locator('[data-sender="Earshot"]')
      .getByText("the scanner is down too")
      .waitFor();
    assert.equal(await readWidth(), WIDTH);
    await page.getByTestId("side-back").tap();
    assert.deepEqual(await seenParts(), [".conversation"]);
    await page.getByTestId("message").filter({ hasText: "the scanner is down too" }).first().waitFor();
    assert.equal(await readWidth(), WIDTH);
    await page.getByTestId("show-list").tap();
    assert.deepEqual(await seenParts(), [".list"]);
    assert.equal(await readWidth(), WIDTH);
  });

  it("goes back by the browser's own way too", async () => {
    await page.getByTestId("conversation-outages").tap();
    await page.getByTestId("open-reply").first().tap();
    assert.deepEqual(await seenParts(), [".side"]);
    await page.goBack();
    assert.deepEqual(await seenParts(), [".conversation"]);
    await page.goBack();
    assert.deepEqual(await seenParts(), [".list"]);
  });

  it("shows steps, subscriptions and faults as a page, within the width", async () => {
    await page.getByTestId("conversation-lunch-crew").tap();
    await page.getByTestId("show-steps").tap();
    for (const panel of ["subscriptions", "faults", "steps"]) {
      await page.getByTestId(`tab-${panel}`).tap();
      await page.getByTestId(panel).waitFor();
      assert.equal(await readWidth(), WIDTH);
    }
    await page.getByTestId("side-back").tap();
    assert.deepEqual(await seenParts(), [".conversation"]);
  });

  it("takes the focus along, and brings up no keyboard unasked", async () => {
    const readPart = () =>
      page.evaluate<string>(`(() => {
        const at = document.activeElement;
        return at.tagName.toLowerCase() + " in " + at.closest(".list, .conversation, .side")?.className;
      })()`);
    await page.getByTestId("show-list").tap();
    await page.locator(".list :focus").waitFor();
    assert.equal(await readPart(), "button in list");
    await page.getByTestId("conversation-outages").tap();
    await page.locator(".conversation :focus").waitFor();
    assert.equal(await readPart(), "h1 in conversation");
    await page.getByTestId("open-reply").last().tap();
    await page.locator(".side :focus").waitFor();
    assert.equal(await readPart(), "button in side");
    await page.getByTestId("side-back").tap();
    await page.locator(".conversation :focus").waitFor();
    assert.equal(await readPart(), "h1 in conversation");
  });

  /** Source: https://www.w3.org/TR/WCAG22/#target-size-minimum */
  it("has nothing to touch that is smaller than 24 pixels", async () => {
    const listSmall = () =>
      page.evaluate<string[]>(`
        [...document.querySelectorAll("button, select, input, [role=tab]")]
          .filter((element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
          .filter((element) => !element.classList.contains("unseen"))
          .map((element) => ({ element, box: element.getBoundingClientRect() }))
          .filter(({ box }) => box.width < 24 || box.height < 24)
          .map(({ element, box }) => element.className + " " + box.width + " × " + box.height)
      `);
    const look = async (view: string) => {
      assert.deepEqual(await listSmall(), [], view);
    };
    await page.getByTestId("show-list").tap();
    await look("list");
    await page.getByTestId("conversation-outages").tap();
    await page.getByTestId("steps-link").first().waitFor();
    await look("channel");
    await page.getByTestId("open-reply").last().tap();
    await look("thread");
    await page.getByTestId("side-back").tap();
    await page.getByTestId("show-steps").tap();
    await look("steps");
    await page.getByTestId("tab-subscriptions").tap();
    await page.getByTestId("subscription").first().waitFor();
    await look("subscriptions");
    await page.getByTestId("tab-faults").tap();
    await page.getByTestId("act-forge").waitFor();
    await look("faults");
  });
});
