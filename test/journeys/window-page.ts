/** The window in a real browser, on a stage of its own, as its tests need it. */
import assert from "node:assert/strict";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { openBrowser } from "./browser.ts";
import { setStage, type Stage, type StageOptions } from "./stage.ts";

export interface WindowPage {
  readonly stage: Stage;
  readonly page: Page;
  /** By the name of a channel or chat, in kebab-case. */
  open(name: string): Promise<void>;
  /** The first one with this text. */
  messageOf(text: string): Locator;
  /** What the page complained of, or asked for outside, up to now. Empties it. */
  takeComplaints(): string[];
  close(): Promise<void>;
}

/** Null where there is no browser. Waits until the bot hears everything. */
export async function openWindowPage(
  options: BrowserContextOptions = {},
  stageOptions: StageOptions = {},
): Promise<WindowPage | null> {
  const browser: Browser | null = await openBrowser();
  if (!browser) return null;
  const stage = await setStage({ isWatched: true, ...stageOptions });
  await stage.waitForSubscriptions(5);
  const page = await browser.newPage(options);
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("request", (request) => {
    const isOwn = request.url().startsWith(stage.tenant.url) || request.url().startsWith(stage.adminUrl);
    if (!isOwn && !request.url().startsWith("data:")) complaints.push(`asked for ${request.url()}`);
  });
  await page.goto(stage.tenant.url);
  await page.getByTestId("person").waitFor({ state: "attached" });
  return {
    ...{ stage, page },
    open: (name) => page.getByTestId(`conversation-${name}`).first().click(),
    messageOf: (text) => page.getByTestId("message").filter({ hasText: text }).first(),
    takeComplaints: () => complaints.splice(0),
    async close() {
      await browser.close();
      await stage.strike();
    },
  };
}

/** Presses a key until something has the focus; fails where it never gets it. */
export async function pressUntilFocused(
  page: Page,
  key: string,
  wanted: Locator,
  most = 40,
): Promise<number> {
  for (let presses = 1; presses <= most; presses++) {
    await page.keyboard.press(key);
    if ((await wanted.and(page.locator(":focus")).count()) > 0) return presses;
  }
  // The types of a page are not this program's: what runs there is given as text, here and elsewhere.
  const found = await page.evaluate<string>("document.activeElement?.outerHTML.slice(0, 200)");
  assert.fail(`${most} presses of ${key} did not reach it; the focus is at ${found}`);
}

/** Until the test's own time is over. Playwright's way would evaluate a text in the page, which its policy forbids. */
export async function waitUntilTrue(page: Page, expression: string): Promise<void> {
  while (!(await page.evaluate<boolean>(expression))) await page.waitForTimeout(50);
}
