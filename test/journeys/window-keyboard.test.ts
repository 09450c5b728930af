/** The window without a mouse. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { openWindowPage, pressUntilFocused, type WindowPage } from "./window-page.ts";

describe("the window by keyboard alone", function () {
  this.timeout(60_000);
  let opened: WindowPage | null = null;
  let page: Page;
  let messageOf: WindowPage["messageOf"];

  before(async function () {
    opened = await openWindowPage();
    if (!opened) return this.skip();
    ({ page, messageOf } = opened);
  });
  after(() => opened?.close());
  afterEach(() => {
    assert.deepEqual(opened?.takeComplaints(), []);
  });

  /** Test id, class or tag of what has the focus. */
  const readFocus = () =>
    page.evaluate<string>(`(() => {
      const at = document.activeElement;
      return at.dataset.testid ?? (at.className || at.tagName.toLowerCase());
    })()`);

  it("goes by Tab from who one is over the list and the messages to where one writes, one stop each", async () => {
    await page.evaluate("document.activeElement?.blur()");
    const stops: string[] = [];
    while (!stops.includes("composer")) {
      await page.keyboard.press("Tab");
      stops.push(await readFocus());
      assert.ok(stops.length < 30, `the composer was not reached: ${stops.join(", ")}`);
    }
    const order = ["person", "find", "conversation-general", "busy-day", "show-keys", "message", "composer"];
    assert.deepEqual(
      stops.filter((stop) => order.includes(stop)),
      order,
    );
    // The list's rows and the messages are a stop each, however many there are.
    assert.equal(stops.filter((stop) => stop.startsWith("conversation-")).length, 1);
    assert.equal(stops.filter((stop) => stop === "message").length, 1);
  });

  it("opens a channel with arrows and Enter, posts with Enter, and breaks a line with Shift+Enter", async () => {
    await pressUntilFocused(page, "Shift+Tab", page.getByTestId("conversation-general").first());
    await page.keyboard.press("ArrowDown");
    assert.equal(await readFocus(), "conversation-outages");
    await page.keyboard.press("End");
    assert.equal(await readFocus(), "conversation-earshot");
    await page.keyboard.press("Home");
    await pressUntilFocused(page, "ArrowDown", page.getByTestId("conversation-outages"));
    await page.keyboard.press("Enter");
    await pressUntilFocused(page, "Tab", page.getByTestId("composer"));
    await page.keyboard.type("the lift is down");
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.type("since eight");
    await page.keyboard.press("Enter");
    const text = messageOf("the lift is down").locator(".message__text");
    assert.equal(await text.textContent(), "the lift is down\nsince eight");
    assert.equal(await page.getByTestId("composer").inputValue(), "");
  });

  it("moves among messages by arrows, opens a thread with Enter, replies, and comes back with Escape", async () => {
    await page.keyboard.press("Shift+Tab");
    await pressUntilFocused(page, "Shift+Tab", page.locator('.message[tabindex="0"]').first());
    await pressUntilFocused(page, "ArrowUp", messageOf("VPN concentrator"));
    await page.keyboard.press("Enter");
    const thread = page.getByTestId("thread");
    await thread.waitFor();
    assert.equal(await readFocus(), "reply-composer");
    await page.keyboard.type("which firmware was it?");
    await page.keyboard.press("Enter");
    await thread.getByTestId("message").filter({ hasText: "which firmware was it?" }).waitFor();
    // Up from writing into the thread's own messages, and out again.
    await pressUntilFocused(page, "Shift+Tab", thread.locator('.message[tabindex="0"]'));
    await page.keyboard.press("Home");
    assert.match((await page.locator(":focus").textContent()) ?? "", /VPN concentrator/);
    await page.keyboard.press("Escape");
    await thread.waitFor({ state: "detached" });
    assert.equal(await readFocus(), "composer");
  });

  it("reaches the tools of the message that has the focus", async () => {
    await pressUntilFocused(page, "Shift+Tab", page.locator('.conversation .message[tabindex="0"]'));
    await pressUntilFocused(page, "ArrowUp", messageOf("VPN concentrator"));
    await pressUntilFocused(
      page,
      "Tab",
      messageOf("VPN concentrator").locator('[data-type="heart"]').first(),
    );
    await page.keyboard.press("Enter");
    await messageOf("VPN concentrator").locator('[data-testid="reaction"][data-type="heart"]').waitFor();
    await messageOf("VPN concentrator").focus();
    await page.keyboard.press("Escape");
    assert.equal(await readFocus(), "composer");
  });

  it("shows its keys on ?, and not while one writes", async () => {
    await page.getByTestId("composer").focus();
    await page.keyboard.type("?");
    assert.equal(await page.getByTestId("keys").count(), 0);
    assert.equal(await page.getByTestId("composer").inputValue(), "?");
    await page.getByTestId("composer").fill("");
    await page.getByTestId("show-keys").focus();
    await page.keyboard.press("?");
    await page.getByTestId("keys").getByText("the thread of the message").waitFor();
    await page.keyboard.press("Escape");
    await page.getByTestId("keys").waitFor({ state: "detached" });
    assert.equal(await readFocus(), "show-keys");
  });

  it("steps from conversation to conversation, and round the parts of the page", async () => {
    await page.getByTestId("composer").focus();
    await page.keyboard.press("Alt+ArrowUp");
    await page.getByRole("heading", { level: 1, name: "General" }).waitFor();
    await page.keyboard.press("Alt+ArrowDown");
    await page.getByRole("heading", { level: 1, name: "Outages" }).waitFor();
    await page.getByTestId("composer").focus();
    const seen: string[] = [];
    for (let press = 0; press < 3; press++) {
      await page.keyboard.press("F6");
      seen.push(await readFocus());
    }
    assert.deepEqual(seen, ["tab-steps", "conversation-outages", "composer"]);
  });

  it("goes from tab to tab by arrows", async () => {
    await page.getByTestId("tab-steps").focus();
    await page.keyboard.press("ArrowRight");
    await page.getByTestId("subscriptions").waitFor();
    await page.keyboard.press("ArrowRight");
    await page.getByTestId("faults").waitFor();
    assert.equal(await readFocus(), "tab-faults");
    await page.keyboard.press("ArrowRight");
    await page.getByTestId("steps").waitFor();
  });

  it("shows where the focus is", async () => {
    for (const wanted of [page.getByTestId("show-keys"), page.getByTestId("tab-steps"), messageOf("VPN")]) {
      await wanted.focus();
      await page.keyboard.press("Shift");
      const ring = await page.evaluate<string>(`(() => {
        const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
        return outlineStyle + " " + outlineWidth;
      })()`);
      assert.equal(ring, "solid 2px");
    }
  });
});
