/** The window and the live page, as a person uses them, in a real browser. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { Stage } from "./stage.ts";
import { openWindowPage, type WindowPage } from "./window-page.ts";

const MIRA = "Mira Lindqvist";

describe("the window", function () {
  this.timeout(60_000);
  let opened: WindowPage | null = null;
  let stage: Stage;
  let page: Page;

  before(async function () {
    opened = await openWindowPage();
    if (!opened) return this.skip();
    ({ stage, page } = opened);
    await page.getByTestId("person").selectOption({ label: MIRA });
  });
  after(() => opened?.close());
  afterEach(() => {
    assert.deepEqual(opened?.takeComplaints(), [], "the page complained, or asked for something outside");
  });

  const open = (name: string) => page.getByTestId(`conversation-${name}`).first().click();
  const messageOf = (text: string) => page.getByTestId("message").filter({ hasText: text }).first();
  const say = async (text: string) => {
    await page.getByTestId("composer").fill(text);
    await page.getByTestId("composer").press("Enter");
    await messageOf(text).waitFor();
  };
  const answers = () => page.locator('[data-testid="message"][data-sender="Earshot"] [data-testid="card"]');

  it("shows the answer to an un-mentioned outage in a channel's thread: eyes and a card", async () => {
    await open("outages");
    await say("the wifi is down");
    await messageOf("the wifi is down").locator('[data-testid="reaction"][data-type="1f440_eyes"]').waitFor();
    await answers().getByText("We heard you, Mira Lindqvist").waitFor();
  });

  it("answers a reply in its own thread, which opens at the side", async () => {
    await page.getByTestId("open-reply").last().click();
    const thread = page.getByTestId("thread");
    await thread.getByTestId("reply-composer").fill("now the printer is down");
    await thread.getByTestId("reply-composer").press("Enter");
    await thread
      .locator('[data-sender="Earshot"] [data-testid="card"]')
      .getByText("now the printer is down")
      .waitFor();
    await thread
      .getByTestId("message")
      .filter({ hasText: "now the printer is down" })
      .first()
      .locator('[data-testid="reaction"][data-type="1f440_eyes"]')
      .waitFor();
    await page.getByTestId("side-close").click();
    await thread.waitFor({ state: "detached" });
  });

  it("says in a word at each message what became of it", async () => {
    await messageOf("the wifi is down").locator('[data-word="replied"][data-stage="4"]').waitFor();
    await say("the sun is shining");
    const mark = messageOf("the sun is shining").getByTestId("steps-link");
    await messageOf("the sun is shining").locator('[data-word="silent"][data-stage="3"]').waitFor();
    assert.equal(await mark.getAttribute("aria-label"), "Earshot: silent. Show the steps");
    await mark.click();
    await page.getByTestId("outcome").getByText("Stayed silent").waitFor();
  });

  for (const [name, what] of [
    ["lunch-crew", "group chat"],
    ["weekly-stand-up", "meeting chat"],
  ] as const) {
    it(`answers in the ${what}`, async () => {
      await open(name);
      await say(`the coffee machine is down (${what})`);
      await answers().getByText(`the coffee machine is down (${what})`).waitFor();
    });
  }

  it("tells each step of the message, and that the second ear stayed silent", async () => {
    const steps = page.getByTestId("steps");
    for (const step of ["received", "admitted", "stored", "claimed", "opened", "decided", "replied"]) {
      await steps.locator(`[data-testid="step"][data-step="${step}"]`).first().waitFor();
    }
    // Twice, where it was read back besides.
    await steps.getByText("heard again, silent").first().waitFor();
  });

  it("talks with the bot when it is mentioned", async () => {
    await open("outages");
    await page.getByTestId("mention-bot").first().click();
    await page.getByTestId("composer").press("End");
    await page.getByTestId("composer").pressSequentially(" help");
    await page.getByTestId("composer").press("Enter");
    await answers().getByText("I am Earshot", { exact: true }).waitFor();
  });

  it("sets text as text, whatever it holds", async () => {
    const text = `<img src=x onerror="document.title='broken'"> is down`;
    await open("lunch-crew");
    await say(text);
    await answers().getByText(text).waitFor();
    assert.doesNotMatch(await page.title(), /broken/);
    assert.equal(await page.locator('img[src="x"]').count(), 0);
  });

  it("says why nothing was heard, where nothing is", async () => {
    await open("vendors");
    await say("the fax is down");
    await page
      .getByTestId("not-heard")
      .getByText("Graph does not tell of a shared channel: Earshot reads it every few minutes.")
      .waitFor();
  });

  it("edits, reacts to and deletes what one said", async () => {
    await open("weekly-stand-up");
    await say("good mroning");
    await messageOf("good mroning").hover();
    await messageOf("good mroning").getByTestId("edit").click();
    await page.getByTestId("edit-composer").fill("good morning");
    await page.getByTestId("edit-composer").press("Enter");
    await messageOf("good morning").getByTestId("edited").waitFor();
    await messageOf("good morning").hover();
    await messageOf("good morning").locator('[data-testid="react"][data-type="heart"]').click();
    await messageOf("good morning").locator('[data-testid="reaction"][data-type="heart"]').waitFor();
    await messageOf("good morning").hover();
    await messageOf("good morning").getByTestId("delete").click();
    await page.getByText("This message has been deleted").first().waitFor();
  });

  it("lets another person see it live", async () => {
    await page.getByTestId("person").selectOption({ index: 1 });
    await open("outages");
    await messageOf("the wifi is down").waitFor();
    stage.tenant.say({ person: MIRA, conversation: "Outages", text: "and here it comes" });
    await messageOf("and here it comes").waitFor();
  });

  it("has a live page beside it, with a row a message and no text of any", async () => {
    await page.goto(`${stage.adminUrl}/`);
    await page
      .getByRole("cell", { name: /1f440_eyes/ })
      .first()
      .waitFor();
    await page
      .getByRole("cell", { name: /silent own-message/ })
      .first()
      .waitFor();
    assert.doesNotMatch((await page.textContent("body")) ?? "", /wifi|Lindqvist/);
  });
});
