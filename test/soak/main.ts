/** `npm run soak -- --hours N`: random trials until the time is over, and one line of verdict. Exits with 0 or 1. */
import { parseArgs } from "node:util";
import { soak } from "./soak.ts";

const USAGE = `Usage: npm run soak -- --hours <hours> [--seed <seed>] [--database sqlite|postgres] [--instances <count>]
       npm run soak -- --only <seed>

Random trials, two at a time, until the time is over: bots as processes of their own, under load, killed at random
moments, against an emulated tenant that makes trouble. --only repeats one trial. Ctrl+C ends it, with a verdict.`;

const DATABASES = ["sqlite", "postgres"] as const;

const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    stopping.abort();
  });
}
process.exitCode = await run();

async function run(): Promise<number> {
  const wish = readWish();
  if (!wish) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  const isWell = await soak({
    ...wish,
    signal: stopping.signal,
    print: (line) => process.stdout.write(`${line}\n`),
  });
  return isWell ? 0 : 1;
}

function readWish() {
  try {
    const { values } = parseArgs({
      options: {
        hours: { type: "string" },
        seed: { type: "string", default: String(Date.now() % 1_000_000) },
        only: { type: "string" },
        database: { type: "string" },
        instances: { type: "string" },
      },
    });
    const database = DATABASES.find((name) => name === values.database);
    const [hours, seed, instances] = [
      values.hours ?? "0",
      values.only ?? values.seed,
      values.instances ?? "1",
    ].map(Number);
    const isMisuse =
      !(hours! >= 0) ||
      !Number.isSafeInteger(seed) ||
      !(Number.isInteger(instances) && instances! >= 1) ||
      (values.hours === undefined && values.only === undefined) ||
      database !== values.database ||
      (database === "sqlite" && instances! > 1);
    if (isMisuse) return null;
    return {
      hours: hours!,
      seed: seed!,
      isOnlyOne: values.only !== undefined,
      wish: {
        ...(database === undefined ? {} : { database }),
        ...(values.instances === undefined ? {} : { instances: instances! }),
      },
    };
  } catch {
    return null;
  }
}
