import { EarshotError } from "../errors.ts";

/** Throws `wire-shape`; the text, which may be a message, is not quoted. */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new EarshotError("wire-shape", `${what} is not JSON`);
  }
}
