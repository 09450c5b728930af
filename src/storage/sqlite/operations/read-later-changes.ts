import type { Ear, MessageAddress } from "../../../model/trace.ts";
import type { LaterChanges } from "../../storage.ts";
import type { Database } from "../database.ts";
import { bindAddress, MESSAGE } from "../read-address.ts";

export function readLaterChanges(database: Database, message: MessageAddress): LaterChanges {
  const rows = database.all(
    `SELECT change_type, ear, sealed FROM notification
     WHERE ${MESSAGE}
       AND (change_type = 'deleted' OR change_type = 'updated' AND state IN ('waiting', 'parked'))
     ORDER BY id`,
    bindAddress(message),
  );
  return {
    isDeleted: rows.some(({ change_type }) => change_type === "deleted"),
    edits: rows
      .filter(({ change_type }) => change_type === "updated")
      .map(({ ear, sealed }) => ({ ear: ear as Ear, sealed: sealed as string })),
  };
}
