import assert from "node:assert/strict";
import type { Worker } from "node:worker_threads";

/** Fails the surrounding `describe` where it leaves a thread running or a port open. Call it first in the block. */
export function failOnLeaks(): void {
  const running = new Set<Worker>();
  const note = (worker: Worker) => {
    running.add(worker);
    worker.once("exit", () => running.delete(worker));
  };
  before(function () {
    const portsBefore = countPorts();
    process.on("worker", note);
    // Added only now, so that it comes after every other hook of the block.
    this.test?.parent?.afterAll(() => {
      process.off("worker", note);
      assert.equal(running.size, 0, "threads are still running");
      assert.equal(countPorts(), portsBefore, "ports are still open");
    });
  });
}

function countPorts(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "TCPServerWrap").length;
}
