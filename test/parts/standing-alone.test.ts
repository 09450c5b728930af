/** What the tenant standing alone keeps in folders: its certificate, and what it posted. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import type { Delivery } from "../../src/emulator/courier.ts";
import { createClientSecret } from "../../src/emulator/client-secret.ts";
import { openLoopbackIdentity } from "../../src/emulator/loopback-identity.ts";
import { makeRecordDir, recordDeliveries } from "../../src/emulator/record-deliveries.ts";
import { createQuietEdges } from "./quiet-edges.ts";
import { useTemporaryFolder } from "./temporary-folder.ts";

const DAY_MS = 24 * 60 * 60_000;
const NOW = Date.parse("2026-11-21T09:00:00Z");

describe("the tenant standing alone", () => {
  const pathOf = useTemporaryFolder();

  describe("its certificate", () => {
    const open = (now = NOW) => openLoopbackIdentity(pathOf("tls"), createQuietEdges({ now: () => now }));

    it("is of this machine alone, and is the same at the next start", async () => {
      const made = await open();
      const certificate = new X509Certificate(made.certificate);
      assert.equal(certificate.subjectAltName, "IP Address:127.0.0.1, DNS:localhost");
      assert.ok(certificate.validFromDate.getTime() < NOW);
      assert.equal(await readFile(made.certificateFile, "utf8"), made.certificate);
      assert.deepEqual(await open(NOW + 300 * DAY_MS), made);
    });

    it("is made anew before it ends, and where half of it is gone", async () => {
      const made = await open();
      const late = await open(NOW + 364.5 * DAY_MS);
      assert.notEqual(late.certificate, made.certificate);
      assert.ok(new X509Certificate(late.certificate).validToDate.getTime() > NOW + 700 * DAY_MS);
      await rm(pathOf("tls/tenant.key.pem"));
      assert.notEqual((await open(NOW + 365 * DAY_MS)).certificate, late.certificate);
    });

    it("says where it cannot be kept", async () => {
      await writeFile(pathOf("tls"), "a file");
      await assert.rejects(open(), {
        code: "config-invalid",
        message: /^The certificate cannot be kept in .*tls: E/,
      });
    });
  });

  describe("its recordings", () => {
    const delivery: Delivery = {
      ...{ index: 12, sender: "graph", url: "http://127.0.0.1:1/hooks", body: { value: [{}] } },
      attempts: [
        { at: "2026-11-21T09:00:00.000Z", endedAt: "2026-11-21T09:00:01.000Z", status: 503 },
        { at: "2026-11-21T09:00:02.000Z", endedAt: "2026-11-21T09:00:02.010Z", status: 202 },
      ],
      state: "delivered",
    };
    const readKept = async (file: string) =>
      JSON.parse(await readFile(pathOf(file), "utf8")) as Record<string, unknown>;
    const record = async (told: readonly Delivery[], dir: string, deliveries: readonly Delivery[] = []) => {
      const faults: object[] = [];
      let tell: (delivery: Delivery) => void = () => undefined;
      const onDelivery = (listener: typeof tell) => {
        tell = listener;
        return () => void (tell = () => undefined);
      };
      const recording = recordDeliveries({ deliveries, onDelivery }, dir, {
        warn: (fault) => faults.push(fault),
      });
      for (const one of told) tell(one);
      await recording.close();
      tell({ ...delivery, index: 99 });
      return faults;
    };

    it("are a file for each delivery, in a folder that is made", async () => {
      const pending: Delivery = { ...delivery, state: "pending" };
      const lost: Delivery = { ...delivery, index: 13, sender: "bot-framework", attempts: [], state: "lost" };
      await makeRecordDir(pathOf("a/b"));
      assert.deepEqual(await record([pending, delivery, lost], pathOf("a/b")), []);
      assert.deepEqual((await readdir(pathOf("a/b"))).toSorted(), [
        "000012-graph.json",
        "000013-bot-framework.json",
      ]);
      assert.deepEqual(await readKept("a/b/000012-graph.json"), {
        ...{ sender: "graph", at: "2026-11-21T09:00:00.000Z", url: "http://127.0.0.1:1/hooks" },
        ...{ state: "delivered", status: 202, payload: { value: [{}] } },
      });
      assert.deepEqual(await readKept("a/b/000013-bot-framework.json"), {
        ...{ sender: "bot-framework", at: null, url: "http://127.0.0.1:1/hooks" },
        ...{ state: "lost", status: null, payload: { value: [{}] } },
      });
    });

    it("begin with the first attempt, and have what was never tried when it is stopped", async () => {
      await makeRecordDir(pathOf("kept"));
      const tried: Delivery = { ...delivery, state: "pending", attempts: delivery.attempts.slice(0, 1) };
      const untried: Delivery = { ...delivery, index: 14, state: "pending", attempts: [] };
      await record([tried], pathOf("kept"), [untried, { ...delivery, index: 15 }]);
      assert.deepEqual((await readdir(pathOf("kept"))).toSorted(), [
        "000012-graph.json",
        "000014-graph.json",
      ]);
      const { at, state, status } = await readKept("kept/000012-graph.json");
      assert.deepEqual([at, state, status], ["2026-11-21T09:00:00.000Z", "pending", 503]);
      const never = await readKept("kept/000014-graph.json");
      assert.deepEqual(never, {
        ...never,
        at: null,
        state: "pending",
        status: null,
        payload: { value: [{}] },
      });
    });

    it("that cannot be written are told, and stop nothing", async () => {
      await writeFile(pathOf("taken"), "a file");
      const faults = await record([delivery, { ...delivery, index: 14 }], pathOf("taken"));
      assert.equal(faults.length, 2);
      assert.match(JSON.stringify(faults[0]), /000012-graph\.json/);
      await assert.rejects(makeRecordDir(pathOf("taken")), {
        code: "config-invalid",
        message: /^Nothing can be recorded in .*taken: E/,
      });
    });
  });

  it("has the same secret from the same seed, and any from none", () => {
    const edges = createQuietEdges();
    assert.equal(createClientSecret(edges, 1), createClientSecret(edges, 1));
    assert.notEqual(createClientSecret(edges, 1), createClientSecret(edges, 2));
    assert.notEqual(createClientSecret(edges, null), createClientSecret(edges, null));
  });
});
