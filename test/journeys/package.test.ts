import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { strFromU8, unzipSync } from "fflate";
import sinon from "sinon";
import { packageApp } from "../../src/operator/package-app.ts";

const PROJECT_DIR = join(import.meta.dirname, "..", "..");
const MANIFEST = join("appPackage", "manifest.json");

describe("the app package", () => {
  let projectDir: string;
  let lines: string[];

  beforeEach(async () => {
    projectDir = await mkdtemp(join(tmpdir(), "earshot-package-"));
    for (const file of ["manifest.json", "color.png", "outline.png"]) {
      await cp(join(PROJECT_DIR, "appPackage", file), join(projectDir, "appPackage", file));
    }
    await cp(join(PROJECT_DIR, "env", ".env.emulated"), join(projectDir, "env", ".env.emulated"));
    await writeFile(
      join(projectDir, "env", ".env.dev"),
      'APP_NAME_SUFFIX=" (dev)"\nTEAMS_APP_ID=\nBOT_ID=\n',
    );
    lines = [];
  });
  afterEach(async () => {
    sinon.restore();
    await rm(projectDir, { recursive: true, force: true });
  });

  const build = (envName: string, environment: Record<string, string> = {}) =>
    packageApp({ projectDir, envName, environment, print: (line) => lines.push(line) });
  const readZip = async (envName: string) =>
    readFile(join(projectDir, "appPackage", "build", `earshot.${envName}.zip`));
  const editManifest = async (edit: (text: string) => string) => {
    const path = join(projectDir, MANIFEST);
    await writeFile(path, edit(await readFile(path, "utf8")));
  };
  const assertNothingBuilt = () => assert.rejects(readZip("emulated"), { code: "ENOENT" });

  it("is built from a fresh clone, offline, with its three files and the ids of the environment", async () => {
    const fetchStub = sinon.stub(globalThis, "fetch").rejects();
    assert.equal(await build("emulated"), 0, lines.join("\n"));
    const files = unzipSync(await readZip("emulated"));
    assert.deepEqual(Object.keys(files).sort(), ["color.png", "manifest.json", "outline.png"]);
    const text = strFromU8(files["manifest.json"]!);
    const manifest = JSON.parse(text) as { id: string; name: { short: string }; bots: { botId: string }[] };
    assert.equal(manifest.id, "6f0c7a52-5d0e-4c1f-9a7b-1d2e3f405162");
    assert.equal(manifest.bots[0]?.botId, "b07b07b0-0000-4000-8000-0000000000b0");
    assert.equal(manifest.name.short, "Earshot (emulated)");
    assert.ok(!text.includes("${{"));
    assert.deepEqual(
      Buffer.from(files["color.png"]!),
      await readFile(join(projectDir, "appPackage", "color.png")),
    );
    sinon.assert.notCalled(fetchStub);
  });

  it("says where it lies, what it holds, and whom the emulated one is for", async () => {
    await build("emulated");
    const report = lines.join("\n");
    assert.match(report, /earshot\.emulated\.zip: app version 1\.0\.0, manifest 1\.30, \d+ bytes, valid/);
    assert.match(report, /emulated tenant/);
    assert.match(report, /npm run package -- --env dev/);
  });

  it("has the same bytes whenever it is built from the same files", async () => {
    await build("emulated");
    const first = await readZip("emulated");
    await build("emulated");
    assert.deepEqual(await readZip("emulated"), first);
  });

  it("takes values from the environment before those of the env file, and says so", async () => {
    const BOT_ID = "4b4b4b4b-2222-4222-8222-222222222222";
    const TEAMS_APP_ID = "3a3a3a3a-1111-4111-8111-111111111111";
    assert.equal(await build("dev", { BOT_ID, TEAMS_APP_ID, UNRELATED: "x" }), 0, lines.join("\n"));
    const manifest = JSON.parse(strFromU8(unzipSync(await readZip("dev"))["manifest.json"]!)) as {
      id: string;
    };
    assert.equal(manifest.id, TEAMS_APP_ID);
    assert.match(lines.join("\n"), /BOT_ID came from the environment/);
    assert.doesNotMatch(lines.join("\n"), /UNRELATED|emulated/);
  });

  it("keeps a value with quotes and line ends as one JSON string", async () => {
    await build("emulated", { APP_NAME_SUFFIX: '"}\n\\' });
    const manifest = JSON.parse(strFromU8(unzipSync(await readZip("emulated"))["manifest.json"]!)) as {
      name: { short: string };
    };
    assert.equal(manifest.name.short, 'Earshot"}\n\\');
  });

  it("is refused while provisioning has not run, with every missing value and where it comes from", async () => {
    assert.equal(await build("dev"), 1);
    const report = lines.join("\n");
    assert.match(report, /TEAMS_APP_ID: provisioning writes it to env\/\.env\.dev \(teamsApp\/create\)/);
    assert.match(report, /BOT_ID: provisioning writes it to env\/\.env\.dev \(aadApp\/create\)/);
    assert.match(report, /atk provision --env dev/);
    await assert.rejects(readZip("dev"), { code: "ENOENT" });
  });

  it("is refused when a value is missing that the env file itself should hold", async () => {
    await writeFile(join(projectDir, "env", ".env.dev"), "TEAMS_APP_ID=x\nBOT_ID=y\n");
    assert.equal(await build("dev"), 1);
    assert.match(lines.join("\n"), /APP_NAME_SUFFIX: set it in env\/\.env\.dev/);
    assert.doesNotMatch(lines.join("\n"), /provision/);
  });

  for (const name of ["nowhere", "../env/.env.dev", ""]) {
    it(`is misuse for an environment that does not exist: "${name}"`, async () => {
      assert.equal(await build(name), 2);
      assert.match(lines.join("\n"), /There are: dev, emulated\./);
    });
  }

  it("is refused with an icon of the wrong size", async () => {
    await cp(join(projectDir, "appPackage", "color.png"), join(projectDir, "appPackage", "outline.png"));
    assert.equal(await build("emulated"), 1);
    assert.match(lines.join("\n"), /outline\.png: the outline icon is 192x192 pixels; Teams wants 32x32/);
    await assertNothingBuilt();
  });

  it("is refused without an icon, or with one that is no PNG", async () => {
    await rm(join(projectDir, "appPackage", "color.png"));
    await writeFile(join(projectDir, "appPackage", "outline.png"), "<svg/>");
    assert.equal(await build("emulated"), 1);
    assert.match(lines.join("\n"), /color\.png: the color icon does not exist/);
    assert.match(lines.join("\n"), /outline\.png: the outline icon is no PNG/);
  });

  it("is refused when the manifest breaks the schema, with each fault and its place", async () => {
    await editManifest((text) =>
      text.replace('"type": "Application"', '"type": "App"').replace("#2B2D6E", "blue"),
    );
    assert.equal(await build("emulated"), 1);
    const report = lines.join("\n");
    assert.match(report, /\/authorization\/permissions\/resourceSpecific\/0\/type/);
    assert.match(report, /\/accentColor/);
    await assertNothingBuilt();
  });

  it("is refused for a schema version that is not installed, without asking the network for it", async () => {
    const fetchStub = sinon.stub(globalThis, "fetch").rejects();
    await editManifest((text) => text.replaceAll("1.30", "9.99"));
    assert.equal(await build("emulated"), 1);
    assert.match(lines.join("\n"), /manifestVersion 9\.99 is unknown/);
    sinon.assert.notCalled(fetchStub);
  });

  it("is refused when the manifest is no JSON, no manifest, or not there", async () => {
    await editManifest((text) => text.slice(0, -3));
    assert.equal(await build("emulated"), 1);
    assert.match(lines.join("\n"), /manifest\.json is not JSON/);
    await editManifest(() => '{ "icons": {} }');
    assert.equal(await build("emulated"), 1);
    assert.match(lines.join("\n"), /\/icons\/color/);
    await rm(join(projectDir, MANIFEST));
    assert.equal(await build("emulated"), 1);
    assert.match(lines.join("\n"), /was not built: .*manifest\.json/);
  });
});
