import assert from "node:assert/strict";
import { useFakeTimers, type SinonFakeTimers } from "sinon";
import type { JWTPayload } from "jose";
import { CLOUDS } from "../../src/cloud.ts";
import { createSigningKeys } from "../../src/identity/signing-keys.ts";
import {
  createActivityTokenVerifier,
  type ActivityEnvelope,
} from "../../src/identity/verify-activity-token.ts";
import { failOnLeaks } from "./leak-watch.ts";
import { createQuietEdges } from "./quiet-edges.ts";
import { startTokenIssuer, type Pen, type TokenIssuer } from "./token-issuer.ts";

const BOT = "b0b0b0b0-1111-4111-8111-111111111111";
const NOW = Date.parse("2026-03-01T12:00:00Z");
const NOW_S = NOW / 1_000;
const SERVICE_URL = "https://smba.trafficmanager.net/emea/tenant/";

/** A request before it is written. */
interface Draft {
  claims: JWTPayload;
  pen: Pen;
  activity: ActivityEnvelope;
  write: (token: string) => string | undefined;
}

describe("the token of an activity", () => {
  failOnLeaks();
  let issuer: TokenIssuer;
  let clock: SinonFakeTimers;
  let verify: ReturnType<typeof createActivityTokenVerifier>;
  beforeEach(async () => {
    clock = useFakeTimers({ now: NOW, toFake: ["Date"] });
    issuer = await startTokenIssuer();
    verify = createVerifier(["smba.trafficmanager.net", "127.0.0.1"]);
  });
  afterEach(async () => {
    clock.restore();
    await issuer.close();
  });
  const createVerifier = (serviceHosts: readonly string[], cloud = CLOUDS.global) => {
    const edges = createQuietEdges();
    const keys = createSigningKeys({ metadataUrl: issuer.metadataUrl, edges });
    return createActivityTokenVerifier({ cloud, botId: BOT, serviceHosts, keys, now: edges.now });
  };
  const judge = async (change: (draft: Draft) => void = () => undefined) => {
    const draft: Draft = {
      claims: {
        ...{ iss: "https://api.botframework.com", aud: BOT, serviceurl: SERVICE_URL },
        ...{ nbf: NOW_S - 60, exp: NOW_S + 3600 },
      },
      pen: issuer.sign,
      activity: { channelId: "msteams", serviceUrl: SERVICE_URL },
      write: (token) => `Bearer ${token}`,
    };
    change(draft);
    return verify(draft.write(await draft.pen(draft.claims)), draft.activity);
  };

  const claim = (change: JWTPayload) => (draft: Draft) => void Object.assign(draft.claims, change);
  const pen = (choose: () => Pen) => (draft: Draft) => void (draft.pen = choose());
  const header = (write: Draft["write"]) => (draft: Draft) => void (draft.write = write);
  const activity = (change: Partial<ActivityEnvelope>) => (draft: Draft) =>
    void (draft.activity = { ...draft.activity, ...change });
  /** Both sides agree on it, as an attacker with a channel of his own could make them. */
  const serviceUrl = (url: string) => (draft: Draft) => {
    claim({ serviceurl: url })(draft);
    activity({ serviceUrl: url })(draft);
  };

  const FORGERIES: readonly (readonly [title: string, change: (draft: Draft) => void, reason: string])[] = [
    ["no header", header(() => undefined), "token-missing"],
    ["an empty header", header(() => ""), "token-missing"],
    ["Basic", header((token) => `Basic ${token}`), "token-missing"],
    ["a token without its scheme", header((token) => token), "token-missing"],
    ["Bearer without a token", header(() => "Bearer "), "token-missing"],
    ["two tokens", header((token) => `Bearer ${token}, Bearer ${token}`), "token-missing"],
    ["a token that is none", header(() => "Bearer abc"), "token-malformed"],
    [
      "a token cut short",
      header((token) => `Bearer ${token.slice(0, token.lastIndexOf("."))}`),
      "token-malformed",
    ],
    ["a token for another bot", claim({ aud: "c0c0c0c0-2222-4222-8222-222222222222" }), "token-audience"],
    ["a token for nobody", claim({ aud: undefined }), "token-audience"],
    ["an Entra issuer", claim({ iss: "https://sts.windows.net/tenant/" }), "token-issuer"],
    ["the issuer of another cloud", claim({ iss: "https://api.botframework.us" }), "token-issuer"],
    ["no issuer", claim({ iss: undefined }), "token-issuer"],
    ["a token that ran out 5 minutes ago", claim({ exp: NOW_S - 300 }), "token-expired"],
    ["a token from more than 5 minutes ahead", claim({ nbf: NOW_S + 301 }), "token-expired"],
    ["a token without end", claim({ exp: undefined }), "token-expired"],
    ["an unsigned token", pen(() => issuer.forge.unsigned), "token-algorithm"],
    ["an HMAC with the public key as secret", pen(() => issuer.forge.hmac), "token-algorithm"],
    ["a key that nobody published", pen(() => issuer.forge.unknownKey), "token-key-unknown"],
    ["another key under a published id", pen(() => issuer.forge.otherKey), "token-signature"],
    ["a key not endorsed for Teams", pen(() => issuer.forge.unendorsed), "token-endorsement"],
    ["an activity of another channel", activity({ channelId: "webchat" }), "token-endorsement"],
    ["an activity of a channel with a like name", activity({ channelId: "MSTeams" }), "token-endorsement"],
    ["no serviceurl claim", claim({ serviceurl: undefined }), "token-service-url"],
    ["a serviceurl claim that is no text", claim({ serviceurl: [SERVICE_URL] }), "token-service-url"],
    [
      "a serviceurl claim of another address",
      claim({ serviceurl: `${SERVICE_URL}other` }),
      "token-service-url",
    ],
    [
      "an activity with another service URL",
      activity({ serviceUrl: "https://evil.example/" }),
      "token-service-url",
    ],
    ["a host that is not on the list", serviceUrl("https://evil.example/"), "token-service-url"],
    [
      "a host that ends like one on the list",
      serviceUrl("https://evil-smba.trafficmanager.net/"),
      "token-service-url",
    ],
    ["a host below one on the list", serviceUrl("https://a.smba.trafficmanager.net/"), "token-service-url"],
    [
      "a host on the list as user name",
      serviceUrl("https://smba.trafficmanager.net@evil.example/"),
      "token-service-url",
    ],
    ["a service URL that is none", serviceUrl("smba.trafficmanager.net"), "token-service-url"],
    ["a host on the list by plain http", serviceUrl("http://smba.trafficmanager.net/"), "token-service-url"],
    [
      "a host on the list by another scheme",
      serviceUrl("ftp://smba.trafficmanager.net/"),
      "token-service-url",
    ],
  ];
  for (const [title, change, reason] of FORGERIES) {
    it(`is refused with ${title} as ${reason}, and believed without that change`, async () => {
      assert.equal(await judge(change), reason);
      assert.equal(await judge(), null);
    });
  }

  const GOOD: readonly (readonly [title: string, change: (draft: Draft) => void])[] = [
    ["a scheme in other letters", header((token) => `bearer ${token}`)],
    ["an end less than 5 minutes ago", claim({ exp: NOW_S - 299 })],
    ["a beginning 5 minutes ahead", claim({ nbf: NOW_S + 300 })],
    ["several audiences, we among them", claim({ aud: ["another", BOT] })],
    ["a host in capitals", serviceUrl("https://SMBA.TrafficManager.net/emea/")],
    ["plain http on loopback, which stands on the list", serviceUrl("http://127.0.0.1:3980/")],
  ];
  for (const [title, change] of GOOD) {
    it(`is believed with ${title}`, async () => {
      assert.equal(await judge(change), null);
    });
  }

  it("is believed from the issuer of its own cloud alone", async () => {
    verify = createVerifier(["smba.trafficmanager.net"], CLOUDS.gcch);
    assert.equal(await judge(), "token-issuer");
    assert.equal(await judge(claim({ iss: "https://api.botframework.us" })), null);
  });

  it("is believed on no host where none is listed", async () => {
    verify = createVerifier([]);
    assert.equal(await judge(), "token-service-url");
  });

  it("throws signing-keys-unavailable while the keys cannot be read, and is believed after", async () => {
    issuer.isDown = true;
    await assert.rejects(judge(), { code: "signing-keys-unavailable", disposition: "retry" });
    issuer.isDown = false;
    assert.equal(await judge(), null);
  });

  it("asks for the keys once, however many strangers send unknown ones", async () => {
    for (let times = 0; times < 20; times += 1) await judge(pen(() => issuer.forge.unknownKey));
    await Promise.all(Array.from({ length: 20 }, () => judge(pen(() => issuer.forge.unknownKey))));
    assert.deepEqual(issuer.requests, ["/metadata", "/keys"]);
    assert.equal(await judge(), null);
  });
});
