/** The window's page and what it loads: files of one folder and two libraries, nothing else. */
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ApiFault } from "./api-fault.ts";
import type { ApiAnswer } from "./api-route.ts";

const FOLDER = fileURLToPath(new URL("./window/", import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".json": "application/json; charset=utf-8",
  ".woff2": "font/woff2",
};

const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cache-control": "no-cache",
};

/** Only a name that stands in the folder's own listing is opened, so no path leads out of it. Throws 404. */
export async function readWindowFile(name: string): Promise<ApiAnswer> {
  const listing = await readdir(FOLDER, { withFileTypes: true });
  const found = listing.find((entry) => entry.isFile() && entry.name === name);
  const type = TYPES[extname(name)];
  if (!found || type === undefined) throw new ApiFault(404, "NotFound", `There is no file ${name}.`);
  return { status: 200, content: await readFile(join(FOLDER, found.name)), type, headers: { ...HEADERS } };
}

/** `preact.js` and `adaptivecards.js`, as their packages ship them for a browser. Throws 404. */
export async function readVendorFile(name: string): Promise<ApiAnswer> {
  const path = findVendorFile(name);
  if (path === null) throw new ApiFault(404, "NotFound", `There is no file ${name}.`);
  return { status: 200, content: await readFile(path), type: TYPES[".js"] ?? "", headers: { ...HEADERS } };
}

function findVendorFile(name: string): string | null {
  if (name === "preact.js") return fileURLToPath(import.meta.resolve("htm/preact/standalone"));
  if (name !== "adaptivecards.js") return null;
  const manifest = createRequire(import.meta.url).resolve("adaptivecards/package.json");
  return join(dirname(manifest), "dist", "adaptivecards.min.js");
}
