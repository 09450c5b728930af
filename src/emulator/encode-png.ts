/** Pictures for messages: drawn here, as bytes of a PNG. */
import { createHash } from "node:crypto";
import { crc32, deflateSync } from "node:zlib";

export interface PictureSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

type Colour = readonly [red: number, green: number, blue: number];

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Cells in a row of a drawing, and in a column. */
const GRID = 8;

/**
 * Eight bits for each of three colours, no interlacing, no filter.
 * Source: https://www.w3.org/TR/png-3/
 */
export function encodePng(
  { widthPx, heightPx }: PictureSize,
  readColour: (x: number, y: number) => Colour,
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(widthPx, 0);
  header.writeUInt32BE(heightPx, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.alloc(heightPx * (1 + widthPx * 3));
  for (let y = 0; y < heightPx; y += 1) {
    // The byte in front of a row is its filter, 0 for none.
    const start = y * (1 + widthPx * 3) + 1;
    for (let x = 0; x < widthPx; x += 1) rows.set(readColour(x, y), start + x * 3);
  }
  return Buffer.concat([
    SIGNATURE,
    createChunk("IHDR", header),
    createChunk("IDAT", deflateSync(rows)),
    createChunk("IEND", Buffer.alloc(0)),
  ]);
}

/** A pattern of two colours that belongs to the words, the same each time. */
export function drawPicture(words: string, size: PictureSize): Buffer {
  const seed = createHash("sha256").update(words).digest();
  const dark: Colour = [seed.readUInt8(0) >> 1, seed.readUInt8(1) >> 1, seed.readUInt8(2) >> 1];
  const light: Colour = [dark[0] + 120, dark[1] + 120, dark[2] + 120];
  return encodePng(size, (x, y) => {
    const row = Math.floor((y * GRID) / size.heightPx);
    const column = Math.floor((x * GRID) / size.widthPx);
    // Left and right alike.
    const bit = Math.min(column, GRID - 1 - column);
    return (seed.readUInt8(8 + row) >> bit) & 1 ? dark : light;
  });
}

function createChunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, checksum]);
}
