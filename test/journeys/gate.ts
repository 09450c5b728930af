/** A gate on the tenant's way to the bot: what goes to a held path waits there until it is let go. */
export interface Gate {
  readonly fetch: typeof fetch;
  hold(path: string): void;
  letGo(path: string): void;
  /** How many wait. */
  readonly waiting: () => number;
}

export function createGate(): Gate {
  const held = new Map<string, (() => void)[]>();
  return {
    fetch: async (input, init) => {
      const { pathname } = new URL(input instanceof Request ? input.url : input);
      const queue = held.get(pathname);
      if (queue) await new Promise<void>((resolve) => queue.push(resolve));
      // Its time was up while it stood here: it goes all the same, as on a slow line.
      const { signal, ...rest } = init ?? {};
      return fetch(input, queue ? rest : { ...rest, ...(signal ? { signal } : {}) });
    },
    hold: (path) => {
      held.set(path, held.get(path) ?? []);
    },
    letGo: (path) => {
      const queue = held.get(path) ?? [];
      held.delete(path);
      for (const go of queue) go();
    },
    waiting: () => [...held.values()].reduce((sum, queue) => sum + queue.length, 0),
  };
}
