import type { NeededCertificate } from "../../storage.ts";
import type { Database } from "../database.ts";

const readId = (column: string) =>
  `CASE WHEN json_valid(${column}) THEN ${column} ->> '$.encryptionCertificateId' END AS certificate_id`;

/** By these indexes: left to itself SQLite would read through all that is done, which has no content. */
const OPEN = "notification INDEXED BY notification_open WHERE state IN ('waiting', 'claimed')";
const PARKED = "notification INDEXED BY notification_parked WHERE state = 'parked'";
const CONTENTS = [OPEN, PARKED].flatMap((rows) =>
  ["sealed", "spare_sealed"].map((column) => `SELECT id, ${readId(column)} FROM ${rows}`),
);

/** UNION: one whose two contents are sealed to the same is counted once. */
export const NEEDED_CERTIFICATES = `
  SELECT certificate_id, count(*) AS amount FROM (${CONTENTS.join(" UNION ")})
  WHERE certificate_id IS NOT NULL GROUP BY certificate_id`;

export function listNeededCertificates(database: Database): NeededCertificate[] {
  return database.all(NEEDED_CERTIFICATES).map((row) => ({
    certificateId: row.certificate_id as string,
    notifications: row.amount as number,
  }));
}
