import type { ApiFault } from "./api-fault.ts";

/** A segment of a path as it was before it was written into a URL. Throws what `refuse` makes where it is malformed. */
export function decodeSegment(segment: string, refuse: () => ApiFault): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw refuse();
  }
}
