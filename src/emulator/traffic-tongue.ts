/** What is said in one language. `{…}` in a line is filled in by `traffic-words.ts`. */

/** What a talk is about: how it begins, and what is answered, in no order. */
export interface Topic {
  readonly roots: readonly string[];
  readonly replies: readonly string[];
}

export interface Tongue {
  /** BCP 47. */
  readonly language: string;
  readonly topics: readonly Topic[];
  /** How who mentions somebody goes on after the name. */
  readonly asks: readonly string[];
  /** What an edit adds. */
  readonly afterthoughts: readonly string[];
  /** Over a long message. */
  readonly headings: readonly string[];
}
