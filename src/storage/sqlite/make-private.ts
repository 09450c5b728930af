import { closeSync, openSync } from "node:fs";

/**
 * Makes a file that its owner alone may read: what is said lies sealed in the database, who spoke where does not.
 * SQLite gives its side files the same mode. A file that is there keeps the mode its owner gave it, and is not even
 * opened: with the closing of any descriptor a process loses its POSIX locks on the file
 * (https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
 */
export function makePrivate(file: string): void {
  try {
    closeSync(openSync(file, "ax", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
