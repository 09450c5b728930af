/** Pictures and code of a message: in its body, and as bytes by Graph. */
import assert from "node:assert/strict";
import type { EmulatedTenantOptions } from "../../src/emulator/emulated-tenant.ts";
import { drawPicture } from "../../src/emulator/encode-png.ts";
import { requestToken } from "./emulator-fake-bot.ts";
import { startSubscriber, type Subscriber } from "./emulator-subscriber.ts";

const MIRA = "Mira Lindqvist";
const PICTURE = { alt: 'a "chart" & more', widthPx: 64, heightPx: 48 };

describe("emulated tenant: hosted contents", () => {
  let subscriber: Subscriber;

  async function start(options: Partial<EmulatedTenantOptions>): Promise<void> {
    subscriber = await startSubscriber(options);
    await subscriber.tenant.installEverywhere();
  }
  afterEach(() => subscriber.close());

  async function readBytes(url: string) {
    const { json } = await requestToken(subscriber.tenant, subscriber.places.contoso.id);
    const response = await fetch(url, { headers: { authorization: `Bearer ${String(json.access_token)}` } });
    const bytes = Buffer.from(await response.arrayBuffer());
    return { status: response.status, type: response.headers.get("content-type"), bytes };
  }

  /** Paths of a message in each kind of place, with the picture in it. */
  function sayEverywhere() {
    const { tenant, places } = subscriber;
    const team = places.team("Help Desk");
    const channel = places.channel("Help Desk", "Outages");
    const root = tenant.say({ person: MIRA, conversation: "Outages", text: "see", images: [PICTURE] });
    const inThreadOf = root;
    const reply = tenant.say({
      person: MIRA,
      conversation: "Outages",
      text: "",
      images: [PICTURE],
      inThreadOf,
    });
    const inChat = tenant.say({ person: MIRA, conversation: "Lunch crew", text: "see", images: [PICTURE] });
    const messages = `v1.0/teams/${team.id}/channels/${channel.id}/messages/${root.id}`;
    return [
      messages,
      `${messages}/replies/${reply.id}`,
      `v1.0/chats/${inChat.conversationId}/messages/${inChat.id}`,
    ];
  }

  it("are shown in the body by the address of their bytes, which are a picture's", async () => {
    await start({ consentedAppRoles: ["Chat.Read.All", "ChannelMessage.Read.All"] });
    for (const path of sayEverywhere()) {
      const message = await subscriber.graph("GET", path);
      const { contentType, content } = message.json.body as { contentType: string; content: string };
      assert.equal(contentType, "html");
      const [, src = "", alt] =
        /<img src="([^"]+)" width="64" height="48" [^>]*alt="([^"]*)"/.exec(content) ?? [];
      assert.equal(alt, "a &quot;chart&quot; &amp; more");
      assert.ok(src.startsWith(`${subscriber.tenant.url}/${path}/hostedContents/`), src);
      const { status, type, bytes } = await readBytes(src);
      assert.deepEqual([status, type], [200, "image/png"]);
      assert.deepEqual(bytes, drawPicture(PICTURE.alt, PICTURE));

      const list = await subscriber.graph("GET", `${path}/hostedContents`);
      const [one, ...others] = list.json.value as { id: string }[];
      assert.deepEqual(others, []);
      assert.deepEqual(one, { id: one?.id, contentBytes: null, contentType: null });
      assert.equal(src, `${subscriber.tenant.url}/${path}/hostedContents/${one?.id}/$value`);
      const alone = await subscriber.graph("GET", `${path}/hostedContents/${one?.id}`);
      assert.equal(alone.status, 200);
      assert.equal(alone.json.id, one?.id);
      assert.equal((await subscriber.graph("GET", `${path}/hostedContents/none`)).status, 404);
      assert.equal((await subscriber.graph("GET", `${path}/hostedContents?$top=1`)).status, 400);
    }
  });

  it("are code too, which its attachment names", async () => {
    await start({ consentedAppRoles: ["Chat.Read.All"] });
    const code = 'print("ä")\nexit()';
    const said = subscriber.tenant.say({
      ...{ person: MIRA, conversation: "Lunch crew", text: "try" },
      attachments: [{ code, language: "python" }],
    });
    const path = `v1.0/chats/${said.conversationId}/messages/${said.id}`;
    const { json } = await subscriber.graph("GET", path);
    const [attachment] = json.attachments as { id: string; contentType: string; content: string }[];
    assert.equal(attachment?.contentType, "application/vnd.microsoft.card.codesnippet");
    const { codeSnippetUrl, ...content } = JSON.parse(attachment.content) as { codeSnippetUrl: string };
    assert.deepEqual(content, { name: "", language: "python", lines: 2, wrap: true });
    const { type, bytes } = await readBytes(codeSnippetUrl);
    assert.deepEqual([type, bytes.toString("utf8")], ["text/plain", code]);
    assert.equal((json.body as { content: string }).content.includes("<img"), false);
  });

  it("go with the message, and with what a policy blocks", async () => {
    await start({ consentedAppRoles: ["Chat.Read.All"] });
    const { tenant, graph } = subscriber;
    for (const end of ["remove", "blockByPolicy"] as const) {
      const said = tenant.say({ person: MIRA, conversation: "Lunch crew", text: "see", images: [PICTURE] });
      const path = `v1.0/chats/${said.conversationId}/messages/${said.id}/hostedContents`;
      const [one] = (await graph("GET", path)).json.value as { id: string }[];
      tenant[end](said);
      assert.deepEqual((await graph("GET", path)).json.value, []);
      assert.equal((await graph("GET", `${path}/${one?.id}/$value`)).status, 404);
    }
  });

  it("are for whoever may read the channel; a chat's own consent opens them in beta alone", async () => {
    await start({
      rscPermissions: ["ChannelMessage.Read.Group", "ChatMessage.Read.Chat"],
      consentedAppRoles: ["Chat.Read.WhereInstalled"],
    });
    const [root = "", reply = "", chat = ""] = sayEverywhere();
    for (const path of [root, reply]) {
      assert.equal((await subscriber.graph("GET", `${path}/hostedContents`)).status, 200);
    }
    assert.equal((await subscriber.graph("GET", `${chat}/hostedContents`)).status, 403);
    const beta = chat.replace("v1.0", "beta");
    const [one] = (await subscriber.graph("GET", `${beta}/hostedContents`)).json.value as { id: string }[];
    const { status } = await readBytes(`${subscriber.tenant.url}/${beta}/hostedContents/${one?.id}/$value`);
    assert.equal(status, 200);
    await subscriber.tenant.uninstall("Help Desk");
    assert.equal((await subscriber.graph("GET", `${root}/hostedContents`)).status, 403);
  });
});
