/** Takes the database away from under a bot, and gives it back. */
import { execFileSync, spawnSync } from "node:child_process";
import type { PostgresServer } from "../postgres-server.ts";
import type { Scene } from "./scene.ts";

export interface Outage {
  begin(scene: Scene): void | Promise<void>;
  end(scene: Scene): void | Promise<void>;
}

/**
 * A bot can write no file to beyond its first byte, as if the disk were full: SQLite's writes fail (Node ignores
 * SIGXFSZ). Null where `prlimit`, which is Linux's, is missing.
 */
export function createFullDisk(): Outage | null {
  if (spawnSync("prlimit", ["--version"]).status !== 0) return null;
  // The soft limit alone: it can be raised again.
  const limit = ({ bots }: Scene, sizeBytes: string) => {
    for (const bot of bots) execFileSync("prlimit", ["--pid", String(bot.pid()), `--fsize=${sizeBytes}:`]);
  };
  return {
    begin: (scene) => {
      limit(scene, "1");
    },
    end: (scene) => {
      limit(scene, "unlimited");
    },
  };
}

/** PostgreSQL stops, and starts again. */
export function createServerOutage(server: PostgresServer): Outage {
  return { begin: server.stop, end: server.restart };
}
