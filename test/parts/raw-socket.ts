import { connect } from "node:net";

/** Sends bytes as they are and answers all that comes back until the other side ends. */
export function sendRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1");
    socket.setEncoding("latin1");
    socket.on("data", (chunk) => (answer += String(chunk)));
    socket.on("error", reject);
    socket.on("end", () => socket.end());
    socket.on("close", () => resolve(answer));
    socket.write(text, "latin1");
  });
}
