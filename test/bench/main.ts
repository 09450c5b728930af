/** `npm run bench`: every figure as a ratio to its limit or peer of the same run. Exits with 1 where one misses its promise. */
import { parseArgs } from "node:util";
import { formatFigures, isMet, readRatio, type Figure } from "./figure.ts";
import { measureBusyDay } from "./measure-busy-day.ts";
import { measureSubscribing } from "./measure-subscribing.ts";

const USAGE = "Usage: npm run bench -- [--json] [--channels <count>]";
/** With what else is subscribed to, all but a few of the 10,000 that Graph allows. */
const CHANNELS = "9900";

process.exitCode = await run();

async function run(): Promise<number> {
  const wish = readWish();
  if (!wish) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  // One after the other: they would slow each other.
  const figures: Figure[] = [...(await measureBusyDay()), ...(await measureSubscribing(wish))];
  const isWell = figures.every(isMet);
  const report = wish.isJson
    ? JSON.stringify({
        isWell,
        figures: figures.map((each) => ({ ...each, ratio: readRatio(each), isMet: isMet(each) })),
      })
    : formatFigures(figures);
  process.stdout.write(`${report}\n`);
  return isWell ? 0 : 1;
}

function readWish(): { isJson: boolean; channels: number } | null {
  try {
    const { values } = parseArgs({
      options: { json: { type: "boolean", default: false }, channels: { type: "string", default: CHANNELS } },
    });
    const channels = Number(values.channels);
    return Number.isInteger(channels) && channels >= 50 ? { isJson: values.json, channels } : null;
  } catch {
    return null;
  }
}
