/**
 * Joins calls that come while another is under way into one: many callers share one round trip and one commit.
 * `run` takes the inputs of several calls and answers for each; where it fails, each call is run alone, so that one
 * that cannot be done takes no other along.
 */
export function createGathered<Input, Output>(
  run: (inputs: readonly Input[]) => Promise<readonly Output[]>,
): (input: Input) => Promise<Output> {
  interface Waiting {
    readonly input: Input;
    resolve(output: Output): void;
    reject(error: unknown): void;
  }
  let waiting: Waiting[] = [];
  let underway = 0;

  const runAlone = async ({ input, resolve, reject }: Waiting): Promise<void> => {
    try {
      resolve((await run([input]))[0] as Output);
    } catch (error) {
      reject(error);
    }
  };

  const runTogether = async (calls: readonly Waiting[]): Promise<void> => {
    try {
      const outputs = await run(calls.map(({ input }) => input));
      calls.forEach(({ resolve }, index) => {
        resolve(outputs[index] as Output);
      });
    } catch {
      await Promise.all(calls.map(runAlone));
    }
  };

  const start = (): void => {
    if (underway >= MOST_UNDERWAY || waiting.length === 0) return;
    const calls = waiting.slice(0, MOST_CALLS);
    waiting = waiting.slice(MOST_CALLS);
    underway += 1;
    const [only] = calls;
    void (calls.length === 1 && only ? runAlone(only) : runTogether(calls)).finally(() => {
      underway -= 1;
      start();
    });
  };

  return (input) =>
    new Promise((resolve, reject) => {
      waiting.push({ input, resolve, reject });
      start();
    });
}

const MOST_CALLS = 100;
const MOST_UNDERWAY = 2;
