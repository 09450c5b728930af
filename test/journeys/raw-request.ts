import { once } from "node:events";
import { connect } from "node:net";

export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/**
 * Writes bytes to a port as they are, in the pieces given, and reads until the other side closes or an answer with
 * its whole body is there. `status` 0: closed without an answer.
 */
export async function sendRaw(port: number, ...pieces: (string | Buffer)[]): Promise<RawAnswer> {
  const socket = connect(port, "127.0.0.1");
  const chunks: Buffer[] = [];
  const { promise: whole, resolve } = Promise.withResolvers<undefined>();
  socket.on("data", (chunk) => {
    chunks.push(chunk);
    if (isWhole(Buffer.concat(chunks).toString("latin1"))) resolve(undefined);
  });
  // A server that refuses early resets the connection while we still write; what it said first still counts.
  socket.on("error", () => undefined);
  socket.on("close", () => {
    resolve(undefined);
  });
  await Promise.race([once(socket, "connect"), whole]);
  for (const piece of pieces) {
    if (socket.writable && !socket.write(piece)) await Promise.race([once(socket, "drain"), whole]);
  }
  await whole;
  socket.destroy();
  const text = Buffer.concat(chunks).toString("latin1");
  const [head = "", body = ""] = text.split("\r\n\r\n");
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0), head, body };
}

function isWhole(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  const length = /content-length: (\d+)/i.exec(text.slice(0, end))?.[1];
  return end >= 0 && length !== undefined && text.length >= end + 4 + Number(length);
}
