/** One address for several bots: takes turns, and goes to another where nobody listens. */
import { Agent, createServer, request as send, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";

export interface LoadBalancer {
  /** How many requests each port has answered. */
  readonly answered: ReadonlyMap<number, number>;
  close(): Promise<void>;
}

export async function startLoadBalancer(port: number, targets: readonly number[]): Promise<LoadBalancer> {
  const answered = new Map<number, number>();
  const agent = new Agent({ keepAlive: false });
  let turn = 0;

  /** Null where nobody listens; `cut` where it was cut off, and may have been taken. */
  const forward = (target: number, from: IncomingMessage, body: Buffer) =>
    new Promise<IncomingMessage | "cut" | null>((resolve) => {
      const { method, url, headers } = from;
      const forwarded = send({ host: "127.0.0.1", port: target, method, path: url, headers, agent }, resolve);
      forwarded.on("error", (error: NodeJS.ErrnoException) => {
        resolve(error.code === "ECONNREFUSED" ? null : "cut");
      });
      forwarded.end(body);
    });

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const first = turn++;
    for (let tries = 0; tries < targets.length; tries += 1) {
      const target = targets[(first + tries) % targets.length]!;
      const answer = await forward(target, request, body);
      if (answer === null) continue;
      if (answer === "cut") break;
      answered.set(target, (answered.get(target) ?? 0) + 1);
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on("error", () => response.destroy()).pipe(response);
      return;
    }
    response.writeHead(502).end();
  };

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    answered,
    close: async () => {
      server.close();
      server.closeAllConnections();
      agent.destroy();
      await once(server, "close");
    },
  };
}
