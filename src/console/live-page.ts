import { readFile } from "node:fs/promises";
import type { Handler } from "../http-server.ts";

const FILES = {
  "/": { name: "live.html", type: "text/html; charset=utf-8" },
  "/live.js": { name: "live.js", type: "text/javascript; charset=utf-8" },
  "/ear.svg": { name: "ear.svg", type: "image/svg+xml" },
  "/live.css": { name: "live.css", type: "text/css; charset=utf-8" },
} as const;

/** The live page's files, by path. It shows traces, which hold no text of any message. */
export function createLivePage(): readonly { path: string; handler: Handler }[] {
  return Object.entries(FILES).map(([path, { name, type }]) => ({
    path,
    handler: async (_request, response) => {
      const content = await readFile(new URL(`./page/${name}`, import.meta.url));
      response.writeHead(200, {
        "content-type": type,
        "content-security-policy": "default-src 'self'; frame-ancestors 'none'",
        "x-content-type-options": "nosniff",
        "cache-control": "no-cache",
      });
      response.end(content);
    },
  }));
}
