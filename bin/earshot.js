#!/usr/bin/env node
// `npx earshot`: runs src/main.ts on the Node that the project pins, whatever Node is on PATH. Plain JavaScript, since
// the Node that reads this file may be too old for TypeScript.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The first Node that runs TypeScript as it stands and has all that the program asks of it. */
const LEAST_MAJOR = 24;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

const project = dirname(dirname(fileURLToPath(import.meta.url)));
const node = findNode();
if (node === null) {
  process.stderr.write(
    `Earshot needs Node ${LEAST_MAJOR}. Looked in ${join(project, "node_modules", "node")} and found none; ` +
      `the Node on PATH is ${process.version}. Run \`npm install\` in ${project}.\n`,
  );
  process.exitCode = 1;
} else {
  run(node);
}

/** The pinned one; an image without development packages has none, and there Node's own version must do. */
function findNode() {
  const name = process.platform === "win32" ? "node.exe" : "node";
  const pinned = join(project, "node_modules", "node", "bin", name);
  if (existsSync(pinned)) return pinned;
  return Number(process.versions.node.split(".")[0]) >= LEAST_MAJOR ? process.execPath : null;
}

/** In the project's folder, as `npm start` does: a path in a setting means the same to both. */
function run(command) {
  const child = spawn(command, [join(project, "src", "main.ts"), ...process.argv.slice(2)], {
    cwd: project,
    stdio: "inherit",
  });
  // What ends this process is for the program to act on; this one lives until the program has ended.
  const pass = (signal) => child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, pass);
  child.on("error", (error) => {
    process.stderr.write(`Earshot could not be started with ${command}: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    for (const name of SIGNALS) process.off(name, pass);
    if (signal === null) process.exitCode = code ?? 1;
    else process.kill(process.pid, signal);
  });
}
