import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";

/** A port on 127.0.0.1 that nobody listens on: for who must be told of it before it is listened on. */
export async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
