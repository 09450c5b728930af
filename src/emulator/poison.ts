/** A notification that is Graph's own in all but its content, which cannot be opened or says something else. */
import type { EncryptedContent } from "../wire/change-notification.ts";
import type { FaultDice } from "./faults.ts";

/** `reseal` seals another content the right way. */
export function poisonContent(
  content: EncryptedContent,
  reseal: (other: unknown) => EncryptedContent,
  dice: Pick<FaultDice, "random">,
): EncryptedContent {
  const kinds: readonly (() => EncryptedContent)[] = [
    () => ({ ...content, dataSignature: flip(content.dataSignature) }),
    () => ({ ...content, data: flip(content.data) }),
    () => ({ ...content, dataKey: flip(content.dataKey) }),
    () => ({ ...content, data: content.data.slice(0, content.data.length / 2) }),
    () => reseal("not a message"),
    () => reseal({ id: "1", body: null }),
  ];
  const kind = kinds[Math.floor(dice.random() * kinds.length)];
  return kind ? kind() : content;
}

/** Another character in the midst of a base64 text. */
function flip(base64: string): string {
  const at = Math.floor(base64.length / 2);
  return base64.slice(0, at) + (base64[at] === "A" ? "B" : "A") + base64.slice(at + 1);
}
