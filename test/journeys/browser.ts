import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";

/** Debian's Chromium; no test tool may download a browser of its own. */
const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) =>
  existsSync(path),
);

/** Null, said in a plain line, where there is no browser; on a CI machine that is a failure. */
export async function openBrowser(): Promise<Browser | null> {
  if (!CHROMIUM) {
    const line = "skipped: no Chromium on this machine (Debian: apt-get install chromium)";
    if (process.env.CI) throw new Error(line);
    process.stdout.write(`    ${line}\n`);
    return null;
  }
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
