/** How many can be on their way to one place at a time. */
export interface Lanes {
  /** Resolves, in the order of asking, when there is room in the place; what it gives makes room again. */
  enter(place: string): Promise<() => void>;
}

export function createLanes(most: number): Lanes {
  const places = new Map<string, { inside: number; readonly waiting: (() => void)[] }>();
  return {
    async enter(name) {
      const place = places.get(name) ?? { inside: 0, waiting: [] };
      places.set(name, place);
      if (place.inside < most) place.inside += 1;
      else await new Promise<void>((resolve) => place.waiting.push(resolve));
      return () => {
        const next = place.waiting.shift();
        // The next one takes over the room.
        if (next) next();
        else place.inside -= 1;
      };
    },
  };
}
