import { createEdges, type Edges } from "../../src/edges.ts";

/** The real outside with a silent log; what a test must hold in its hand is given. */
export function createQuietEdges(held: Partial<Edges> = {}): Edges {
  const silent = () => undefined;
  return { ...createEdges({ debug: silent, info: silent, warn: silent, error: silent }), ...held };
}
