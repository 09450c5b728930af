/** What happened, in order, and a way to wait for it: a test waits for events and never for time. */
export interface EventLog<Event> {
  readonly events: readonly Event[];
  note(event: Event): void;
  /** The first event, past or future, that fits and was not taken before. */
  take(fits: (event: Event) => boolean): Promise<Event>;
}

export function createEventLog<Event>(): EventLog<Event> {
  const events: Event[] = [];
  const taken = new Set<number>();
  let wake = Promise.withResolvers<undefined>();
  return {
    events,
    note: (event) => {
      events.push(event);
      wake.resolve(undefined);
      wake = Promise.withResolvers();
    },
    take: async (fits) => {
      for (;;) {
        const found = events.findIndex((event, index) => !taken.has(index) && fits(event));
        if (found >= 0) {
          taken.add(found);
          return events[found]!;
        }
        await wake.promise;
      }
    },
  };
}
