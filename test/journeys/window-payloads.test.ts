/** What hangs on messages, and what is pressed on cards, as the window shows it. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { call, requestToken } from "./emulator-fake-bot.ts";
import type { Stage } from "./stage.ts";
import { openWindowPage, waitUntilTrue, type WindowPage } from "./window-page.ts";

const MIRA = "Mira Lindqvist";

describe("the window's messages", function () {
  this.timeout(60_000);
  let opened: WindowPage | null = null;
  let stage: Stage;
  let page: Page;
  let messageOf: WindowPage["messageOf"];

  before(async function () {
    opened = await openWindowPage();
    if (!opened) return this.skip();
    ({ stage, page, messageOf } = opened);
  });
  after(() => opened?.close());
  afterEach(() => {
    assert.deepEqual(opened?.takeComplaints(), []);
  });

  it("show pictures, files and code", async () => {
    await opened?.open("lunch-crew");
    stage.tenant.say({
      ...{ person: MIRA, conversation: "Lunch crew", text: "what I saw" },
      images: [{ alt: "The rack with its door open" }],
      attachments: [{ file: "Inventory <b>2026</b>.xlsx" }, { code: "a\nb\n", language: "TypeScript" }],
    });
    const message = messageOf("what I saw");
    const picture = message.getByAltText("The rack with its door open");
    await picture.waitFor();
    await waitUntilTrue(page, "document.querySelector('[data-testid=picture]').naturalWidth > 0");
    await message.getByTestId("file").getByText("Inventory <b>2026</b>.xlsx").waitFor();
    await message
      .getByTestId("code")
      .getByText(/^TypeScript, \d lines$/)
      .waitFor();
  });

  it("show what they quote and what they forward, as text", async () => {
    const quoted = stage.tenant.say({ person: MIRA, conversation: "Lunch crew", text: "<i>soup</i> today" });
    stage.tenant.say({
      ...{ person: "Priya Raman", conversation: "Lunch crew", text: "which one?", quoting: quoted },
    });
    await messageOf("which one?").getByTestId("quote").getByText("<i>soup</i> today").waitFor();
    stage.tenant.say({
      ...{ person: MIRA, conversation: "Weekly stand-up", text: "from lunch", forwarding: quoted },
    });
    await opened?.open("weekly-stand-up");
    await messageOf("from lunch").getByTestId("forward").getByText("<i>soup</i> today").waitFor();
    assert.equal(await page.locator(".message i i, .quote i").count(), 0);
  });

  it("show a post's subject and that it is urgent", async () => {
    await opened?.open("outages");
    stage.tenant.say({
      ...{ person: MIRA, conversation: "Outages", text: "all hands" },
      ...{ subject: "Fire drill", importance: "urgent" },
    });
    await messageOf("all hands").getByRole("heading", { name: "Fire drill" }).waitFor();
    await messageOf("all hands").getByText("Urgent").waitFor();
  });

  it("tell what Teams says of itself in a line", async () => {
    await opened?.open("weekly-stand-up");
    stage.tenant.renameChat("Weekly stand-up", "Daily stand-up");
    const line = page.getByTestId("system-message").last();
    await line.getByText(/Daily stand-up/).waitFor();
    await page.getByRole("heading", { level: 1, name: "Daily stand-up" }).waitFor();
  });

  it("hide what a policy blocks", async () => {
    await opened?.open("lunch-crew");
    const said = stage.tenant.say({ person: MIRA, conversation: "Lunch crew", text: "4111 1111 1111 1111" });
    await messageOf("4111 1111 1111 1111").waitFor();
    stage.tenant.blockByPolicy(said, { action: "blockAccess" });
    await page.getByTestId("blocked").waitFor();
    assert.equal(await page.getByText("4111 1111 1111 1111").count(), 0);
  });

  it("tell the bot of a pressed button, with what was filled in", async () => {
    const { id } = stage.tenant.organisations
      .flatMap(({ chats }) => chats)
      .find(({ name }) => name === "Lunch crew") ?? { id: "" };
    await postAsBot(id, {
      ...{ type: "AdaptiveCard", version: "1.4" },
      body: [{ type: "Input.Text", id: "reason", label: "Reason" }],
      actions: [{ type: "Action.Submit", title: "Order", data: { dish: "noodles" } }],
    });
    await opened?.open("lunch-crew");
    const card = page.getByTestId("card").last();
    await card.getByLabel("Reason").fill("hungry");
    await card.getByRole("button", { name: "Order" }).click();
    await card.getByText("Sent.").waitFor();
    const { body } =
      stage.tenant.deliveries.findLast((one) => JSON.stringify(one.body).includes('"noodles"')) ?? {};
    assert.deepEqual((body as { value?: unknown } | undefined)?.value, { dish: "noodles", reason: "hungry" });
  });

  /** The bot itself sends no card with buttons yet: the test sends one in its name. */
  async function postAsBot(conversationId: string, card: object): Promise<void> {
    const { tenant } = stage;
    const { json } = await requestToken(tenant, tenant.bot.homeTenantId, {
      scope: "https://api.botframework.com/.default",
    });
    const base = `${tenant.url}/amer/${tenant.organisations[0]?.id}/v3/conversations`;
    const posted = await call(
      `${base}/${encodeURIComponent(conversationId)}/activities`,
      "POST",
      String(json.access_token),
      {
        type: "message",
        attachments: [{ contentType: "application/vnd.microsoft.card.adaptive", content: card }],
      },
    );
    assert.equal(posted.status, 201);
  }
});
