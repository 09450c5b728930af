/** The languages of made-up conversations. */
import { ENGLISH } from "./traffic-tongue-english.ts";
import type { Tongue } from "./traffic-tongue.ts";
import { ARABIC, CHINESE, JAPANESE } from "./traffic-tongues-far.ts";
import { FRENCH, GERMAN, SPANISH, SWEDISH } from "./traffic-tongues-near.ts";

/** How often each is spoken, in parts of all. */
export const TONGUES: readonly { readonly tongue: Tongue; readonly weight: number }[] = [
  { tongue: ENGLISH, weight: 8 },
  { tongue: GERMAN, weight: 3 },
  { tongue: SWEDISH, weight: 2 },
  { tongue: JAPANESE, weight: 2 },
  { tongue: ARABIC, weight: 2 },
  { tongue: SPANISH, weight: 2 },
  { tongue: FRENCH, weight: 2 },
  { tongue: CHINESE, weight: 1 },
];
