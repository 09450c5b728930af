/** Where the app is installed, as Graph lists it. */
import assert from "node:assert/strict";
import type { EmulatedTenantOptions } from "../../src/emulator/emulated-tenant.ts";
import { startSubscriber, type Subscriber } from "./emulator-subscriber.ts";

const MIRA = "Mira Lindqvist";

interface Installed {
  readonly id: string;
  readonly teamsApp?: Readonly<Record<string, string>>;
  readonly teamsAppDefinition?: Readonly<Record<string, string>>;
}

describe("emulated tenant: installed apps", () => {
  let subscriber: Subscriber;

  async function start(options: Partial<EmulatedTenantOptions>): Promise<void> {
    subscriber = await startSubscriber({ consentedAppRoles: [], ...options });
  }
  afterEach(() => subscriber.close());

  /** Each list, with where the app is installed for it. */
  function listPaths() {
    const { team, chat, contoso } = subscriber.places;
    const [mira] = contoso.people;
    return [
      { place: "Help Desk", path: `v1.0/teams/${team("Help Desk").id}/installedApps` },
      { place: "Lunch crew", path: `v1.0/chats/${chat("Lunch crew").id}/installedApps` },
      { place: `${MIRA} and Earshot`, path: `v1.0/users/${mira?.id}/teamwork/installedApps` },
      { place: `${MIRA} and Earshot`, path: `v1.0/users/${mira?.mail}/teamwork/installedApps` },
    ];
  }
  const ALL = ["Team", "Chat", "User"].map((where) => `TeamsAppInstallation.ReadFor${where}.All`);

  async function read(path: string): Promise<readonly Installed[]> {
    const { status, json } = await subscriber.graph("GET", path);
    assert.equal(status, 200);
    const value = json.value as Installed[];
    assert.equal(json["@odata.count"], value.length);
    return value;
  }

  it("are listed as long as they are installed", async () => {
    await start({ consentedAppRoles: ALL });
    const { tenant } = subscriber;
    for (const { place, path } of listPaths()) {
      assert.deepEqual(await read(path), []);
      await tenant.install(place);
      const [one, ...others] = await read(path);
      assert.deepEqual(others, []);
      assert.deepEqual(Object.keys(one ?? {}), ["id"]);
      assert.notEqual(one?.id, subscriber.places.contoso.catalogAppId);
      await tenant.uninstall(place);
      assert.deepEqual(await read(path), []);
    }
  });

  it("are expanded: the catalog's id is not the manifest's", async () => {
    await start({ consentedAppRoles: ALL });
    const { tenant, places } = subscriber;
    await tenant.installEverywhere();
    for (const { path } of listPaths()) {
      const [one] = await read(`${path}?$expand=teamsApp,teamsAppDefinition`);
      assert.deepEqual(one?.teamsApp, {
        ...{ id: places.contoso.catalogAppId, externalId: tenant.bot.teamsAppId },
        ...{ displayName: "Earshot", distributionMethod: "organization" },
      });
      assert.equal(one.teamsAppDefinition?.teamsAppId, places.contoso.catalogAppId);
      assert.equal(one.teamsAppDefinition?.azureADAppId, tenant.bot.id);
      const [bare] = await read(`${path}?$expand=teamsApp`);
      assert.deepEqual(Object.keys(bare ?? {}), ["id", "teamsApp"]);
    }
  });

  it("are found by the manifest's id or by the catalog's, and not by the other", async () => {
    await start({ consentedAppRoles: ALL });
    const { tenant, places } = subscriber;
    await tenant.installEverywhere();
    const { catalogAppId } = places.contoso;
    const { teamsAppId } = tenant.bot;
    for (const { path } of listPaths()) {
      const count = async (filter: string) => (await read(`${path}?$filter=${filter}`)).length;
      assert.equal(await count(`teamsApp/externalId eq '${teamsAppId}'`), 1);
      assert.equal(await count(`teamsApp/id eq '${catalogAppId}'`), 1);
      assert.equal(await count(`teamsApp/externalId eq '${catalogAppId}'`), 0);
      assert.equal(await count(`teamsApp/id eq '${teamsAppId}'`), 0);
      const other = await subscriber.graph("GET", `${path}?$filter=teamsApp/displayName eq 'x'`);
      assert.equal(other.status, 501);
    }
  });

  it("say what was consented to, where that is selected", async () => {
    const rscPermissions = ["TeamsAppInstallation.Read.Group", "ChannelMessage.Read.Group"];
    await start({ rscPermissions });
    await subscriber.tenant.installEverywhere();
    const [team] = listPaths();
    const { json } = await subscriber.graph("GET", `${team?.path}?$select=id,consentedPermissionSet`);
    const [one] = json.value as { consentedPermissionSet: unknown }[];
    assert.deepEqual(one?.consentedPermissionSet, {
      resourceSpecificPermissions: rscPermissions.map((permissionValue) => ({
        ...{ permissionValue, permissionType: "application" },
      })),
    });
    for (const option of ["$select=name", "$expand=team"]) {
      assert.equal((await subscriber.graph("GET", `${team?.path}?${option}`)).status, 400);
    }
    assert.equal((await subscriber.graph("GET", `${team?.path}?$top=1`)).status, 501);
  });

  const GRANTS = ["TeamsAppInstallation.Read.Group", "TeamsAppInstallation.Read.Chat"];

  it("are shown by the place's own consent, which a person has not", async () => {
    await start({ rscPermissions: GRANTS });
    await subscriber.tenant.installEverywhere();
    const statuses = [];
    for (const { path } of listPaths()) statuses.push((await subscriber.graph("GET", path)).status);
    assert.deepEqual(statuses, [200, 200, 403, 403]);
  });

  it("are shown by the role for each kind of place and by no other's", async () => {
    for (const [at, role] of ALL.entries()) {
      await start({ consentedAppRoles: [role] });
      await subscriber.tenant.installEverywhere();
      const statuses = [];
      for (const { path } of listPaths().slice(0, 3)) {
        statuses.push((await subscriber.graph("GET", path)).status);
      }
      assert.deepEqual(
        statuses,
        [0, 1, 2].map((index) => (index === at ? 200 : 403)),
        role,
      );
      if (role !== ALL.at(-1)) await subscriber.close();
    }
  });

  it("are of the token's organisation", async () => {
    await start({ consentedAppRoles: ALL, withSecondOrganisation: true });
    const [, fabrikam] = subscriber.tenant.organisations;
    const paths = [
      `teams/${fabrikam?.teams[0]?.id}/installedApps`,
      `chats/${fabrikam?.chats[0]?.id}/installedApps`,
      `users/${fabrikam?.people[0]?.id}/teamwork/installedApps`,
    ];
    for (const path of paths) assert.equal((await subscriber.graph("GET", `v1.0/${path}`)).status, 404);
  });
});
