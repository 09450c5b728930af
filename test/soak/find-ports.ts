import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Below those that systems give to outgoing connections: while a bot is down, nobody else may take its port, least of
 * all a connection to that very port, which TCP would join to itself.
 */
const [FIRST, LAST] = [12_000, 31_000] as const;
const given = new Set<number>();

/** Free ports on 127.0.0.1, given to nobody else in this process. */
export async function findPorts(amount: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < amount) {
    const port = FIRST + Math.floor((LAST - FIRST) * Math.random());
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    ports.push(port);
  }
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  // Rejects where the server fails instead.
  const outcome = once(server, "listening").then(
    () => true,
    () => false,
  );
  // The bot's public listener takes every address.
  server.listen(port);
  const isOurs = await outcome;
  server.close();
  return isOurs;
}
