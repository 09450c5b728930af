import { closeSync, openSync } from "node:fs";

/**
 * Makes a file that its owner alone may read: what is said lies sealed in the database, who spoke where does not.
 * SQLite gives its side files the same mode; a file that is there already keeps the mode its owner gave it.
 */
export function makePrivate(file: string): void {
  closeSync(openSync(file, "a", 0o600));
}
