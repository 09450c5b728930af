import assert from "node:assert/strict";
import { crc32, inflateSync } from "node:zlib";
import fc from "fast-check";
import { drawPicture, encodePng } from "../../src/emulator/encode-png.ts";

interface Picture {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly rows: Buffer;
}

/** Reads what we write and no other PNG; throws where a length or a checksum is wrong. */
function readPng(png: Buffer): Picture {
  assert.equal(png.subarray(0, 8).toString("latin1"), "\x89PNG\r\n\x1a\n");
  const chunks = new Map<string, Buffer>();
  let at = 8;
  while (at < png.length) {
    const size = png.readUInt32BE(at);
    const named = png.subarray(at + 4, at + 8 + size);
    assert.equal(png.readUInt32BE(at + 8 + size), crc32(named), "a checksum is wrong");
    chunks.set(named.subarray(0, 4).toString("latin1"), named.subarray(4));
    at += 12 + size;
  }
  assert.equal(at, png.length);
  assert.deepEqual([...chunks.keys()], ["IHDR", "IDAT", "IEND"]);
  const header = chunks.get("IHDR")!;
  assert.deepEqual([...header.subarray(8)], [8, 2, 0, 0, 0], "eight bits of three colours");
  return {
    widthPx: header.readUInt32BE(0),
    heightPx: header.readUInt32BE(4),
    rows: inflateSync(chunks.get("IDAT")!),
  };
}

describe("emulated tenant: a PNG", () => {
  it("holds each point as it was given", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), (widthPx, heightPx) => {
        const png = encodePng({ widthPx, heightPx }, (x, y) => [x, y, x ^ y]);
        const { rows, ...size } = readPng(png);
        assert.deepEqual(size, { widthPx, heightPx });
        assert.equal(rows.length, heightPx * (1 + widthPx * 3));
        for (let y = 0; y < heightPx; y += 1) {
          const row = rows.subarray(y * (1 + widthPx * 3), (y + 1) * (1 + widthPx * 3));
          const expected = Array.from({ length: widthPx }, (_, x) => [x, y, x ^ y]);
          assert.deepEqual([...row], [0, ...expected.flat()]);
        }
      }),
    );
  });

  it("is the same picture for the same words, and another for others", () => {
    const size = { widthPx: 32, heightPx: 24 };
    assert.deepEqual(drawPicture("a chart", size), drawPicture("a chart", size));
    assert.notDeepEqual(drawPicture("a chart", size), drawPicture("a map", size));
    const { rows } = readPng(drawPicture("a chart", size));
    const points = Array.from({ length: 24 * 32 }, (_, index) => {
      const at = Math.floor(index / 32) * (1 + 32 * 3) + 1 + (index % 32) * 3;
      return rows.subarray(at, at + 3).toString("hex");
    });
    assert.equal(new Set(points).size, 2, "two colours");
  });
});
