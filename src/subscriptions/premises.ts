/** What a look's wishes rest on. Where the look itself changed that, there is something else to wish. */
export interface Premises {
  suppose(holds: () => boolean): boolean;
  /** Whether all that was supposed is still so. */
  stillHold(): boolean;
}

export function createPremises(): Premises {
  const supposed: { readonly holds: () => boolean; readonly held: boolean }[] = [];
  return {
    suppose: (holds) => {
      const held = holds();
      supposed.push({ holds, held });
      return held;
    },
    stillHold: () => supposed.every(({ holds, held }) => holds() === held),
  };
}
