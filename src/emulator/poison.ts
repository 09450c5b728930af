/** Notifications that are Graph's own in all but their content, which cannot be opened or is not the message's. */
import type { EncryptedContent } from "../wire/change-notification.ts";

type Make = (
  message: Readonly<Record<string, unknown>>,
  seal: (text: string) => EncryptedContent,
) => EncryptedContent;

const onSealed =
  (spoil: (sealed: EncryptedContent) => Partial<EncryptedContent>): Make =>
  (message, seal) => {
    const sealed = seal(JSON.stringify(message));
    return { ...sealed, ...spoil(sealed) };
  };

const KINDS = {
  "key of another item": (message, seal) => ({
    ...seal(JSON.stringify(message)),
    dataKey: seal("another item").dataKey,
  }),
  "broken key": onSealed(({ dataKey }) => ({ dataKey: flip(dataKey) })),
  "broken signature": onSealed(({ dataSignature }) => ({ dataSignature: flip(dataSignature) })),
  "touched data": onSealed(({ data }) => ({ data: flip(data) })),
  "truncated data": onSealed(({ data }) => ({ data: data.slice(0, Math.floor(data.length / 8) * 4 + 1) })),
  "another message": (message, seal) =>
    seal(
      JSON.stringify({
        ...message,
        id: String(Number(message.id) - 1),
        body: { contentType: "text", content: "something else" },
      }),
    ),
  "no JSON": (_message, seal) => seal('{"id":'),
  "no message": (_message, seal) => seal('"a text"'),
} as const satisfies Record<string, Make>;

export type PoisonKind = keyof typeof KINDS;
export const POISON_KINDS = Object.keys(KINDS) as readonly PoisonKind[];

/** `seal` seals a text as Graph does, with a key of its own each time. */
export function sealPoisoned(
  kind: PoisonKind,
  message: Readonly<Record<string, unknown>>,
  seal: (text: string) => EncryptedContent,
): EncryptedContent {
  return KINDS[kind](message, seal);
}

/** `measure` is from 0 to below 1. */
export function choosePoison(measure: number): PoisonKind {
  return POISON_KINDS[Math.floor(measure * POISON_KINDS.length)] ?? "no JSON";
}

/** Another character in the midst of a base64 text. */
export function flip(base64: string): string {
  const at = Math.floor(base64.length / 2);
  return base64.slice(0, at) + (base64[at] === "A" ? "B" : "A") + base64.slice(at + 1);
}
