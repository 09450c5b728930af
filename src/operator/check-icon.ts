/** What Teams asks of the two icons: https://learn.microsoft.com/en-us/microsoftteams/platform/concepts/build-and-test/apps-package */

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** The header chunk comes first and is always as long: https://www.w3.org/TR/png-3/#11IHDR */
const HEADER_END = 33;

/** Width and height that Teams demands, in pixels. */
export const ICON_SIZES_PX = { color: 192, outline: 32 } as const;
export type IconKind = keyof typeof ICON_SIZES_PX;

/** The fault of an icon in one sentence, or null where it is as Teams wants it. Does not throw. */
export function checkIcon(kind: IconKind, file: Uint8Array): string | null {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const isPng =
    bytes.length >= HEADER_END &&
    bytes.subarray(0, PNG_SIGNATURE.length).equals(PNG_SIGNATURE) &&
    bytes.toString("latin1", 12, 16) === "IHDR";
  if (!isPng) return `the ${kind} icon is no PNG file`;
  const sidePx = ICON_SIZES_PX[kind];
  const widthPx = bytes.readUInt32BE(16);
  const heightPx = bytes.readUInt32BE(20);
  if (widthPx === sidePx && heightPx === sidePx) return null;
  return `the ${kind} icon is ${widthPx}x${heightPx} pixels; Teams wants ${sidePx}x${sidePx}`;
}
