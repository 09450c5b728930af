/**
 * Joins calls that come while others are under way into one: many callers share one round trip and one commit.
 *
 * `run` takes the inputs of several calls and answers each, in their order. Where one input is at fault, each call is
 * run alone, so that it takes no other along.
 */
export function createGather<Input, Output>(needs: {
  run: (inputs: readonly Input[]) => Promise<readonly Output[]>;
  /** What an input weighs; together they weigh no more than `mostWeight`, but for one alone that is heavier. */
  weigh: (input: Input) => number;
  mostWeight: number;
  isFaultOfInput: (error: unknown) => boolean;
}): (input: Input) => Promise<Output> {
  interface Call {
    readonly input: Input;
    resolve(output: Output): void;
    reject(error: unknown): void;
  }
  const waiting: Call[] = [];
  let underWay = 0;

  const takeSome = (): Call[] => {
    let weight = 0;
    const tooMany = waiting.findIndex(({ input }, index) => {
      weight += needs.weigh(input);
      return index > 0 && weight > needs.mostWeight;
    });
    return waiting.splice(0, tooMany < 0 ? waiting.length : tooMany);
  };

  const runTogether = async (calls: readonly Call[]): Promise<void> => {
    try {
      const outputs = await needs.run(calls.map(({ input }) => input));
      calls.forEach(({ resolve }, index) => {
        resolve(outputs[index] as Output);
      });
    } catch (error) {
      if (calls.length > 1 && needs.isFaultOfInput(error)) {
        for (const call of calls) await runTogether([call]);
      } else {
        calls.forEach(({ reject }) => {
          reject(error);
        });
      }
    }
  };

  const start = (): void => {
    while (underWay < MOST_UNDER_WAY && waiting.length > 0) {
      underWay += 1;
      void runTogether(takeSome()).finally(() => {
        underWay -= 1;
        start();
      });
    }
  };

  return (input) =>
    new Promise((resolve, reject) => {
      waiting.push({ input, resolve, reject });
      // After this turn of the loop, for those who call in the same.
      if (waiting.length === 1) queueMicrotask(start);
    });
}

/** While one waits for the disk another may travel. */
const MOST_UNDER_WAY = 2;
