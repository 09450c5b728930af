/** `npm start` without a cloud: a tenant with people in it, the bot, and the bot installed everywhere. */
import { join } from "node:path";
import type { Edges } from "../edges.ts";
import { EarshotError } from "../errors.ts";
import { startEmulatedTenant } from "./emulated-tenant.ts";
import { findFreePort } from "./find-free-port.ts";

const DEFAULT_WINDOW_PORT = 3980;

export interface Demo {
  /** The window. */
  readonly url: string;
  stop(): Promise<void>;
}

/** `startBot` is given settings that overlay the environment. Throws what it throws, and `address-unavailable`. */
export async function startDemo(needs: {
  environment: Readonly<Partial<Record<string, string>>>;
  edges: Edges;
  dataDir: string;
  manifest: unknown;
  startBot: (settings: Record<string, string>) => Promise<{ stop(): Promise<void> }>;
}): Promise<Demo> {
  const { environment, edges, dataDir } = needs;
  const port = await choosePort(environment.PORT, 3978);
  const adminPort = await choosePort(environment.ADMIN_PORT, 3979);
  const tenant = await startTenant({
    edges,
    botUrl: `http://127.0.0.1:${port}`,
    tracesUrl: `http://127.0.0.1:${adminPort}/events`,
    rscPermissions: readRscPermissions(needs.manifest),
    windowPort: environment.EMULATOR_PORT,
    lifecycle: {},
  });
  try {
    const bot = await needs.startBot({
      ...tenant.settings,
      PORT: String(port),
      ADMIN_PORT: String(adminPort),
      // The window reads the bot's traces there.
      ADMIN_HOST: "127.0.0.1",
      CLOUD: "global",
      DATABASE_URL: `sqlite:${join(dataDir, "earshot.db")}`,
      KEYS_DIR: join(dataDir, "keys"),
    });
    await tenant.installEverywhere();
    return {
      url: tenant.url,
      stop: async () => {
        await bot.stop();
        await tenant.close();
      },
    };
  } catch (error) {
    await tenant.close();
    throw error;
  }
}

/** On the port that is set; or on the usual one, and that taken, on any. */
async function startTenant({
  windowPort,
  ...options
}: Omit<Parameters<typeof startEmulatedTenant>[0], "port"> & { windowPort: string | undefined }) {
  const isSet = Boolean(windowPort?.trim());
  const port = isSet ? Number(windowPort) : DEFAULT_WINDOW_PORT;
  try {
    return await startEmulatedTenant({ ...options, port });
  } catch (error) {
    if (!(error instanceof EarshotError) || error.code !== "address-unavailable") throw error;
    if (!isSet) return startEmulatedTenant({ ...options, port: 0 });
    throw new EarshotError(
      "address-unavailable",
      `the window cannot listen on 127.0.0.1 port ${port}: EADDRINUSE. Free it, or set EMULATOR_PORT.`,
      { cause: error },
    );
  }
}

/** The tenant must know the bot's port before the bot listens, so that `0`, any, is chosen here. */
async function choosePort(setting: string | undefined, usual: number): Promise<number> {
  const wanted = setting?.trim() ? Number(setting) : usual;
  return wanted === 0 ? findFreePort() : wanted;
}

/** What the app's manifest asks for, as a team owner consents to it on installing. */
export function readRscPermissions(manifest: unknown): string[] {
  const { authorization } = manifest as {
    authorization?: { permissions?: { resourceSpecific?: { name: string; type: string }[] } };
  };
  const asked = authorization?.permissions?.resourceSpecific ?? [];
  return asked.filter(({ type }) => type === "Application").map(({ name }) => name);
}
